import type { Tenant } from '../model'
import { type BulkAction, type BulkOptions, bulk } from './bulk'
import type { ChainWriter } from './chain-writer'
import type { Connection } from './connection'
import type { Horizons } from './control'
import { members } from './failure'
import type { Hit, Searcher } from './search'
import type { Dsl } from './text-query'
import type { Turns } from './turns'

export interface RemovingOptions {
  readonly connection: Connection
  readonly searcher: Searcher
  readonly writer: ChainWriter
  readonly turns: Turns
  readonly bulk: BulkOptions
  readonly onRemoved: (ids: readonly string[]) => void
}

/** A record of retention grows with the gaps between positions. */
const AT_ONCE = 2_000
const OLDEST_FIRST = [{ time: { order: 'asc' } }, { sequence: { order: 'asc' } }]

/** Removes events of this writer: each writer tells in its own chain what is gone. */
export class Removing {
  readonly #options: RemovingOptions

  constructor(options: RemovingOptions) {
    this.#options = options
  }

  /** Events before a time that all their tenants have let go. */
  async before(
    time: number,
    what: { readonly tenant: Tenant } | { readonly exceptTenants: readonly Tenant[] },
    horizons: Horizons,
  ): Promise<number> {
    const ofTenant =
      'tenant' in what
        ? [{ term: { cloud: { value: what.tenant.cloud } } }, { term: { tenants: { value: what.tenant.id } } }]
        : []
    const policy = 'tenant' in what ? `${what.tenant.cloud}/${what.tenant.id}` : 'all tenants'
    let removed = 0
    for await (const hits of this.#oldest([{ range: { time: { lt: time } } }, ...ofTenant], AT_ONCE)) {
      const gone = hits.filter(({ source }) => isLetGo(source, time, horizons))
      await this.#remove(gone, { reason: 'age', policy, before: Math.floor(time / 1000) })
      removed += gone.length
    }
    return removed
  }

  /** The oldest so many, whosever they are. */
  async oldest(count: number): Promise<number> {
    let removed = 0
    for await (const hits of this.#oldest([], Math.min(count, AT_ONCE))) {
      const gone = hits.slice(0, count - removed)
      const before = Math.floor(Number(members(gone.at(-1)?.source)['time']) / 1000)
      await this.#remove(gone, { reason: 'size', policy: 'all tenants', before })
      removed += gone.length
      if (removed >= count) break
    }
    return removed
  }

  #oldest(conditions: readonly Dsl[], size: number): AsyncGenerator<readonly Hit[]> {
    const { searcher, writer } = this.#options
    const query = { bool: { filter: [{ term: { writer: { value: writer.head.writer } } }, ...conditions] } }
    return searcher.walk({ query, sort: OLDEST_FIRST, size, _source: ['cloud', 'tenants', 'time', 'position'] })
  }

  async #remove(hits: readonly Hit[], why: { reason: 'age' | 'size'; policy: string; before: number }): Promise<void> {
    if (hits.length === 0) return
    const { connection, writer, turns } = this.#options
    await turns.take(async () => {
      await writer.finish()
      // First the record: what is gone without one is tampering, what is there in spite of one goes with the next run.
      await writer.retire(
        hits.map(({ source }) => Number(members(source)['position'])),
        why,
      )
      const actions = hits.map(({ index, id }): BulkAction => ({ action: 'delete', index, id }))
      await bulk(connection, actions, this.#options.bulk)
      this.#options.onRemoved(hits.map(({ id }) => id))
    })
  }
}

function isLetGo(source: unknown, time: number, horizons: Horizons): boolean {
  const { cloud, tenants, time: at } = members(source)
  const ids: readonly unknown[] = Array.isArray(tenants) ? tenants : []
  return ids.every((id) => horizons.of({ cloud: String(cloud), id: String(id) }) > Number(at)) && Number(at) < time
}
