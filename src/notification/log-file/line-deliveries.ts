import type { DeliverySource, Settlement, SettlementReason } from '../../delivery/service'
import type { OccurrenceMessage } from '../../message/model'
import type { DeadLetter, KeepDeadLetter } from './dead-letter-file'

/** A line that the flow is to finish with. */
export interface LineInHand {
  readonly offset: number
  readonly messageId: string
  readonly message: OccurrenceMessage
  /** The message anew, as the flow may have changed the one that it got. */
  readonly again: () => OccurrenceMessage
  readonly done: () => void
}

export interface LineDeliveriesOptions {
  readonly file: string
  /** A line that failed so often goes to the dead letters. */
  readonly attempts: number
  /** Undefined: a line is finished when it is sent. */
  readonly deliveries: DeliverySource | undefined
  readonly send: (message: OccurrenceMessage) => void
  readonly keepDeadLetter: KeepDeadLetter
  /** Epoch milliseconds. */
  readonly now: () => number
  readonly onDeadLetter: (reason: DeadLetter['reason']) => void
  readonly onDeadLetterFailure: (error: unknown) => void
  /** A line was finished, or its failures changed. */
  readonly onChange: () => void
}

const FIRST_RETRY_MS = 1000
const LONGEST_RETRY_MS = 60_000
const DEAD_LETTER_RETRY_MS = 5000

/** Sends lines into the flow, again where they failed, and to the dead letters where they failed too often. */
export class LineDeliveries {
  /** Failed attempts by message id; kept with the position, so that a restart does not forgive them. */
  readonly failures: Record<string, number>
  private readonly options: LineDeliveriesOptions
  private readonly timers = new Set<NodeJS.Timeout>()
  private held: LineInHand[] = []
  private paused = false
  private stopped = false
  private unfinished = 0

  constructor(options: LineDeliveriesOptions, failures: Readonly<Record<string, number>>) {
    this.options = options
    this.failures = { ...failures }
  }

  /** Lines that are not finished: in the flow, waiting for another attempt, or on their way to the dead letters. */
  get open(): number {
    return this.unfinished
  }

  get isPaused(): boolean {
    return this.paused
  }

  pause(): void {
    this.paused = true
  }

  resume(): void {
    this.paused = false
    const held = this.held
    this.held = []
    for (const line of held) this.emit(line, line.again())
  }

  /** No more attempts; what is open stays unfinished and is read again at the next start. */
  stop(): void {
    this.stopped = true
    for (const timer of this.timers) clearTimeout(timer)
    this.timers.clear()
  }

  deliver(line: LineInHand): void {
    this.unfinished++
    this.emit(line, line.message)
  }

  /** For a line that cannot be read: no attempt will make it better. */
  giveUp(offset: number, letter: Pick<DeadLetter, 'reason' | 'line'>, done: () => void): void {
    this.unfinished++
    this.bury({ at: this.time(), file: this.options.file, offset, attempts: 0, ...letter }, () => {
      this.unfinished--
      done()
      this.options.onChange()
    })
  }

  private emit(line: LineInHand, message: OccurrenceMessage): void {
    if (this.stopped) return
    if (this.paused) {
      this.held.push(line)
      return
    }
    const { deliveries, send } = this.options
    if (deliveries === undefined) {
      send(message)
      this.finish(line)
      return
    }
    const delivery = deliveries.open((settlement) => this.settled(line, settlement))
    message._delivery = delivery.token
    send(message)
    delivery.sent()
  }

  private settled(line: LineInHand, settlement: Settlement): void {
    if (settlement.outcome === 'accepted') this.finish(line)
    else if (settlement.outcome === 'dead-letter') this.buryLine(line, settlement.reason)
    else if (settlement.countsAttempt) this.failed(line, settlement.reason)
    else this.retry(line, FIRST_RETRY_MS)
  }

  private failed(line: LineInHand, reason: SettlementReason): void {
    const failed = (this.failures[line.messageId] ?? 0) + 1
    this.failures[line.messageId] = failed
    if (failed >= this.options.attempts) {
      this.buryLine(line, reason)
      return
    }
    this.options.onChange()
    this.retry(line, Math.min(LONGEST_RETRY_MS, FIRST_RETRY_MS * 2 ** (failed - 1)))
  }

  private retry(line: LineInHand, ms: number): void {
    this.later(ms, () => this.emit(line, line.again()))
  }

  private buryLine(line: LineInHand, reason: SettlementReason): void {
    const { notification, payload } = line.again()
    const { code, message, nodeId } = reason
    const letter: DeadLetter = {
      at: this.time(),
      file: this.options.file,
      offset: line.offset,
      reason: nodeId === undefined ? { code, message } : { code, message, node: nodeId },
      attempts: this.failures[line.messageId] ?? 0,
      notification,
      payload,
    }
    this.bury(letter, () => this.finish(line))
  }

  private bury(letter: DeadLetter, done: () => void): void {
    this.options.keepDeadLetter(letter).then(
      () => {
        this.options.onDeadLetter(letter.reason)
        done()
      },
      (error: unknown) => {
        this.options.onDeadLetterFailure(error)
        this.later(DEAD_LETTER_RETRY_MS, () => this.bury(letter, done))
      },
    )
  }

  private finish(line: LineInHand): void {
    delete this.failures[line.messageId]
    this.unfinished--
    line.done()
    this.options.onChange()
  }

  private later(ms: number, run: () => void): void {
    if (this.stopped) return
    const timer = setTimeout(() => {
      this.timers.delete(timer)
      run()
    }, ms)
    this.timers.add(timer)
  }

  private time(): string {
    return new Date(this.options.now()).toISOString()
  }
}
