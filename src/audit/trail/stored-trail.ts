import type { CadfEvent } from '../../cadf/event'
import { isKnown } from '../../cadf/identity'
import { describeError, OperatorError } from '../../errors/operator-error'
import type { Timers } from '../../time/timers'
import type { Checkpoint } from '../chain/model'
import type { IdentityCache } from '../enrich/identity-cache'
import { LateNames } from '../enrich/late-names'
import { type Filled, fillNames } from '../enrich/names'
import type { AuditRecord, HoldingSettings, Tenant, TenantSettings } from '../model'
import { recordOf } from '../record/record-of'
import type { AuditStore } from '../store'
import type { TenantRule } from '../tenants/rules'
import type { AuditTrail, KeepOutcome, Occurrence, OwnEvent } from '../trail'
import { type CheckpointRule, Checkpoints } from './checkpoints'
import { conflictEvent, ownEvent } from './own-events'
import { recordable } from './recording'
import { changedSettings, SettingsCache } from './settings'
import { Turns } from './turns'

export interface StoredTrailOptions {
  readonly store: AuditStore
  readonly cloud: string
  readonly names: IdentityCache | undefined
  readonly rules: ReadonlySet<TenantRule>
  readonly checkpoints: CheckpointRule
  readonly recordByDefault: boolean
  readonly timers: Timers
  readonly uuid: () => string
  readonly onNotice: (text: string) => void
}

/** Records made in one turn of the event loop: a millisecond or two. */
const AT_ONCE = 32
const NOT_ASKED: Filled = { added: {}, incomplete: false }
const NO_NAMES = ['names were not looked up: Keystone did not answer']

/** The trail on a store. {@link StoredTrail.open} comes first. */
export class StoredTrail implements AuditTrail {
  readonly store: AuditStore
  readonly #options: StoredTrailOptions
  readonly #settings: SettingsCache
  readonly #checkpoints: Checkpoints
  readonly #turns = new Turns()
  readonly #late: LateNames | undefined
  readonly #troubled = new Set<(trouble: Error | undefined) => void>()
  readonly #underWay = new Set<Promise<unknown>>()
  #trouble: Error | undefined
  #first: { stop(): Promise<void> } | undefined
  #closing: Promise<void> | undefined

