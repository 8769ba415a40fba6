import type { ChainRow, HashedRecord, VerifyReport } from '../chain/model'
import { type VerifyOptions, verifyChain } from '../chain/verify'
import type { Phase } from '../model'
import type { ChainDocument, ChainLog } from './chain-log'
import { EVENT_SOURCE, storedEvent } from './documents'
import { members } from './failure'
import { documentId } from './names'
import type { Hit, Searcher } from './search'

export interface ReadChainOptions {
  readonly log: ChainLog
  readonly searcher: Searcher
  /** Makes what was written so far visible, and waits for batches under way. */
  readonly settle: (batch: ChainDocument) => Promise<void>
}

const SOURCE = [...EVENT_SOURCE.filter((member) => member !== 'added'), 'superseded']
const CHAIN_SOURCE = ['writer', 'position', 'leaf', 'link']

/** Compares the chains of all writers with what is stored, and looks for what stands in none of them. */
export async function verifyIndices(options: ReadChainOptions, by: VerifyOptions): Promise<VerifyReport> {
  const report = await verifyChain(readChain(options), by)
  const writers = report.writers.map(({ writer }) => writer)
  const strangers = await countStrangers(options.searcher, writers)
  if (strangers === 0) return report
  const text = `${strangers} events stand in the indices that no writer's chain knows: they were inserted from outside.`
  const finding = { kind: 'inserted', writer: '', position: 0, text } as const
  return { ...report, ok: false, findings: [...report.findings, finding] }
}

/** The rows of all writers, as `verifyChain` wants them. */
async function* readChain(options: ReadChainOptions): AsyncGenerator<readonly ChainRow[]> {
  const writers = await options.log.writers()
  for (const writer of writers) yield* readWriter(writer, options)
}

/** How many documents among the events are of no writer that has a chain. */
async function countStrangers(searcher: Searcher, writers: readonly string[]): Promise<number> {
  const query = { bool: { must_not: [{ terms: { writer: [...writers] } }] } }
  const { total } = await searcher.search({ query, size: 0, track_total_hits: true })
  return total ?? 0
}

async function* readWriter(writer: string, options: ReadChainOptions): AsyncGenerator<readonly ChainRow[]> {
  let next = 1
  let end = 0
  for (;;) {
    const before = next
    for await (const documents of options.log.documents(writer, next)) {
      for (const document of documents) {
        yield document.kind === 'note' ? [noteRow(document)] : await eventRows(document, options)
        end = Math.max(end, document.to)
        next = document.to + 1
      }
    }
    if (next === before) break
    // What was written while it was read.
    await options.log.refresh()
  }
  // Events that claim a place behind the end of the chain.
  for await (const hits of options.searcher.walk({
    query: { bool: { filter: [isOf(writer), { range: { position: { gt: end } } }] } },
    sort: [{ position: { order: 'asc' } }, { sequence: { order: 'asc' } }],
    size: 1_000,
    _source: [...SOURCE, ...CHAIN_SOURCE],
  })) {
    yield hits.map((hit) => strangeRow(writer, hit))
  }
}

async function eventRows(batch: ChainDocument, options: ReadChainOptions): Promise<ChainRow[]> {
  let hits = await eventsOf(batch, options.searcher)
  const count = batch.to - batch.from + 1
  if (hits.length < count) {
    // Perhaps they are on their way.
    await options.settle(batch)
    hits = await eventsOf(batch, options.searcher)
  }
  if (hits.length < count) hits.push(...(await keptAsText(batch, options.log)))
  const byPosition = new Map<number, Hit[]>()
  for (const hit of hits) {
    const position = Number(members(hit.source)['position'])
    byPosition.set(position, [...(byPosition.get(position) ?? []), hit])
  }
  const hidden = await withoutFinal(hits, options)
  const leaves = Buffer.from(batch.leaves, 'base64')
  const links = Buffer.from(batch.links, 'base64')
  const rows: ChainRow[] = []
  for (let position = batch.from; position <= batch.to; position += 1) {
    const at = (position - batch.from) * 32
    const leaf = leaves.subarray(at, at + 32)
    const link = links.subarray(at, at + 32)
    const [hit, ...more] = byPosition.get(position) ?? []
    const id = batch.ids?.[position - batch.from]
    const contradiction = hit === undefined ? undefined : contradictionOf(hit, leaf, link, hidden)
    rows.push({
      kind: 'event',
      writer: batch.writer,
      position,
      leaf,
      link,
      // `phase:cloud:id`
      id: id?.split(':').slice(2).join(':'),
      ...(hit === undefined ? {} : { record: hashedRecord(hit) }),
      ...(contradiction === undefined ? {} : { contradiction }),
    })
    rows.push(...more.map((hit) => strangeRow(batch.writer, hit)))
  }
  return rows
}

