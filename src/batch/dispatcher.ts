import type { Settlement } from '../delivery/service'
import { describeError } from '../errors/operator-error'
import { type BackoffPolicy, backoffMs } from '../http/retry'
import type { Journal } from '../journal/journal'
import type { RecentKeys } from '../journal/recent-keys'
import type { Timers } from '../time/timers'
import type { Batch } from './batch'
import { type BatchCounts, type EmitBatch, MEMBER_KIND, type StoredMember } from './model'

export interface DispatcherOptions {
  readonly journal: Journal
  readonly owner: string
  readonly finished: RecentKeys
  readonly emit: EmitBatch
  readonly timers: Timers
  readonly random: () => number
  readonly onChange: () => void
  readonly onTrouble: (thrown: unknown) => void
  readonly onFinished: (batch: Batch) => void
  readonly retry?: BackoffPolicy | undefined
  /** Batches on their way at once. */
  readonly atOnce?: number | undefined
}

/** The flow may need minutes to heal (Keystone, Qualys); each try costs it a whole batch of work. */
const RETRY: BackoffPolicy = { firstMs: 10_000, capMs: 600_000 }
/** Nobody was to blame: a deploy, a sink that was away. */
const SOON_MS = 1000
/** More large batches would only wait for each other further down. */
const AT_ONCE = 4

/** Sends complete batches, keeps each until the flow has finished with it well, and tries failed ones again. */
export class Dispatcher {
  readonly #options: DispatcherOptions
  #ready: Batch[] = []
  readonly #going = new Set<Batch>()
  readonly #runs = new Set<Promise<void>>()
  readonly #failed = new Map<Batch, number>()
  readonly #setAside = new Set<Batch>()
  /** What keeps batches from leaving. */
  readonly #paused = new Set<string>(['start'])
  #reason: string | undefined
  #closed = false

  constructor(options: DispatcherOptions) {
    this.#options = options
  }

  get counts(): Omit<BatchCounts, 'collecting' | 'open'> {
    const retries = [...this.#failed.values()]
    const troubled = this.#failed.size + this.#setAside.size > 0
    return {
      going: this.#going.size + this.#ready.length,
      failed: this.#failed.size,
      setAside: this.#setAside.size,
      ...(troubled && this.#reason !== undefined ? { reason: this.#reason } : {}),
      ...(retries.length > 0 ? { retryAt: Math.min(...retries) } : {}),
    }
  }

  add(batch: Batch): void {
    if (batch.setAside === undefined) this.#ready.push(batch)
    else {
      this.#setAside.add(batch)
      this.#reason = batch.setAside
    }
    this.#next()
  }

  pause(why: string): void {
    this.#paused.add(why)
  }

  resume(why: string): void {
    this.#paused.delete(why)
    this.#next()
  }

  retryNow(): void {
    const again = [...this.#failed.keys(), ...this.#setAside]
    this.#failed.clear()
    this.#setAside.clear()
    for (const batch of again) {
      batch.stopTimer()
      batch.setAside = undefined
      this.#ready.push(batch)
    }
    this.#next()
  }

  get isIdle(): boolean {
    return this.#going.size + this.#ready.length + this.#failed.size === 0
  }

  /** Resolves when nothing is on its way any more. */
  async close(): Promise<void> {
    this.#closed = true
    for (const batch of this.#failed.keys()) batch.stopTimer()
    await Promise.allSettled(this.#runs)
  }

  #next(): void {
    while (!this.#closed && this.#paused.size === 0 && this.#going.size < (this.#options.atOnce ?? AT_ONCE)) {
      const batch = this.#ready.shift()
      if (batch === undefined) return
      this.#going.add(batch)
      const run = this.#run(batch).catch((thrown: unknown) => {
        this.#options.onTrouble(thrown)
        this.#failLater(batch, describeError(thrown), true)
      })
      this.#runs.add(run)
      void run.finally(() => {
        this.#runs.delete(run)
        this.#going.delete(batch)
        this.#options.onChange()
        this.#next()
      })
    }
  }

  async #run(batch: Batch): Promise<void> {
    const { journal, owner, emit } = this.#options
    // A member counts only once it is on disk; one whose write failed has left the batch.
    while (batch.writing.size > 0) await Promise.allSettled(batch.writing)
    if (batch.ids.size === 0) return
    await journal.write([batch.put(owner)])
    const rows = await journal.list(owner, MEMBER_KIND, { keyPrefix: batch.prefix })
    if (this.#closed) return
    const members = rows.map((row) => (row.value as StoredMember).member)
    const settlement = await emit({ info: { ...batch.info, count: members.length }, members })
    await this.#settled(batch, settlement)
  }

  async #settled(batch: Batch, settlement: Settlement): Promise<void> {
    const { journal, owner } = this.#options
    switch (settlement.outcome) {
      case 'accepted':
        return this.#finish(batch)
      case 'retry':
        // On closing it stays in the journal as it is; the next process takes it up.
        if (!this.#closed) await this.#failLater(batch, settlement.reason.message, settlement.countsAttempt)
        return
      case 'dead-letter':
        batch.setAside = settlement.reason.message
        this.#setAside.add(batch)
        this.#reason = settlement.reason.message
        await journal.write([batch.put(owner)])
    }
  }

  /** Its rows go and its members' ids are remembered, in one write. Until that has worked the batch is not forgotten. */
  async #finish(batch: Batch): Promise<void> {
    const { journal, owner, finished, timers, onTrouble, onFinished } = this.#options
    const ids = [...batch.ids]
    const write = () => journal.write([...finished.operations(ids), ...batch.deletions(owner)])
    try {
      await write()
    } catch (thrown) {
      // Sending it again would be wrong: only the forgetting is tried again.
      onTrouble(thrown)
      if (this.#closed) return
      await new Promise<void>((resolve) => timers.after(SOON_MS, resolve))
      return this.#finish(batch)
    }
    finished.remembered(ids)
    onFinished(batch)
  }

  async #failLater(batch: Batch, reason: string, counts: boolean): Promise<void> {
    const { journal, owner, timers, random, onTrouble } = this.#options
    this.#reason = reason
    let waitMs = SOON_MS
    if (counts) {
      batch.attempts += 1
      waitMs = Math.max(SOON_MS, backoffMs(batch.attempts, this.#options.retry ?? RETRY, random))
    }
    this.#failed.set(batch, timers.now() + waitMs)
    batch.cancelTimer = timers.after(waitMs, () => {
      this.#failed.delete(batch)
      this.#ready.push(batch)
      this.#next()
    })
    if (counts) await journal.write([batch.put(owner)]).catch(onTrouble)
  }
}
