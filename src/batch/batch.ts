import type { JournalOperation } from '../journal/journal'
import type { BatchInfo } from '../message/model'
import { BATCH_KIND, MEMBER_KIND, type StoredBatch } from './model'

/** One batch from its first member to its end, as far as it lives in memory: its members are in the journal only. */
export class Batch {
  readonly id: string
  readonly key: string
  from: string
  /** Message ids of its members, in order of arrival. */
  readonly ids = new Set<string>()
  /** Member rows that are being written. */
  readonly writing = new Set<Promise<unknown>>()
  to: string
  /** Set once it is complete. */
  reason: BatchInfo['reason'] | undefined
  attempts = 0
  /** The flow refused it for good. */
  setAside: string | undefined
  cancelTimer: (() => void) | undefined

  constructor(id: string, key: string, from: string) {
    this.id = id
    this.key = key
    this.from = from
    this.to = from
  }

  get info(): BatchInfo {
    const { id, key, from, to, reason = 'flush' } = this
    return { id, key, count: this.ids.size, from, to, reason }
  }

  get stored(): StoredBatch {
    const { key, from, to, reason, attempts, setAside } = this
    return {
      key,
      from,
      ...(reason === undefined ? {} : { closed: { to, reason } }),
      ...(attempts > 0 ? { attempts } : {}),
      ...(setAside === undefined ? {} : { setAside }),
    }
  }

  get prefix(): string {
    return `${this.id}/`
  }

  put(owner: string): JournalOperation {
    return { do: 'put', owner, kind: BATCH_KIND, key: this.id, value: this.stored }
  }

  /** Everything that the journal holds of it. */
  deletions(owner: string): JournalOperation[] {
    return [
      ...[...this.ids].map((id) => ({ do: 'delete', owner, kind: MEMBER_KIND, key: this.prefix + id }) as const),
      { do: 'delete', owner, kind: BATCH_KIND, key: this.id },
    ]
  }

  stopTimer(): void {
    this.cancelTimer?.()
    this.cancelTimer = undefined
  }
}
