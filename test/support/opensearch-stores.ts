import type { ItemFault } from '../../lab/opensearch/bulk'
import { type SmallOpenSearch, startSmallOpenSearch } from '../../lab/opensearch/service'
import { documentId } from '../../src/audit/opensearch/names'
import { openOpenSearchStore } from '../../src/audit/opensearch/open'
import type { OpenSearchOptions } from '../../src/audit/opensearch/options'
import type { AuditStore } from '../../src/audit/store'
import { undiciClient } from '../../src/http/undici-client'
import { type FakeClock, fakeClock } from './fake-http'

export interface StoresInSmallOpenSearch {
  readonly cluster: SmallOpenSearch
  /** Waits pass at once, so that patience costs the tests no time. */
  readonly clock: FakeClock
  readonly open: (changes?: Partial<OpenSearchOptions>) => Promise<AuditStore>
  /** Of the document, e.g. to tamper with it. */
  readonly change: (
    id: string,
    to: (source: Readonly<Record<string, unknown>>) => Record<string, unknown> | undefined,
  ) => void
  readonly close: () => Promise<void>
}

/** A cluster of its own, and stores in it. */
export async function storesInSmallOpenSearch(): Promise<StoresInSmallOpenSearch> {
  const cluster = await startSmallOpenSearch()
  const clock = fakeClock()
  const stores: AuditStore[] = []
  return {
    cluster,
    clock,
    open: async (changes = {}) => {
      const options = { http: undiciClient(), urls: [cluster.url], prefix: 'audit', writer: 'one', clock, ...changes }
      const store = await openOpenSearchStore(options)
      stores.push(store)
      return store
    },
    change: (id, to) => {
      for (const index of cluster.indices.named('audit*', true)) {
        const there = index.get(id)
        if (there === undefined) continue
        const changed = to(there.source)
        if (changed === undefined) index.delete(id)
        else index.put(id, changed)
        index.refresh(Date.now())
      }
    },
    close: async () => {
      cluster.interfere = () => undefined
      await Promise.all(stores.map((store) => store.close()))
      await cluster.close()
    },
  }
}

/** A cluster that takes these and no others. */
export function allBut(taken: readonly { readonly id: string }[]): ItemFault {
  const ids = new Set(taken.map((record) => documentId({ cloud: 'lab', phase: 'final', id: record.id })))
  const gone = { status: 503, type: 'unavailable_shards_exception', reason: 'primary shard is not active' }
  return ({ id }) => (ids.has(id) ? undefined : gone)
}
