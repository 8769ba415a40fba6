import type { DeliverySource, Settlement, SettlementReason } from './service'

/** A message that the flow is to finish with. */
export interface InHand<M> {
  /** By which its failures are counted. */
  readonly key: string
  readonly message: M
  /** The message anew, as the flow may have changed the one that it got. */
  readonly again: () => M
  readonly done: () => void
}

/** Why a message was given up. */
export interface Burial {
  readonly reason: { readonly code: string; readonly message: string; readonly node?: string }
  readonly attempts: number
}

export interface RedeliveryOptions<M, I extends InHand<M>> {
  /** A message that failed so often is given up. */
  readonly attempts: number
  /** Undefined: a message is finished when it is sent. */
  readonly deliveries: DeliverySource | undefined
  readonly send: (message: M) => void
  /** Keeps what was given up; resolves when it is on the disk. Tried again until it is. */
  readonly bury: (inHand: I, burial: Burial) => Promise<void>
  readonly onBuried: (burial: Burial) => void
  readonly onBurialFailure: (error: unknown) => void
  /** A message was finished, or its failures changed. */
  readonly onChange: () => void
}

const FIRST_RETRY_MS = 1000
const LONGEST_RETRY_MS = 60_000
const BURIAL_RETRY_MS = 5000

/**
 * For sources that keep their own place and have no broker behind them (log files, polled services): sends messages into the
 * flow, again where they failed, and buries those that failed too often.
 */
export class Redelivery<M extends { _delivery?: string }, I extends InHand<M> = InHand<M>> {
  /** Failed attempts by key; kept with the source's place, so that a restart does not forgive them. */
  readonly failures: Record<string, number>
  readonly #options: RedeliveryOptions<M, I>
  readonly #timers = new Set<NodeJS.Timeout>()
  #held: I[] = []
  #paused = false
  #stopped = false
  #unfinished = 0

  constructor(options: RedeliveryOptions<M, I>, failures: Readonly<Record<string, number>>) {
    this.#options = options
    this.failures = { ...failures }
  }

  /** Messages that are not finished: in the flow, waiting for another attempt, or on their way to the dead letters. */
  get open(): number {
    return this.#unfinished
  }

  get isPaused(): boolean {
    return this.#paused
  }

  pause(): void {
    this.#paused = true
  }

  resume(): void {
    this.#paused = false
    const held = this.#held
    this.#held = []
    for (const inHand of held) this.#emit(inHand, inHand.again())
  }

  /** No more attempts; what is open stays unfinished, and the source hands it on again at its next start. */
  stop(): void {
    this.#stopped = true
    for (const timer of this.#timers) clearTimeout(timer)
    this.#timers.clear()
  }

  deliver(inHand: I): void {
    this.#unfinished++
    this.#emit(inHand, inHand.message)
  }

  /** For what cannot even become a message: no attempt will make it better. */
  giveUp(burial: Burial, bury: () => Promise<void>, done: () => void): void {
    this.#unfinished++
    this.#bury(burial, bury, () => {
      this.#unfinished--
      done()
      this.#options.onChange()
    })
  }

  #emit(inHand: I, message: M): void {
    if (this.#stopped) return
    if (this.#paused) {
      this.#held.push(inHand)
      return
    }
    const { deliveries, send } = this.#options
    if (deliveries === undefined) {
      send(message)
      this.#finish(inHand)
      return
    }
    const delivery = deliveries.open((settlement) => this.#settled(inHand, settlement))
    message._delivery = delivery.token
    send(message)
    delivery.sent()
  }

  #settled(inHand: I, settlement: Settlement): void {
    if (settlement.outcome === 'accepted') this.#finish(inHand)
    else if (settlement.outcome === 'dead-letter') this.#buryInHand(inHand, settlement.reason)
    else if (settlement.countsAttempt) this.#failed(inHand, settlement.reason)
    else this.#retry(inHand, FIRST_RETRY_MS)
  }

  #failed(inHand: I, reason: SettlementReason): void {
    const failed = (this.failures[inHand.key] ?? 0) + 1
    this.failures[inHand.key] = failed
    if (failed >= this.#options.attempts) {
      this.#buryInHand(inHand, reason)
      return
    }
    this.#options.onChange()
    this.#retry(inHand, Math.min(LONGEST_RETRY_MS, FIRST_RETRY_MS * 2 ** (failed - 1)))
  }

  #retry(inHand: I, ms: number): void {
    this.#later(ms, () => this.#emit(inHand, inHand.again()))
  }

  #buryInHand(inHand: I, { code, message, nodeId }: SettlementReason): void {
    const reason = nodeId === undefined ? { code, message } : { code, message, node: nodeId }
    const burial = { reason, attempts: this.failures[inHand.key] ?? 0 }
    this.#bury(
      burial,
      () => this.#options.bury(inHand, burial),
      () => this.#finish(inHand),
    )
  }

  #bury(burial: Burial, bury: () => Promise<void>, done: () => void): void {
    bury().then(
      () => {
        this.#options.onBuried(burial)
        done()
      },
      (error: unknown) => {
        this.#options.onBurialFailure(error)
        this.#later(BURIAL_RETRY_MS, () => this.#bury(burial, bury, done))
      },
    )
  }

  #finish(inHand: I): void {
    delete this.failures[inHand.key]
    this.#unfinished--
    inHand.done()
    this.#options.onChange()
  }

  #later(ms: number, run: () => void): void {
    if (this.#stopped) return
    const timer = setTimeout(() => {
      this.#timers.delete(timer)
      run()
    }, ms)
    this.#timers.add(timer)
  }
}
