import { OperatorError } from '../../errors/operator-error'
import type { Timers } from '../../time/timers'
import type { Checkpoint } from '../chain/model'
import type { AuditStore } from '../store'

export interface CheckpointRule {
  /** Events after which one falls due; 0: never by count. */
  readonly events: number
  /** Minutes after which one falls due if anything was stored; 0: never by time. */
  readonly minutes: number
}

/** @throws OperatorError `AUDIT_CONFIGURATION` */
export function checkRule(rule: CheckpointRule): CheckpointRule {
  if (isWhole(rule.events) && isWhole(rule.minutes)) return rule
  throw new OperatorError('AUDIT_CONFIGURATION', 'Checkpoints fall due after no whole number of events or minutes.', {
    remedy: 'Open the audit store node and correct it; 0 is never.',
  })
}

function isWhole(value: number): boolean {
  return Number.isSafeInteger(value) && value >= 0
}

/** Hands out checkpoints as they fall due, one at a time. */
export class Checkpoints {
  readonly #listeners = new Set<(checkpoint: Checkpoint) => void>()
  readonly #store: Pick<AuditStore, 'checkpoint'>
  readonly #rule: CheckpointRule
  readonly #timers: Timers
  readonly #onError: (error: unknown) => void
  #since = 0
  #taking: Promise<void> | undefined
  #cancel: (() => void) | undefined
  #closed = false

  constructor(
    store: Pick<AuditStore, 'checkpoint'>,
    rule: CheckpointRule,
    timers: Timers,
    onError: (error: unknown) => void,
  ) {
    this.#store = store
    this.#rule = rule
    this.#timers = timers
    this.#onError = onError
  }

  listen(listener: (checkpoint: Checkpoint) => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  /** So many events more are on disk. */
  stored(events: number): void {
    this.#since += events
    this.#look()
  }

  /** The last one, so that what was stored since the one before can be shown to be whole, too. */
  async close(): Promise<void> {
    this.#closed = true
    this.#cancel?.()
    await this.#taking
    if (this.#since > 0 && this.#listeners.size > 0) await this.#take()
  }

  #look(): void {
    if (this.#closed || this.#since === 0) return
    const { events, minutes } = this.#rule
    if (events > 0 && this.#since >= events) this.#due()
    else if (minutes > 0) this.#cancel ??= this.#timers.after(minutes * 60_000, () => this.#due())
  }

  #due(): void {
    this.#cancel?.()
    this.#cancel = undefined
    // Where nobody keeps it, it stays due.
    if (this.#taking !== undefined || this.#listeners.size === 0) return
    this.#taking = this.#take().finally(() => {
      this.#taking = undefined
    })
  }

  /** Never rejects. */
  async #take(): Promise<void> {
    const covered = this.#since
    try {
      const checkpoint = await this.#store.checkpoint()
      this.#since -= covered
      for (const listener of this.#listeners) listener(checkpoint)
    } catch (error) {
      this.#onError(error)
    }
  }
}
