import { Batch } from '../batch/batch'
import { Dispatcher, type DispatcherOptions } from '../batch/dispatcher'
import { loadBatches } from '../batch/load'
import { MEMBER_KIND } from '../batch/model'
import { OperatorError } from '../errors/operator-error'
import type { Journal, JournalOperation } from '../journal/journal'
import { RecentKeys } from '../journal/recent-keys'
import type { BatchMember } from '../message/model'
import type { Timers } from '../time/timers'
import { Draft } from './draft'
import type { SeriesKey } from './key'
import { loadSeries } from './load'
import { burstMessage } from './message'
import { type BurstPolicy, COUNTED_KIND, type EmitBurst, type Hit } from './model'
import type { Series } from './series'

export interface BurstCounterOptions {
  readonly journal: Journal
  /** The node that counts, and what it is called. */
  readonly owner: string
  readonly name: string
  readonly policy: BurstPolicy
  readonly emit: EmitBurst
  readonly timers: Timers
  readonly random: () => number
  /** A new burst's id. */
  readonly newId: () => string
  readonly onChange: () => void
  readonly onTrouble: (thrown: unknown) => void
  /** Keys were forgotten that still counted, as there are too many. */
  readonly onDropped: (keys: number) => void
  readonly retry?: DispatcherOptions['retry']
}

interface Arrival {
  readonly member: BatchMember
  readonly messageId: string
  readonly keys: readonly SeriesKey[]
  readonly done: () => void
  readonly failed: (thrown: unknown) => void
}

/** A clock of a service that is further ahead must not make everything after it late. */
const MOST_AHEAD_MS = 5 * 60_000
const AT_ONCE = 500
/** Bursts are small, and each waits for the journal. */
const SENT_AT_ONCE = 64
/** Bursts that the flow has not finished with. */
const MOST_PENDING = 10_000

/**
 * Counts events by key and tells of bursts. What is counted is in the journal, and a burst gets there in the same write as the
 * event that made it one; what arrives during a write is written together, next.
 */
export class BurstCounter {
  readonly #options: BurstCounterOptions
  readonly #counted: RecentKeys
  readonly #series: Map<string, Series>
  readonly #dispatcher: Dispatcher
  #arrivals: Arrival[] = []
  #running: Promise<void> | undefined
  #closed = false
  /** Nothing ever waits for room. */
  readonly waiting = 0

  private constructor(options: BurstCounterOptions, counted: RecentKeys, series: Map<string, Series>) {
    this.#options = options
    this.#counted = counted
    this.#series = series
    this.#dispatcher = new Dispatcher({
      ...options,
      finished: counted,
      atOnce: SENT_AT_ONCE,
      emit: ({ members: [burst] }) =>
        burst === undefined ? Promise.resolve({ outcome: 'accepted' }) : options.emit(burst),
      onFinished: () => {},
    })
  }

  /** Rejects as the journal does. Nothing is emitted before {@link start}. */
  static async load(options: BurstCounterOptions): Promise<BurstCounter> {
    const { journal, owner, timers } = options
    const counted = await RecentKeys.load({ journal, owner, kind: COUNTED_KIND, timers })
    const counter = new BurstCounter(options, counted, await loadSeries(journal, owner))
    for (const burst of await loadBatches(journal, owner)) counter.#dispatcher.add(burst)
    return counter
  }

  start(): void {
    this.#dispatcher.resume('start')
  }

  get counts(): Dispatcher['counts'] & { readonly keys: number } {
    return { keys: this.#series.size, ...this.#dispatcher.counts }
  }

  /**
   * Resolves when the event is counted, on disk. One that was counted before, by its message id, is not counted again.
   * Rejects with BURST_FULL, BURST_CLOSED, or what the journal says.
   */
  add(member: BatchMember, messageId: string, keys: readonly SeriesKey[]): Promise<void> {
    if (this.#closed) return Promise.reject(CLOSED)
    if (keys.length === 0 || this.#counted.has(messageId)) return Promise.resolve()
    const { going, failed, setAside } = this.#dispatcher.counts
    if (going + failed + setAside >= MOST_PENDING) return Promise.reject(fullError())
    return new Promise((done, failed) => {
      this.#arrivals.push({ member, messageId, keys, done, failed })
      this.#running ??= this.#run().finally(() => {
        this.#running = undefined
      })
    })
  }

  /** Tries at once what the flow failed to finish. */
  retryNow(): void {
    this.#dispatcher.retryNow()
  }

  pause(): void {
    this.#dispatcher.pause('sink')
  }

  resume(): void {
    this.#dispatcher.resume('sink')
  }

  /** Stops emitting; resolves when nothing is written any more. */
  async close(): Promise<void> {
    this.#closed = true
    const arrivals = this.#arrivals
    this.#arrivals = []
    for (const { failed } of arrivals) failed(CLOSED)
    await Promise.allSettled([this.#running, this.#dispatcher.close()])
  }

  async #run(): Promise<void> {
    while (this.#arrivals.length > 0) {
      const arrivals = this.#arrivals.splice(0, AT_ONCE)
      try {
        await this.#write(arrivals)
        for (const { done } of arrivals) done()
      } catch (thrown) {
        for (const { failed } of arrivals) failed(thrown)
      }
      this.#options.onChange()
    }
  }

  async #write(arrivals: readonly Arrival[]): Promise<void> {
    const { journal, owner, policy, timers, onDropped } = this.#options
    const now = timers.now()
    const draft = new Draft(this.#series)
    const ids = new Set<string>()
    const bursts: Batch[] = []
    const rows: JournalOperation[] = []
    for (const { member, messageId, keys } of arrivals) {
      if (ids.has(messageId) || this.#counted.has(messageId)) continue
      ids.add(messageId)
      const hit: Hit = { at: timeOf(member, now), eventId: member.event.id, messageId }
      for (const key of keys) {
        const hits = draft.count(key.id, hit, policy, now)
        if (hits === undefined) continue
        const burst = this.#burst(key, hits, member, now)
        bursts.push(burst.batch)
        rows.push(...burst.rows)
      }
    }
    if (ids.size === 0) return
    const dropped = draft.trim(policy, now)
    await journal.write([...this.#counted.operations([...ids]), ...draft.operations(owner), ...rows])
    this.#counted.remembered([...ids])
    draft.commit(this.#series)
    for (const burst of bursts) this.#dispatcher.add(burst)
    if (dropped > 0) onDropped(dropped)
  }

  /** A burst on its way is a batch of one. */
  #burst(key: SeriesKey, hits: readonly Hit[], last: BatchMember, now: number) {
    const { owner, name, policy, newId } = this.#options
    const id = newId()
    const at = new Date(now).toISOString()
    const batch = new Batch(id, key.id, at)
    batch.ids.add(id)
    batch.reason = 'count'
    const member = burstMessage({ id, key: key.parts, hits, last, policy, observer: { id: owner, name }, now })
    const value = { at, member }
    const row: JournalOperation = { do: 'insert', owner, kind: MEMBER_KIND, key: batch.prefix + id, value }
    return { batch, rows: [batch.put(owner), row] }
  }
}

export const CLOSED = new OperatorError('BURST_CLOSED', 'The node is being stopped.', { retryable: true })

function fullError(): OperatorError {
  return new OperatorError('BURST_FULL', `The flow has not finished with ${MOST_PENDING} bursts.`, {
    remedy: 'See why it does not finish what this node sends.',
    retryable: true,
  })
}

function timeOf({ event }: BatchMember, now: number): number {
  const at = Date.parse(event.eventTime)
  return Number.isNaN(at) || at > now + MOST_AHEAD_MS ? now : at
}
