import { OperatorError } from '../../errors/operator-error'
import type { Timers } from '../../time/timers'
import type { Tenant, TenantSettings } from '../model'
import { isDays } from '../retention/policy'
import type { AuditStore } from '../store'

/** Another Node-RED at the same store may have changed them. */
const REFRESH_MS = 60_000

/** The settings of tenants, in memory, as every event asks for them. */
export class SettingsCache {
  readonly #store: Pick<AuditStore, 'settings' | 'setSettings'>
  readonly #timers: Timers
  #byTenant: ReadonlyMap<string, TenantSettings> = new Map()
  #changing: Promise<unknown> = Promise.resolve()
  #cancel = () => {}
  #closed = false

  constructor(store: Pick<AuditStore, 'settings' | 'setSettings'>, timers: Timers) {
    this.#store = store
    this.#timers = timers
  }

  async open(): Promise<void> {
    await this.#read()
    this.#schedule()
  }

  of(tenant: Tenant): TenantSettings {
    return this.#byTenant.get(keyOf(tenant)) ?? {}
  }

  /** One change after the other. `around` is given the settings before and after, and stores them when it calls `store`. */
  change(
    tenant: Tenant,
    next: (now: TenantSettings) => TenantSettings,
    around: (before: TenantSettings, after: TenantSettings, store: () => Promise<void>) => Promise<void>,
  ): Promise<TenantSettings> {
    const changed = this.#changing.then(async () => {
      // Another process's change must not be undone by this one.
      await this.#read()
      const before = this.of(tenant)
      const settings = next(before)
      await around(before, settings, async () => {
        await this.#store.setSettings(tenant, settings)
        this.#byTenant = new Map(this.#byTenant).set(keyOf(tenant), settings)
      })
      return settings
    })
    this.#changing = changed.catch(() => {})
    return changed
  }

  async close(): Promise<void> {
    this.#closed = true
    this.#cancel()
    await this.#changing
  }

  #schedule(): void {
    if (this.#closed) return
    this.#cancel = this.#timers.after(REFRESH_MS, () => {
      // Behind a change, so that what was read before it does not overwrite it.
      this.#changing = this.#changing.then(() => this.#read()).catch(() => {})
      void this.#changing.then(() => this.#schedule())
    })
  }

  async #read(): Promise<void> {
    const all = await this.#store.settings()
    this.#byTenant = new Map(all.map(({ tenant, settings }) => [keyOf(tenant), settings]))
  }
}

/**
 * Settings after a change: what the change does not name stays, what it names as `undefined` is as the operator configured it again.
 * @throws OperatorError `AUDIT_BAD_SETTINGS`
 */
export function changedSettings(
  now: TenantSettings,
  change: TenantSettings,
  by: { readonly name: string; readonly at: string },
): TenantSettings {
  const { enabled, retentionDays } = { ...now, ...change } as { enabled?: unknown; retentionDays?: unknown }
  if (enabled !== undefined && typeof enabled !== 'boolean') throw badSettings('enabled is neither true nor false')
  if (retentionDays !== undefined && (typeof retentionDays !== 'number' || !isDays(retentionDays))) {
    throw badSettings('retentionDays is no number of days from 1 to 365000')
  }
  return {
    ...(enabled === undefined ? {} : { enabled }),
    ...(retentionDays === undefined ? {} : { retentionDays }),
    updatedBy: by.name,
    updatedAt: by.at,
  }
}

function badSettings(what: string): OperatorError {
  return new OperatorError('AUDIT_BAD_SETTINGS', `These settings cannot be: ${what}.`)
}

function keyOf({ cloud, id }: Tenant): string {
  return `${cloud}/${id}`
}
