import { OperatorError } from '../../errors/operator-error'
import { quote } from '../../errors/redact'
import { emptyChain } from '../chain/hash'
import type { ChainHead } from '../chain/model'
import type { Connection } from './connection'
import { members } from './failure'
import type { IndexNames } from './names'
import { type Hit, Searcher } from './search'

/**
 * The chain, in an index of its own: one document for each batch of events with their leaves and links, and one for each note. It is
 * written before the events, so that a process that dies between leaves a chain that tells what is missing; and it stays
 * when events go.
 */
export interface ChainDocument {
  readonly kind: 'batch' | 'note'
  readonly writer: string
  readonly from: number
  readonly to: number
  /** Which run of the process wrote it. */
  readonly session: string
  readonly time: string
  /** Of a batch, in order: `_id` of each event. */
  readonly ids?: readonly string[]
  /** 32 bytes each, base64. */
  readonly leaves: string
  /** 32 bytes each, base64. */
  readonly links: string
  /** Of a note. */
  readonly text?: string
}

const TIMEOUT_MS = 30_000

export class ChainLog {
  readonly #connection: Connection
  readonly #names: IndexNames
  readonly #patienceMs: number
  readonly #readOnly: boolean
  readonly searcher: Searcher

  /** `readOnly`: for a user who may read and perhaps nothing else. */
  constructor(
    connection: Connection,
    names: IndexNames,
    options: { patienceMs: number; limitMs: number; readOnly?: boolean },
  ) {
    this.#connection = connection
    this.#names = names
    this.#patienceMs = options.patienceMs
    this.#readOnly = options.readOnly === true
    this.searcher = new Searcher(connection, names.chain, options.limitMs)
  }

  /** @throws OperatorError `AUDIT_STORE_IN_USE` where another process has written at this place */
  async append(document: ChainDocument): Promise<void> {
    const id = encodeURIComponent(chainId(document.writer, document.from))
    const { status } = await this.#connection.ask({
      method: 'PUT',
      path: `/${this.#names.chain}/_create/${id}`,
      json: document,
      allow: [409],
      patienceMs: this.#patienceMs,
      timeoutMs: TIMEOUT_MS,
    })
    if (status !== 409) return
    // Perhaps it is the one of a try whose answer was lost.
    const there = await this.#connection.ask({
      method: 'GET',
      path: `/${this.#names.chain}/_doc/${id}`,
      patienceMs: this.#patienceMs,
      timeoutMs: TIMEOUT_MS,
    })
    const { session, links } = members(members(there.body)['_source'])
    if (session === document.session && links === document.links) return
    throw new OperatorError(
      'AUDIT_STORE_IN_USE',
      `Another process writes to ${this.#names.prefix} as ${quote(document.writer)}.`,
      { remedy: 'Give each Node-RED a writer name of its own.' },
    )
  }

  /** Kept beside the chain: an event that no index takes, as text at its place. */
  async keepAsText(writer: string, position: number, document: object, reason: string): Promise<void> {
    const id = encodeURIComponent(`${chainId(writer, position)}-rejected`)
    await this.#connection.ask({
      method: 'PUT',
      path: `/${this.#names.chain}/_doc/${id}`,
      json: { kind: 'rejected', writer, from: position, to: position, reason, text: JSON.stringify(document) },
      patienceMs: this.#patienceMs,
      timeoutMs: TIMEOUT_MS,
    })
  }

  /** Positions of a batch whose events are kept as text. */
  async keptAsText({ writer, from, to }: Pick<ChainDocument, 'writer' | 'from' | 'to'>): Promise<number[]> {
    const hits = await this.textsOf({ writer, from, to })
    return hits.map(({ source }) => Number(members(source)['from']))
  }

  async textsOf({ writer, from, to }: Pick<ChainDocument, 'writer' | 'from' | 'to'>): Promise<readonly Hit[]> {
    const filter = [
      { term: { writer: { value: writer } } },
      { term: { kind: { value: 'rejected' } } },
      { range: { from: { gte: from, lte: to } } },
    ]
    return (await this.searcher.search({ query: { bool: { filter } }, size: to - from + 1 })).hits
  }

  /** What was written so far is seen from then on; who may not ask for that sees what the cluster shows by itself. */
  async refresh(): Promise<void> {
    const path = `/${this.#names.chain}/_refresh?ignore_unavailable=true`
    await this.#connection.ask({
      method: 'POST',
      path,
      allow: this.#readOnly ? [403] : [],
      patienceMs: this.#patienceMs,
      timeoutMs: TIMEOUT_MS,
    })
  }

  /** The last document of a writer, and the end of its chain. */
  async end(writer: string): Promise<{ head: ChainHead; last: ChainDocument | undefined }> {
    await this.refresh()
    const { hits } = await this.searcher.search({
      query: ofWriter(writer),
      sort: [{ to: { order: 'desc' } }],
      size: 1,
    })
    const last = chainDocument(hits[0]?.source)
    if (last === undefined) return { head: emptyChain(writer), last }
    const links = Buffer.from(last.links, 'base64')
    return { head: { writer, position: last.to, link: links.subarray(links.length - 32) }, last }
  }

  /** From a position on, in order. */
  async *documents(writer: string, from: number): AsyncGenerator<readonly ChainDocument[]> {
    const query = { bool: { filter: [ofWriter(writer), { range: { from: { gte: from } } }] } }
    for await (const hits of this.searcher.walk({ query, sort: [{ from: { order: 'asc' } }], size: 50 })) {
      yield hits.map((hit) => chainDocument(hit.source)).filter((document) => document !== undefined)
    }
  }

  async writers(): Promise<string[]> {
    await this.refresh()
    const names: string[] = []
    const sources = [{ writer: { terms: { field: 'writer' } } }]
    for await (const page of this.searcher.buckets({ match_all: {} }, sources, 1_000)) {
      names.push(...page.map(({ key }) => String(key['writer'])))
    }
    return names
  }
}

function ofWriter(writer: string) {
  return { bool: { filter: [{ term: { writer: { value: writer } } }, { terms: { kind: ['batch', 'note'] } }] } }
}

function chainId(writer: string, from: number): string {
  return `${writer}-${String(from).padStart(16, '0')}`
}

export function chainDocument(source: unknown): ChainDocument | undefined {
  const document = members(source)
  const { kind, writer, from, to, leaves, links, text, ids, session, time } = document
  if ((kind !== 'batch' && kind !== 'note') || typeof writer !== 'string') return undefined
  if (typeof from !== 'number' || typeof to !== 'number') return undefined
  if (typeof leaves !== 'string' || typeof links !== 'string') return undefined
  return {
    kind,
    writer,
    from,
    to,
    session: String(session),
    time: String(time),
    leaves,
    links,
    ...(typeof text === 'string' ? { text } : {}),
    ...(Array.isArray(ids) ? { ids: ids.map(String) } : {}),
  }
}
