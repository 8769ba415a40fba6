import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { bulk, type ItemFault } from './bulk'
import { ClusterError, illegal, type Members, only } from './failure'
import { type Index, IndexSet } from './indices'
import { checkId, filtered, search } from './search'

export interface ClusterRequest {
  readonly method: string
  readonly path: string
  readonly query: URLSearchParams
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
  readonly body: string
}

/** What happens to a request instead of its answer, or after it. */
export type Interference =
  | { readonly status: number; readonly headers?: Readonly<Record<string, string>>; readonly body?: object | string }
  /** The connection breaks: before anything was done, or when everything was. */
  | 'cut before'
  | 'cut after'
  | undefined

export interface SmallOpenSearch {
  readonly url: string
  /** Every request that arrived. */
  readonly requests: readonly ClusterRequest[]
  readonly indices: IndexSet
  /** Faults, as tests set them. */
  interfere: (request: ClusterRequest) => Interference
  itemFault: ItemFault
  /** A shard has no copy: nothing can be searched whole, nothing be stored in it. */
  red: boolean
  version: Members
  close(): Promise<void>
}

/**
 * A small OpenSearch: the requests that the audit store makes, checked strictly, answered as the documentation says. What it does not
 * know it refuses. A search sees what a refresh has made visible, not what was written; a get by id sees everything.
 */