  constructor(options: StoredTrailOptions) {
    const { store, timers, onNotice } = options
    this.store = store
    this.#options = options
    this.#settings = new SettingsCache(store, timers)
    this.#late =
      options.names &&
      new LateNames({
        ...options,
        cache: options.names,
        turns: this.#turns,
        settingsOf: (tenant) => this.#settings.of(tenant),
      })
    this.#checkpoints = new Checkpoints(store, options.checkpoints, timers, (error) =>
      onNotice(`No checkpoint of the audit trail could be taken: ${describeError(error)}`),
    )
  }

  async open(): Promise<void> {
    await this.#settings.open()
    this.#setTrouble(this.store.trouble)
    this.#late?.expect()
  }

  /** What must have stopped before the store is closed. */
  stopFirst(what: { stop(): Promise<void> }): void {
    this.#first = what
  }

  keep(occurrences: readonly Occurrence[]): Promise<readonly KeepOutcome[]> {
    return this.#watched(() => this.#keep(occurrences))
  }

  async settings(tenant: Tenant): Promise<HoldingSettings> {
    return this.#holding(this.#settings.of(tenant))
  }

  changeSettings(tenant: Tenant, change: TenantSettings, by: CadfEvent['initiator']): Promise<HoldingSettings> {
    return this.#watched(async () => this.#holding(await this.#changeSettings(tenant, change, by)))
  }

  tell(own: OwnEvent): Promise<void> {
    return this.#watched(() => this.#tell(own))
  }

  onCheckpoint(listener: (checkpoint: Checkpoint) => void): () => void {
    return this.#checkpoints.listen(listener)
  }

  onTrouble(listener: (trouble: Error | undefined) => void): () => void {
    this.#troubled.add(listener)
    listener(this.#trouble)
    return () => this.#troubled.delete(listener)
  }

  close(): Promise<void> {
    this.#closing ??= this.#close()
    return this.#closing
  }

  async #keep(occurrences: readonly Occurrence[]): Promise<readonly KeepOutcome[]> {
    const records = await this.#records(occurrences)
    // After the records: what is switched off while they are made is off.
    const wanted = records.map((record) =>
      recordable(record, (tenant) => this.#settings.of(tenant), this.#options.recordByDefault),
    )
    const recorded = wanted.filter((record) => record !== undefined)
    const inserted = recorded.length === 0 ? [] : await this.#insert(recorded)
    if (recorded.some(({ awaitsNames }) => awaitsNames)) this.#late?.expect()
    const conflicts = recorded.filter((_record, index) => inserted[index] === 'conflict')
    // One that was kept before stays as it is, with the time at which it was first seen.
    if (conflicts.length > 0) await this.#insert(conflicts.map((record) => this.#conflict(record)))
    let next = 0
    return wanted.map((record): KeepOutcome => (record === undefined ? 'not-recorded' : (inserted[next++] ?? 'stored')))
  }

  async #records(occurrences: readonly Occurrence[]): Promise<AuditRecord[]> {
    const { cloud, rules, timers } = this.#options
    const filled = await this.#filled(occurrences)
    const records: AuditRecord[] = []
    for (const [index, occurrence] of occurrences.entries()) {
      if (occurrences.length > AT_ONCE && index % AT_ONCE === 0) await this.#turns.next()
      const { added, incomplete } = filled[index] ?? NOT_ASKED
      const record = recordOf(occurrence, { cloud, now: timers.now(), rules, added, flags: incomplete ? NO_NAMES : [] })
      records.push(incomplete ? { ...record, awaitsNames: true } : record)
    }
    return records
  }

  /** Another cloud's ids mean nothing to this one's Keystone. */
  async #filled(occurrences: readonly Occurrence[]): Promise<readonly Filled[]> {
    const { names, cloud, timers } = this.#options
    if (names === undefined) return []
    const isOurs = ({ notification }: Occurrence) => (notification?.source?.cloud || cloud) === cloud
    const filled = await fillNames(
      occurrences.filter((one) => isOurs(one) && isObject(one.event)).map(({ event }) => event),
      { cache: names, timers },
    )
    let next = 0
    return occurrences.map((one) => (isOurs(one) && isObject(one.event) ? (filled[next++] ?? NOT_ASKED) : NOT_ASKED))
  }

  /** For those who may see the event that is not stored under its id. */
  #conflict(record: AuditRecord): AuditRecord {
    const { timers } = this.#options
    const { cloud, tenants } = record
    const now = timers.now()
    const made = recordOf({ event: conflictEvent(record, now) }, { cloud, now })
    return { ...made, tenants, ...(record.awaitsNames ? { awaitsNames: true } : {}) }
  }

  #holding(own: TenantSettings): HoldingSettings {
    return { ...own, enabled: own.enabled ?? this.#options.recordByDefault }
  }

  async #changeSettings(tenant: Tenant, change: TenantSettings, by: CadfEvent['initiator']): Promise<TenantSettings> {
    const at = new Date(this.#options.timers.now()).toISOString()
    const name = [by.name, by.username, by.id].find(isKnown) ?? 'unknown'
    return this.#settings.change(
      tenant,
      (now) => changedSettings(now, change, { name, at }),
      async (before, after, store) => {
        const told: OwnEvent = {
          action: 'update/settings',
          outcome: 'success',
          initiator: by,
          target: { id: tenant.id, typeURI: 'data/audit/settings', name: `${tenant.cloud}/${tenant.id}` },
          tenants: [tenant],
          attachments: [
            { typeURI: 'mime:application/json', name: 'before', content: before },
            { typeURI: 'mime:application/json', name: 'after', content: after },
          ],
        }
        // First the event: a change that nothing tells of is worse than one told of that did not come about.
        await this.#tell(told)
        try {
          await store()
        } catch (thrown) {
          const reason = { reasonType: describeError(thrown), reasonCode: 'AUDIT_SETTINGS' }
          await this.#tell({ ...told, outcome: 'failure', reason })
          throw thrown
        }
      },
    )
  }

  async #tell(own: OwnEvent): Promise<void> {
    const { cloud, timers, uuid } = this.#options
    const now = timers.now()
    const clouds = new Map<string, string[]>()
    for (const tenant of own.tenants) clouds.set(tenant.cloud, [...(clouds.get(tenant.cloud) ?? []), tenant.id])
    if (clouds.size === 0) clouds.set(cloud, [])
    const event = ownEvent(own, uuid(), now)
    await this.#insert(
      [...clouds].map(([cloud, ids]) => ({ ...recordOf({ event }, { cloud, now }), tenants: [...new Set(ids)] })),
    )
  }

  async #insert(records: readonly AuditRecord[]): ReturnType<AuditStore['insert']> {
    try {
      const outcomes = await this.store.insert(records)
      this.#setTrouble(undefined)
      this.#checkpoints.stored(outcomes.filter((outcome) => outcome === 'stored').length)
      return outcomes
    } catch (thrown) {
      this.#setTrouble(thrown instanceof Error ? thrown : new Error(describeError(thrown)))
      throw thrown
    }
  }

  #setTrouble(trouble: Error | undefined): void {
    if (trouble === this.#trouble) return
    this.#trouble = trouble
    for (const listener of this.#troubled) listener(trouble)
  }

  #watched<T>(begin: () => Promise<T>): Promise<T> {
    if (this.#closing !== undefined) return Promise.reject(closed())
    const work = begin()
    this.#underWay.add(work)
    const ended = () => this.#underWay.delete(work)
    work.then(ended, ended)
    return work
  }

  async #close(): Promise<void> {
    await this.#first?.stop()
    await this.#late?.stop()
    await Promise.allSettled([...this.#underWay])
    await this.#settings.close()
    await this.#checkpoints.close()
    await this.store.close()
  }
}

function isObject(value: unknown): boolean {
  return typeof value === 'object' && value !== null
}

function closed(): OperatorError {
  return new OperatorError('AUDIT_STORE_CLOSED', 'The audit trail is closed.', { retryable: true })
}
