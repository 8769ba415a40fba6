import { OperatorError } from '../errors/operator-error'
import type { Journal } from '../journal/journal'
import { RecentKeys } from '../journal/recent-keys'
import type { BatchInfo, BatchMember } from '../message/model'
import type { Timers } from '../time/timers'
import { Batch } from './batch'
import { Dispatcher, type DispatcherOptions } from './dispatcher'
import { loadBatches } from './load'
import { BATCH_KIND, type BatchCounts, type BatchPolicy, type EmitBatch, FINISHED_KIND, MEMBER_KIND } from './model'
import { moveMembers } from './move'
import { type Added, type Waiting, WaitingLine } from './waiting-line'

export interface CollectorOptions {
  readonly journal: Journal
  /** The node's id. */
  readonly owner: string
  readonly policy: BatchPolicy
  readonly emit: EmitBatch
  readonly timers: Timers
  readonly random: () => number
  /** A new batch's id. */
  readonly newId: () => string
  readonly onChange: () => void
  readonly onTrouble: (thrown: unknown) => void
  readonly retry?: DispatcherOptions['retry']
  readonly atOnce?: DispatcherOptions['atOnce']
  /** Sees each member that an earlier process left in an open batch. */
  readonly onMember?: (key: string, member: BatchMember, messageId: string) => void
  /** A batch takes no more members. */
  readonly onComplete?: (key: string) => void
}

/** A batch's key, or what finds it. */
export type Key = string | (() => string)

/**
 * Collects members into batches by key, each journalled before it counts as taken, and hands complete batches to the
 * dispatcher. What the journal holds is taken up again after a restart.
 */
export class BatchCollector {
  readonly #options: CollectorOptions
  readonly #finished: RecentKeys
  readonly #dispatcher: Dispatcher
  readonly #open = new Map<string, Batch>()
  /** Message id → its row is on disk; for every member that has not been finished. */
  readonly #known = new Map<string, Promise<void>>()
  readonly #waiting = new WaitingLine()
  #closed = false