function noteRow({ writer, from, leaves, links, text }: ChainDocument): ChainRow {
  const [leaf, link] = [Buffer.from(leaves, 'base64'), Buffer.from(links, 'base64')]
  return { kind: 'note', writer, position: from, leaf, link, text: text ?? '' }
}

function strangeRow(writer: string, hit: Hit): ChainRow {
  const { position, leaf, link } = members(hit.source)
  return {
    kind: 'event',
    writer,
    position: Number(position),
    leaf: Buffer.from(String(leaf), 'hex'),
    link: Buffer.from(String(link), 'hex'),
    record: hashedRecord(hit),
  }
}

async function eventsOf({ writer, from, to }: ChainDocument, searcher: Searcher): Promise<Hit[]> {
  const query = { bool: { filter: [isOf(writer), { range: { position: { gte: from, lte: to } } }] } }
  const hits: Hit[] = []
  const sort = [{ position: { order: 'asc' } }, { sequence: { order: 'asc' } }]
  for await (const page of searcher.walk({ query, sort, size: 1_000, _source: [...SOURCE, ...CHAIN_SOURCE] })) {
    hits.push(...page)
  }
  return hits
}

async function keptAsText(batch: ChainDocument, log: ChainLog): Promise<Hit[]> {
  const hits = await log.textsOf(batch)
  return hits.map((hit) => ({ ...hit, source: jsonOf(members(hit.source)['text']) }))
}

function jsonOf(text: unknown): unknown {
  try {
    return JSON.parse(String(text))
  } catch {
    return undefined
  }
}

function isOf(writer: string) {
  return { term: { writer: { value: writer } } }
}

/** What stands in the document, though it may be no event any more: then its hash will not be that of its leaf. */
function hashedRecord({ source }: Hit): HashedRecord {
  const event = storedEvent(source)
  if (event !== undefined) return event
  return {
    cloud: '',
    id: '',
    phase: 'final',
    time: 0,
    body: JSON.stringify(source) ?? '',
    notification: {},
    tenants: [],
  }
}

function contradictionOf(hit: Hit, leaf: Buffer, link: Buffer, hidden: ReadonlySet<Hit>): string | undefined {
  const document = members(hit.source)
  if (document['leaf'] !== leaf.toString('hex')) return 'its own copy of its leaf is another'
  if (document['link'] !== link.toString('hex')) return 'its own copy of its link is another'
  return hidden.has(hit) ? 'it is marked as superseded, and no final phase was ever written' : undefined
}

/** Events that are marked as superseded and hidden by it, though the chain has no final phase at the place they name. */
async function withoutFinal(hits: readonly Hit[], { searcher, log }: ReadChainOptions): Promise<Set<Hit>> {
  const marked = hits.filter(({ source }) => members(source)['superseded'] !== undefined)
  if (marked.length === 0) return new Set()
  const finals = new Map(marked.map((hit) => [hit, finalOf(hit)]))
  const values = [...finals.values()].filter((id) => id !== undefined)
  const there = new Set<string>()
  const found = await searcher.search({ query: { ids: { values } }, size: values.length * 2, _source: false })
  for (const { id } of found.hits) there.add(id)
  const hidden = new Set<Hit>()
  for (const [hit, final] of finals) {
    if (final !== undefined && there.has(final)) continue
    if (final === undefined || !(await wasWritten(final, log))) hidden.add(hit)
  }
  return hidden
}

function finalOf(hit: Hit): string | undefined {
  const event = storedEvent(hit.source)
  return event?.phase === 'pending' ? documentId({ ...event, phase: 'final' satisfies Phase }) : undefined
}

/** A final phase that retention has removed still stands in the chain. */
async function wasWritten(id: string, log: ChainLog): Promise<boolean> {
  const query = { term: { ids: { value: id } } }
  const { total } = await log.searcher.search({ query, size: 0, track_total_hits: true })
  return (total ?? 0) > 0
}
