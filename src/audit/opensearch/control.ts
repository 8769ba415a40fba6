import { createHash } from 'node:crypto'
import { OperatorError } from '../../errors/operator-error'
import type { Configuration, Tenant, TenantSettings } from '../model'
import type { Connection } from './connection'
import { members } from './failure'
import type { IndexNames } from './names'
import { Searcher } from './search'

/** Sequences are position × this + number of the writer. */
export const MOST_WRITERS = 1024

const TIMEOUT_MS = 30_000
const CONFIGURATION = 'configuration'

/** Up to when tenants have let their events go, µs. */
export interface Horizons {
  of(tenant: Tenant): number
}

/** Few documents that are read whole: tenants' settings, how writers are configured, how far retention has come, the numbers of writers. */
export class Control {
  readonly #connection: Connection
  readonly #index: string
  readonly #searcher: Searcher
  readonly #patienceMs: number

  constructor(connection: Connection, names: IndexNames, options: { patienceMs: number; limitMs: number }) {
    this.#connection = connection
    this.#index = names.control
    this.#searcher = new Searcher(connection, names.control, options.limitMs)
    this.#patienceMs = options.patienceMs
  }

  async settings(): Promise<{ tenant: Tenant; settings: TenantSettings }[]> {
    const documents = await this.#all('settings')
    return documents.map(({ tenant, settings }) => ({ tenant: tenantOf(tenant), settings: settingsOf(settings) }))
  }

  setSettings(tenant: Tenant, settings: TenantSettings): Promise<void> {
    return this.#put(idOf('settings', tenant), { kind: 'settings', tenant, settings })
  }

  /** Each Node-RED at these indices has a configuration of its own. */
  async configuration(writer: string): Promise<Configuration | undefined> {
    const known = (await this.#all(CONFIGURATION)).find((document) => document['writer'] === writer)
    return known === undefined ? undefined : members(known['configuration'])
  }

  setConfiguration(writer: string, configuration: Configuration): Promise<void> {
    return this.#put(`${CONFIGURATION}:${writer}`, { kind: CONFIGURATION, writer, configuration })
  }

  /** Notes that events before a time were let go: by one tenant, or by all but some. */
  async letGo(
    time: number,
    what: { readonly tenant: Tenant } | { readonly exceptTenants: readonly Tenant[] },
  ): Promise<Horizons> {
    if ('tenant' in what) await this.#put(idOf('horizon', what.tenant), { kind: 'horizon', time, tenant: what.tenant })
    else await this.#put('horizon:all', { kind: 'horizon', time, except: what.exceptTenants })
    const own = new Map<string, number>()
    let general = Number.NEGATIVE_INFINITY
    let except = new Set<string>()
    for (const document of await this.#all('horizon')) {
      if (document['tenant'] !== undefined) own.set(keyOf(tenantOf(document['tenant'])), Number(document['time']))
      else {
        general = Number(document['time'])
        const excepted: unknown = document['except']
        except = new Set(Array.isArray(excepted) ? excepted.map((tenant) => keyOf(tenantOf(tenant))) : [])
      }
    }
    return {
      of: (tenant) => {
        const key = keyOf(tenant)
        return Math.max(own.get(key) ?? Number.NEGATIVE_INFINITY, except.has(key) ? Number.NEGATIVE_INFINITY : general)
      },
    }
  }

  /** A small number that is this writer's for as long as the indices exist. */
  async numberOf(writer: string): Promise<number> {
    for (const document of await this.#all('writer')) {
      if (document['writer'] === writer) return Number(document['number'])
    }
    for (let number = 0; number < MOST_WRITERS; number += 1) {
      const { status } = await this.#connection.ask({
        method: 'PUT',
        path: `/${this.#index}/_create/writer-${number}?refresh=true`,
        json: { kind: 'writer', writer, number },
        allow: [409],
        patienceMs: 0,
        timeoutMs: TIMEOUT_MS,
      })
      if (status !== 409) return number
    }
    throw new OperatorError(
      'AUDIT_STORE_REFUSED',
      `${MOST_WRITERS} writers have used these indices; there is no place for one more.`,
    )
  }

  async #put(id: string, json: object): Promise<void> {
    await this.#connection.ask({
      method: 'PUT',
      path: `/${this.#index}/_doc/${encodeURIComponent(id)}?refresh=true`,
      json,
      patienceMs: this.#patienceMs,
      timeoutMs: TIMEOUT_MS,
    })
  }

  async #all(kind: string): Promise<Readonly<Record<string, unknown>>[]> {
    const path = `/${this.#index}/_refresh?ignore_unavailable=true`
    await this.#connection.ask({ method: 'POST', path, patienceMs: this.#patienceMs, timeoutMs: TIMEOUT_MS })
    const { hits } = await this.#searcher.search({ query: { term: { kind: { value: kind } } }, size: 10_000 })
    return hits.map((hit) => members(hit.source))
  }
}

const keyOf = ({ cloud, id }: Tenant) => JSON.stringify([cloud, id])

function idOf(kind: string, tenant: Tenant): string {
  return `${kind}:${createHash('sha256').update(keyOf(tenant)).digest('hex')}`
}

function tenantOf(value: unknown): Tenant {
  const { cloud, id } = members(value)
  return { cloud: String(cloud), id: String(id) }
}

function settingsOf(value: unknown): TenantSettings {
  const { enabled, retentionDays, updatedBy, updatedAt } = members(value)
  return {
    ...(typeof enabled === 'boolean' ? { enabled } : {}),
    ...(typeof retentionDays === 'number' ? { retentionDays } : {}),
    ...(typeof updatedBy === 'string' ? { updatedBy } : {}),
    ...(typeof updatedAt === 'string' ? { updatedAt } : {}),
  }
}