  private constructor(options: CollectorOptions, finished: RecentKeys) {
    this.#options = options
    this.#finished = finished
    this.#dispatcher = new Dispatcher({
      ...options,
      finished,
      onFinished: (batch) => {
        for (const id of batch.ids) this.#known.delete(id)
        this.#makeRoom()
      },
    })
  }

  /** Rejects as the journal does. Nothing is emitted before {@link start}. */
  static async load(options: CollectorOptions): Promise<BatchCollector> {
    const { journal, owner, timers } = options
    const finished = await RecentKeys.load({ journal, owner, kind: FINISHED_KIND, timers })
    const collector = new BatchCollector(options, finished)
    for (const batch of await loadBatches(journal, owner, options.onMember)) collector.#adopt(batch)
    return collector
  }

  /** The flow is there: windows run and batches leave. */
  start(): void {
    for (const batch of this.#open.values()) this.#watch(batch)
    this.#dispatcher.resume('start')
  }

  get counts(): BatchCounts {
    let collecting = 0
    for (const batch of this.#open.values()) collecting += batch.ids.size
    return { collecting, open: this.#open.size, ...this.#dispatcher.counts }
  }

  get isFull(): boolean {
    return this.#known.size >= this.#options.policy.held
  }

  /** Members that wait for room. */
  get waiting(): number {
    return this.#waiting.length
  }

  /**
   * Resolves when the member is on disk; from then on it is in exactly one batch. While there is no room it waits for its
   * turn if it can; a key that depends on what is collected is asked for when it is taken.
   * @throws OperatorError BATCH_FULL, BATCH_CLOSED, or what the journal says
   */
  add(member: BatchMember, messageId: string, key: Key, waiting?: Waiting): Promise<Added> {
    if (this.#closed) return Promise.reject(closedError())
    if (this.#waiting.length === 0 && this.#fits(messageId)) return this.#take(member, messageId, key)
    if (waiting === undefined) return Promise.reject(fullError(this.#known.size))
    waiting.onWait()
    const added = this.#waiting.join(messageId, () => this.#take(member, messageId, key), waiting.signal)
    this.#relieve()
    return added
  }

  /** Completes open batches now, all or those with a key, and tries failed ones at once. */
  flush(key?: string): void {
    for (const batch of [...this.#open.values()]) {
      if (key === undefined || batch.key === key) this.#complete(batch, 'flush')
    }
    this.#dispatcher.retryNow()
  }

  /** Completes the batch with this key; failed ones go on waiting. */
  complete(key: string): void {
    const batch = this.#open.get(key)
    if (batch !== undefined) this.#complete(batch, 'flush')
  }

  /** What was collected under two keys belongs together: it goes on under `into`, with the window of the older one. */
  merge(from: string, into: string): void {
    const [moved, batch] = [this.#open.get(from), this.#open.get(into)]
    if (moved === undefined || batch === undefined || moved === batch || this.#closed) return
    moved.stopTimer()
    this.#open.delete(from)
    if (moved.from < batch.from) batch.from = moved.from
    const { journal, owner, onTrouble } = this.#options
    // Nothing of the batch leaves before this has ended. What cannot be moved leaves by itself.
    const moving = moveMembers(journal, owner, moved, batch).catch((thrown: unknown) => {
      onTrouble(thrown)
      if (this.#closed) return
      moved.reason = 'flush'
      this.#dispatcher.add(moved)
    })
    batch.writing.add(moving)
    void moving.finally(() => batch.writing.delete(moving))
    this.#watch(batch)
  }

  pause(): void {
    this.#dispatcher.pause('sink')
  }

  resume(): void {
    this.#dispatcher.resume('sink')
  }

  /** Stops emitting; resolves when nothing is written any more. Open batches stay in the journal. */
  async close(): Promise<void> {
    this.#closed = true
    for (const batch of this.#open.values()) batch.stopTimer()
    this.#waiting.refuseAll(closedError())
    const writing = [...this.#open.values()].flatMap((batch) => [...batch.writing])
    await Promise.allSettled([...this.#known.values(), ...writing, this.#dispatcher.close()])
  }

  #fits(messageId: string): boolean {
    return !this.isFull || this.#known.has(messageId) || this.#finished.has(messageId)
  }

  /** Up to its first wait it runs at once, so that members keep their order and none is taken twice. */
  async #take(member: BatchMember, messageId: string, key: Key): Promise<Added> {
    if (this.#finished.has(messageId)) return 'known'
    const known = this.#known.get(messageId)
    if (known !== undefined) {
      await known
      return 'known'
    }
    const written = this.#write(member, messageId, key)
    this.#known.set(messageId, written)
    try {
      await written
    } finally {
      this.#options.onChange()
    }
    return 'taken'
  }

  async #write(member: BatchMember, messageId: string, wanted: Key): Promise<void> {
    const { journal, owner, timers, policy } = this.#options
    const key = typeof wanted === 'string' ? wanted : wanted()
    const at = new Date(timers.now()).toISOString()
    const batch = this.#open.get(key) ?? this.#begin(key, at)
    batch.ids.add(messageId)
    batch.to = at
    const value = { at, member }
    const writing = journal.write([
      { do: 'insert', owner, kind: BATCH_KIND, key: batch.id, value: batch.stored },
      { do: 'insert', owner, kind: MEMBER_KIND, key: batch.prefix + messageId, value },
    ])
    batch.writing.add(writing)
    if (batch.ids.size >= policy.count) this.#complete(batch, 'count')
    try {
      await writing
    } catch (thrown) {
      batch.ids.delete(messageId)
      this.#known.delete(messageId)
      if (batch.ids.size === 0 && this.#open.get(key) === batch) {
        batch.stopTimer()
        this.#open.delete(key)
      }
      throw thrown
    } finally {
      batch.writing.delete(writing)
    }
  }

  #begin(key: string, at: string): Batch {
    const batch = new Batch(this.#options.newId(), key, at)
    this.#open.set(key, batch)
    this.#watch(batch)
    return batch
  }

  #adopt(batch: Batch): void {
    for (const id of batch.ids) this.#known.set(id, Promise.resolve())
    // Two open batches of one key exist only if an earlier process was killed in between.
    if (batch.reason === undefined && !this.#open.has(batch.key)) this.#open.set(batch.key, batch)
    else {
      batch.reason ??= 'flush'
      this.#dispatcher.add(batch)
    }
  }

  /** A window counts from its first member, also over a restart. */
  #watch(batch: Batch): void {
    const { policy, timers } = this.#options
    batch.stopTimer()
    if (batch.ids.size >= policy.count) {
      this.#complete(batch, 'count')
      return
    }
    if (policy.windowMs === 0) return
    const end = Date.parse(batch.from) + policy.windowMs
    const due = policy.notBefore?.(end) ?? end
    batch.cancelTimer = timers.after(due - timers.now(), () => this.#complete(batch, 'time'))
  }

  #complete(batch: Batch, reason: BatchInfo['reason']): void {
    if (this.#open.get(batch.key) !== batch || this.#closed) return
    batch.stopTimer()
    batch.reason = reason
    this.#open.delete(batch.key)
    this.#options.onComplete?.(batch.key)
    this.#dispatcher.add(batch)
    this.#options.onChange()
  }

  /** Full of open batches only (many keys): the largest goes now, or nothing would ever move again. */
  #relieve(): void {
    if (!this.#dispatcher.isIdle) return
    const [largest] = [...this.#open.values()].sort((a, b) => b.ids.size - a.ids.size)
    if (largest !== undefined) this.#complete(largest, 'count')
  }

  #makeRoom(): void {
    this.#waiting.admit((messageId) => this.#fits(messageId))
    if (this.#waiting.length > 0) this.#relieve()
  }
}

function fullError(held: number): OperatorError {
  return new OperatorError('BATCH_FULL', `The batch already keeps ${held} messages.`, {
    remedy: 'See why its batches are not finished by the flow, or raise the bound.',
    retryable: true,
  })
}

function closedError(): OperatorError {
  return new OperatorError('BATCH_CLOSED', 'The batch node is being stopped.', { retryable: true })
}
