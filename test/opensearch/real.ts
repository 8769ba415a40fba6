import { randomBytes } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { openOpenSearchStore } from '../../src/audit/opensearch/open'
import type { OpenSearchOptions } from '../../src/audit/opensearch/options'
import type { AuditStore } from '../../src/audit/store'
import type { HttpClient } from '../../src/http/client'
import { undiciClient } from '../../src/http/undici-client'

export interface StoresInOneCluster {
  readonly open: (changes?: Partial<OpenSearchOptions>) => Promise<AuditStore>
  readonly reopen: (closed: AuditStore) => Promise<AuditStore>
}

/**
 * Stores in the cluster at OPENSEARCH_URL (user and password in OPENSEARCH_USERNAME and OPENSEARCH_PASSWORD), each with a prefix of its
 * own; after the tests its indices are removed.
 */
export function realOpenSearch(env = process.env): StoresInOneCluster {
  const url = env['OPENSEARCH_URL']
  if (url === undefined) throw new Error('OPENSEARCH_URL names no OpenSearch: npm run test:opensearch starts one.')
  return storesAt(url, env['OPENSEARCH_USERNAME'], env['OPENSEARCH_PASSWORD'])
}

/** Believes the authority in OPENSEARCH_CA; without it any certificate, as that of a test cluster is anybody's. */
export function realClient(env = process.env): HttpClient {
  const ca = env['OPENSEARCH_CA']
  return undiciClient({ tls: ca === undefined ? { rejectUnauthorized: false } : { ca: readFileSync(ca, 'utf8') } })
}

/** For requests of the tests' own. */
export function authorization(env = process.env): Record<string, string> {
  const username = env['OPENSEARCH_USERNAME']
  if (username === undefined) return {}
  const pair = `${username}:${env['OPENSEARCH_PASSWORD'] ?? ''}`
  return { authorization: `Basic ${Buffer.from(pair).toString('base64')}` }
}

export function storesAt(url: string, username?: string, password?: string): StoresInOneCluster {
  const credentials = username === undefined ? {} : { credentials: { username, password: password ?? '' } }
  const opened = new Map<AuditStore, OpenSearchOptions>()
  const begin = async (options: OpenSearchOptions) => {
    const store = await openOpenSearchStore({ ...options, http: realClient() })
    opened.set(store, options)
    return store
  }
  after(async function () {
    this.timeout(300_000)
    const http = realClient()
    const headers = authorization({ OPENSEARCH_USERNAME: username, OPENSEARCH_PASSWORD: password })
    for (const prefix of new Set([...opened.values()].map(({ prefix = '' }) => prefix))) {
      const { text } = await http.request({ method: 'GET', url: `${url}/${prefix}*/_alias`, headers })
      for (const index of Object.keys(JSON.parse(text))) {
        await http.request({ method: 'DELETE', url: `${url}/${index}`, headers })
      }
      await http.request({ method: 'DELETE', url: `${url}/_index_template/${prefix}-events`, headers })
    }
    await http.close()
  })
  return {
    open: (changes = {}) =>
      begin({
        http: undiciClient(),
        urls: [url],
        ...credentials,
        prefix: `test-${randomBytes(6).toString('hex')}`,
        writer: 'one',
        replicas: 0,
        ...changes,
      }),
    reopen: (closed) => {
      const options = opened.get(closed)
      if (options === undefined) throw new Error('that store was opened elsewhere')
      return begin(options)
    },
  }
}
