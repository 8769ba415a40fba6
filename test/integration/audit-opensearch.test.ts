import { type SmallOpenSearch, startSmallOpenSearch } from '../../lab/opensearch/service'
import { openOpenSearchStore } from '../../src/audit/opensearch/open'
import type { OpenSearchOptions } from '../../src/audit/opensearch/options'
import type { AuditStore } from '../../src/audit/store'
import { undiciClient } from '../../src/http/undici-client'
import { conformance } from '../conformance/audit-store'

// The same runs at a real OpenSearch: npm run test:opensearch.
let cluster: SmallOpenSearch
before(async () => {
  cluster = await startSmallOpenSearch()
})
after(() => cluster.close())

const opened = new Map<AuditStore, OpenSearchOptions>()
async function openAgain(options: OpenSearchOptions): Promise<AuditStore> {
  const store = await openOpenSearchStore({ ...options, http: undiciClient() })
  opened.set(store, options)
  return store
}

conformance(
  'the audit store in the small OpenSearch',
  () => {
    const prefix = `audit-${opened.size}`
    return openAgain({ http: undiciClient(), urls: [cluster.url], prefix, writer: 'one' })
  },
  {
    reopen: (closed) => {
      const options = opened.get(closed)
      if (options === undefined) throw new Error('that store was opened elsewhere')
      return openAgain(options)
    },
  },
)
