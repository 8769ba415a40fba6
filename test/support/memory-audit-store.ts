import type { Checkpoint } from '../../src/audit/chain/model'
import type { AuditRecord, Configuration, Filling, Scope, Tenant, TenantSettings } from '../../src/audit/model'
import type { AuditStore, InsertOutcome } from '../../src/audit/store'
import { OperatorError } from '../../src/errors/operator-error'

/** As much of an audit store as the trail around it uses, in memory; it fails as it is told to. */
export interface MemoryAuditStore
  extends Pick<
    AuditStore,
    | 'insert'
    | 'awaiting'
    | 'fillIn'
    | 'settings'
    | 'setSettings'
    | 'configuration'
    | 'setConfiguration'
    | 'checkpoint'
    | 'deleteBefore'
    | 'deleteDownTo'
    | 'close'
  > {
  readonly records: AuditRecord[]
  /** By sequence, which is the place among the records from 1. */
  readonly filled: Map<number, Filling>
  /** Records of each call of `insert` that came through. */
  readonly inserts: number[]
  /** Called before anything is written; may throw, or take its time. */
  before:
    | ((
        what: 'insert' | 'awaiting' | 'fillIn' | 'setSettings' | 'setConfiguration' | 'checkpoint',
      ) => Promise<void> | void)
    | undefined
  configured: Configuration | undefined
  closed: boolean
  /** What a list without conditions shows. */
  visible(scope: Scope): readonly AuditRecord[]
}

export function memoryAuditStore(): MemoryAuditStore {
  const byKey = new Map<string, AuditRecord>()
  const settings = new Map<string, { tenant: Tenant; settings: TenantSettings }>()
  const store: MemoryAuditStore = {
    records: [],
    inserts: [],
    before: undefined,
    configured: undefined,
    closed: false,
    async insert(records) {
      await store.before?.('insert')
      store.inserts.push(records.length)
      return records.map((record): InsertOutcome => {
        const key = `${record.cloud} ${record.id} ${record.phase}`
        const known = byKey.get(key)
        if (known !== undefined) return known.contentHash === record.contentHash ? 'repeated' : 'conflict'
        byKey.set(key, record)
        store.records.push(record)
        return 'stored'
      })
    },
    filled: new Map(),
    async awaiting(after, limit) {
      await store.before?.('awaiting')
      const waiting = store.records
        .map((record, index) => ({ ...record, sequence: index + 1 }))
        .filter(({ awaitsNames, sequence }) => awaitsNames && sequence > after && !store.filled.has(sequence))
      return waiting.slice(0, limit)
    },
    async fillIn(fillings) {
      await store.before?.('fillIn')
      for (const filling of fillings) store.filled.set(filling.event.sequence, filling)
    },
    visible: (scope) =>
      store.records.filter(
        ({ cloud, tenants }, index) =>
          (scope.cloud === undefined || scope.cloud === cloud) &&
          (scope.tenants === 'all' ||
            [...tenants, ...(store.filled.get(index + 1)?.tenants ?? [])].some((tenant) =>
              scope.tenants.includes(tenant),
            )),
      ),
    settings: async () => [...settings.values()],
    async setSettings(tenant, changed) {
      await store.before?.('setSettings')
      settings.set(`${tenant.cloud}/${tenant.id}`, { tenant, settings: changed })
    },
    configuration: async () => store.configured,
    async setConfiguration(configuration) {
      await store.before?.('setConfiguration')
      store.configured = configuration
    },
    async checkpoint(): Promise<Checkpoint> {
      await store.before?.('checkpoint')
      return { writer: 'w', position: store.records.length, link: 'ab', time: '2026-11-21T08:00:00Z' }
    },
    deleteBefore: async () => 0,
    deleteDownTo: async () => 0,
    async close() {
      store.closed = true
    },
  }
  return store
}

export function storeFull(): OperatorError {
  return new OperatorError('AUDIT_STORE_FULL', 'The disk is full.', { retryable: true })
}
