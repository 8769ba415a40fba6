import type { Clock } from './backoff'

/** The part of a channel that settles deliveries. */
export interface SettlingChannel {
  ack(tag: number, multiple: boolean): void
  /** Back to the queue. */
  requeue(tag: number): void
}

export interface AcknowledgerOptions {
  /** How many messages the broker hands out before it waits for acknowledgements. */
  readonly prefetch: number
  /** Longest wait of an acknowledgement for others that may join it, in ms; default 10. */
  readonly gatherMs?: number
  /** After so many ms above a tag that is still open a tag is acknowledged singly; default 100. */
  readonly overtakeMs?: number
}

/** A delivery as the acknowledger knows it. Belongs to the channel that delivered it. */
export interface Tag {
  readonly tag: number
  state: 'open' | 'done' | 'settled'
  /** When it was done, while a lower tag was open. */
  doneAt: number
}

/**
 * Acknowledges what one channel has delivered: everything up to the lowest open tag at once (`multiple`), because a single
 * acknowledgement for each message costs a third of the broker's throughput (bench/). What waits above an open tag is
 * acknowledged singly after a while, or sooner when the broker's window is about to close, so that one slow message holds
 * up nobody else.
 *
 * The broker closes the channel over a `multiple` whose own tag it no longer knows, so it always names one that is
 * unacknowledged.
 */
export class Acknowledger {
  readonly #channel: SettlingChannel
  readonly #clock: Clock
  readonly #gatherMs: number
  readonly #overtakeMs: number
  readonly #batch: number
  readonly #crowded: number
  readonly #relieved: number
  /** In the order of delivery. What was settled out of turn is dropped from it at times. */
  #tags: Tag[] = []
  /** Everything in `#tags` before this index is finished. */
  #head = 0
  /** The highest finished tag below the lowest open one that the broker still waits for; 0 if there is none. */
  #watermark = 0
  /** How many finished tags an acknowledgement of the watermark covers. */
  #gathered = 0
  #open = 0
  /** Finished above an open tag. */
  #waiting = 0
  #gathering = false
  #overtaking = false
  #channelIsGone = false

  constructor(channel: SettlingChannel, clock: Clock, options: AcknowledgerOptions) {
    this.#channel = channel
    this.#clock = clock
    this.#gatherMs = options.gatherMs ?? 10
    this.#overtakeMs = options.overtakeMs ?? 100
    this.#batch = Math.max(1, Math.min(50, Math.floor(options.prefetch / 5)))
    this.#crowded = Math.max(1, Math.floor(options.prefetch * 0.75))
    this.#relieved = Math.floor(options.prefetch / 2)
  }

  /** Delivered and neither acknowledged nor given back yet by us. */
  get open(): number {
    return this.#open
  }

  /** The channel has delivered a message; tags come in ascending order. */
  opened(tag: number): Tag {
    const entry: Tag = { tag, state: 'open', doneAt: 0 }
    this.#tags.push(entry)
    this.#open += 1
    return entry
  }

  /** The message is finished and may be acknowledged. */
  done(entry: Tag): void {
    if (entry.state !== 'open' || this.#channelIsGone) return
    entry.state = 'done'
    this.#open -= 1
    if (this.#tags[this.#head] === entry) {
      this.#advance()
      if (this.#gathered >= this.#batch) this.flush()
      else this.#gather()
      return
    }
    entry.doneAt = this.#clock.now()
    this.#waiting += 1
    if (this.#waiting >= this.#crowded) this.#overtake(this.#waiting - this.#relieved)
    else this.#watch()
  }

  /** The message goes back to the queue at once. */
  giveBack(entry: Tag): void {
    if (entry.state !== 'open' || this.#channelIsGone) return
    entry.state = 'settled'
    this.#open -= 1
    this.#channel.requeue(entry.tag)
    if (this.#tags[this.#head] === entry) {
      this.#advance()
      if (this.#gathered > 0) this.#gather()
    }
  }

  /** Sends what has been gathered. */
  flush(): void {
    if (this.#watermark === 0 || this.#channelIsGone) return
    const tag = this.#watermark
    const multiple = this.#gathered > 1
    this.#watermark = 0
    this.#gathered = 0
    this.#channel.ack(tag, multiple)
  }

  /** Sends everything that is finished, for a channel that is about to close. */
  finish(): void {
    this.flush()
    this.#overtake(this.#waiting)
  }

  /** The channel is gone and the broker delivers again what was not acknowledged: its tags mean nothing any more. */
  abandon(): void {
    this.#channelIsGone = true
    this.#tags = []
    this.#head = 0
    this.#open = 0
    this.#waiting = 0
    this.#gathered = 0
    this.#watermark = 0
  }

  /** Moves the head over everything finished. */
  #advance(): void {
    const tags = this.#tags
    let head = this.#head
    for (; head < tags.length; head++) {
      const entry = tags[head]
      if (entry === undefined || entry.state === 'open') break
      if (entry.state === 'done') {
        if (entry.doneAt > 0) this.#waiting -= 1
        entry.state = 'settled'
        this.#watermark = entry.tag
        this.#gathered += 1
      }
    }
    this.#head = head
    if (head === tags.length) {
      this.#tags = []
      this.#head = 0
    } else if (head > 1024) {
      this.#tags = tags.slice(head)
      this.#head = 0
    }
  }

  #gather(): void {
    if (this.#gathering) return
    this.#gathering = true
    this.#clock.after(this.#gatherMs, () => {
      this.#gathering = false
      this.flush()
    })
  }

  #watch(): void {
    if (this.#overtaking) return
    this.#overtaking = true
    this.#clock.after(this.#overtakeMs / 2, () => {
      this.#overtaking = false
      if (this.#waiting === 0) return
      this.#overtake(Number.POSITIVE_INFINITY, this.#clock.now() - this.#overtakeMs)
      if (this.#waiting > 0) this.#watch()
    })
  }

  /** Acknowledges singly, oldest first, what waits above an open tag: so many, and only what was done by then. */
  #overtake(count: number, doneBy = Number.POSITIVE_INFINITY): void {
    if (this.#channelIsGone) return
    // Lower tags first: the broker finds them faster.
    this.flush()
    let left = count
    const kept: Tag[] = []
    for (let i = this.#head; i < this.#tags.length; i++) {
      const entry = this.#tags[i]
      if (entry === undefined || entry.state === 'settled') continue
      if (entry.state === 'done' && left > 0 && entry.doneAt <= doneBy) {
        entry.state = 'settled'
        left -= 1
        this.#waiting -= 1
        this.#channel.ack(entry.tag, false)
      } else kept.push(entry)
    }
    this.#tags = kept
    this.#head = 0
  }
}