export async function startSmallOpenSearch(): Promise<SmallOpenSearch> {
  const requests: ClusterRequest[] = []
  const indices = new IndexSet(Date.now)
  const cluster = {
    url: '',
    requests,
    indices,
    interfere: (): Interference => undefined,
    itemFault: (): undefined => undefined,
    red: false,
    version: { distribution: 'opensearch', number: '2.19.1' },
    close: () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  } as SmallOpenSearch & { url: string }
  const server = createServer((incoming, outgoing) => {
    serve(cluster, requests, incoming, outgoing).catch((error: unknown) => {
      console.error('small OpenSearch could not answer:', error)
      outgoing.destroy()
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  cluster.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  return cluster
}

async function serve(
  cluster: SmallOpenSearch,
  requests: ClusterRequest[],
  incoming: IncomingMessage,
  outgoing: ServerResponse,
): Promise<void> {
  const chunks: Buffer[] = []
  for await (const chunk of incoming) chunks.push(chunk as Buffer)
  const url = new URL(incoming.url ?? '/', 'http://cluster')
  const request = {
    method: incoming.method ?? 'GET',
    path: url.pathname,
    query: url.searchParams,
    headers: incoming.headers,
    body: Buffer.concat(chunks).toString(),
  }
  requests.push(request)
  const interference = cluster.interfere(request)
  if (interference === 'cut before') return void incoming.socket.destroy()
  const reply = typeof interference === 'object' ? interference : answer(cluster, request)
  if (interference === 'cut after') return void incoming.socket.destroy()
  const text = typeof reply.body === 'string' ? reply.body : JSON.stringify(reply.body ?? {})
  outgoing.writeHead(reply.status, { 'content-type': 'application/json', ...reply.headers })
  outgoing.end(request.method === 'HEAD' ? '' : text)
}

interface Reply {
  readonly status: number
  readonly body: object
  readonly headers?: Readonly<Record<string, string>>
}

function answer(cluster: SmallOpenSearch, request: ClusterRequest): Reply {
  try {
    for (const name of request.query.keys()) {
      if (!PARAMETERS.has(name)) throw illegal(`request [${request.path}] contains unrecognized parameter: [${name}]`)
    }
    return route(cluster, request)
  } catch (error) {
    if (error instanceof ClusterError) return { status: error.status, body: error.body }
    if (error instanceof SyntaxError) return { status: 400, body: illegal(`invalid JSON: ${error.message}`).body }
    throw error
  }
}

const PARAMETERS = new Set([
  'ignore_unavailable',
  'allow_no_indices',
  'allow_partial_search_results',
  'refresh',
  'max_num_segments',
])

function route(cluster: SmallOpenSearch, request: ClusterRequest): Reply {
  const { method, path, body, query } = request
  const { indices } = cluster
  const parts = path.slice(1).split('/').map(decodeURIComponent)
  const [first = '', second = '', third = ''] = parts
  const now = Date.now()
  const ignoreUnavailable = query.get('ignore_unavailable') === 'true'
  const done = { status: 200, body: { acknowledged: true } }
  const called = `${method} ${first.startsWith('_') ? first : '*'}${second === '' ? '' : `/${second}`}`

  if (path === '/') return { status: 200, body: { version: cluster.version, tagline: 'The small OpenSearch' } }
  if (called === 'POST _bulk') {
    if (request.headers['content-type'] !== 'application/x-ndjson') throw illegal('Content-Type is not supported')
    const red: ItemFault = ({ index }) => ({
      status: 503,
      type: 'unavailable_shards_exception',
      reason: `[${index}][0] primary shard is not active`,
    })
    return { status: 200, body: bulk(indices, body, cluster.red ? red : cluster.itemFault) }
  }
  if (called === 'POST _mget') return { status: 200, body: multiGet(indices, parsed(body)) }
  if (first === '_index_template' && method === 'PUT') {
    indices.putTemplate(second, parsed(body))
    return done
  }
  if (second === '_alias' && method === 'GET') {
    const among = new Set(indices.named(first, true))
    const meant = indices.named(third, true).filter((index) => among.has(index))
    if (meant.length === 0) return { status: 404, body: { error: `alias [${third}] missing`, status: 404 } }
    return { status: 200, body: Object.fromEntries(meant.map(({ name }) => [name, { aliases: { [third]: {} } }])) }
  }
  if (method === 'PUT' && second === '') {
    indices.create(first, parsed(body))
    return done
  }
  if (method === 'GET' && second === '_mapping') {
    const meant = indices.named(first, ignoreUnavailable)
    return { status: 200, body: Object.fromEntries(meant.map(({ name, mappings }) => [name, { mappings }])) }
  }
  if (method === 'PUT' && second === '_mapping') {
    for (const index of indices.named(first, ignoreUnavailable)) index.addFields(parsed(body))
    return done
  }
  if (method === 'PUT' && second === '_settings') {
    const { max_result_window } = only(only(parsed(body), 'settings', ['index'])['index'], 'index', [
      'max_result_window',
    ])
    for (const index of indices.named(first, ignoreUnavailable)) index.window = Number(max_result_window)
    return done
  }
  if (method === 'PUT' && (second === '_create' || second === '_doc'))
    return putDocument(cluster, request, first, second, third, now)
  if (method === 'GET' && second === '_doc') {
    const there = indices.exactly(first)?.get(third)
    const found = { _index: first, _id: third, found: there !== undefined }
    return { status: there === undefined ? 404 : 200, body: { ...found, _source: there?.source } }
  }
  if (method === 'POST' && second === '_refresh') {
    for (const index of indices.named(first, ignoreUnavailable)) index.refresh(now)
    return { status: 200, body: { _shards: { failed: 0 } } }
  }
  if (method === 'POST' && second === '_search') {
    const meant = indices.named(first, ignoreUnavailable)
    if (cluster.red && query.get('allow_partial_search_results') === 'false' && meant.length > 0) {
      throw new ClusterError(503, 'search_phase_execution_exception', 'Search rejected due to missing shards [[x][0]]')
    }
    return { status: 200, body: search(meant, parsed(body), now) }
  }
  if (method === 'POST' && second === '_forcemerge') return { status: 200, body: { _shards: { failed: 0 } } }
  if (method === 'GET' && second === '_segments') {
    const meant = indices.named(first, ignoreUnavailable)
    return { status: 200, body: { indices: Object.fromEntries(meant.map((index) => [index.name, segmentsOf(index)])) } }
  }
  throw illegal(`no handler found for uri [${path}] and method [${method}]`)
}

function putDocument(
  cluster: SmallOpenSearch,
  { body, query }: ClusterRequest,
  name: string,
  how: string,
  id: string,
  now: number,
): Reply {
  checkId(id)
  const index = cluster.indices.forWriting(name)
  if (cluster.red)
    throw new ClusterError(503, 'unavailable_shards_exception', `[${name}][0] primary shard is not active`)
  if (how === '_create' && index.get(id) !== undefined) {
    throw new ClusterError(
      409,
      'version_conflict_engine_exception',
      `[${id}]: version conflict, document already exists`,
    )
  }
  index.put(id, parsed(body))
  if (query.get('refresh') === 'true') index.refresh(now)
  return { status: 201, body: { _index: name, _id: id, result: 'created' } }
}

function multiGet(indices: IndexSet, body: Members): object {
  const { docs } = only(body, 'mget', ['docs'])
  const answers = (Array.isArray(docs) ? docs : []).map((one: unknown) => {
    const { _index, _id, _source } = only(one, 'docs', ['_index', '_id', '_source'])
    const index = indices.exactly(String(_index))
    if (index === undefined)
      return { _index, _id, error: { type: 'index_not_found_exception', reason: 'no such index' } }
    const there = index.get(String(_id))
    return there === undefined
      ? { _index, _id, found: false }
      : { _index, _id, found: true, _source: filtered(there.source, _source) }
  })
  return { docs: answers }
}

function segmentsOf(index: Index): object {
  const segment = { num_docs: index.size, deleted_docs: 0, size_in_bytes: index.bytes }
  return { shards: { 0: [{ routing: { primary: true }, segments: { _0: segment } }] } }
}

function parsed(text: string): Members {
  return Object(JSON.parse(text)) as Members
}
