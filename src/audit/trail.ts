import type { CadfEvent } from '../cadf/event'
import type { Notification } from '../notification/model'
import type { Checkpoint } from './chain/model'
import type { HoldingSettings, Tenant, TenantSettings } from './model'
import type { AuditStore } from './store'

/** An event as a flow hands it over. */
export interface Occurrence {
  readonly event: CadfEvent
  readonly notification?: Notification
}

export type KeepOutcome =
  | 'stored'
  | 'repeated'
  /** Kept as an event of its own that names the first. */
  | 'conflict'
  /** The tenant's recording is switched off. */
  | 'not-recorded'

/** The trail as nodes and the API see it: the store, and around it what every writer and reader must observe. */
export interface AuditTrail {
  /** For reading. Writing goes through {@link keep}. */
  readonly store: AuditStore
  /** Names and tenants filled in, tenants decided, recording switches observed; resolves when all is durable. Answers in order. */
  keep(occurrences: readonly Occurrence[]): Promise<readonly KeepOutcome[]>
  settings(tenant: Tenant): Promise<HoldingSettings>
  /** Stores the change, and an event that tells of it. `by` is who asked, as the initiator of that event. */
  changeSettings(tenant: Tenant, change: TenantSettings, by: CadfEvent['initiator']): Promise<HoldingSettings>
  /** Records something that this package itself did, e.g. a read across projects, in the tenants it concerns. */
  tell(own: OwnEvent): Promise<void>
  /** Called with each checkpoint as it falls due; answers how to stop. */
  onCheckpoint(listener: (checkpoint: Checkpoint) => void): () => void
  /** Called at once and with every change: undefined while all is well, else what is wrong, for a status. */
  onTrouble(listener: (trouble: Error | undefined) => void): () => void
  close(): Promise<void>
}

export interface OwnEvent {
  /** e.g. `read/list`, `update/settings` */
  readonly action: string
  readonly outcome: 'success' | 'failure'
  readonly initiator: CadfEvent['initiator']
  readonly target: CadfEvent['target']
  readonly tenants: readonly Tenant[]
  readonly reason?: CadfEvent['reason']
  readonly attachments?: CadfEvent['attachments']
  readonly requestPath?: string
}
