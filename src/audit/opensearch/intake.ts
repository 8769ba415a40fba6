import type { AuditRecord } from '../model'
import type { InsertOutcome } from '../store'
import { type BulkAction, type BulkOptions, bulk } from './bulk'
import { type ChainWriter, keyed, type Placed, type Written } from './chain-writer'
import type { Connection } from './connection'
import { type Superseding, supersededMembers } from './documents'
import { getKeys, outcomeFor, placesOfOtherPhase, RecentContents, searchKeys, type There } from './group'
import type { Indices } from './indices'
import { documentId, type IndexNames, otherPhase } from './names'
import type { Searcher } from './search'
import type { Turns } from './turns'

export interface IntakeOptions {
  readonly connection: Connection
  readonly names: IndexNames
  readonly indices: Indices
  readonly searcher: Searcher
  readonly writer: ChainWriter
  readonly turns: Turns
  readonly bulk: BulkOptions
  readonly onWritten: () => void
}

interface Waiting {
  readonly records: readonly AuditRecord[]
  readonly resolve: (outcomes: readonly InsertOutcome[]) => void
  readonly reject: (error: unknown) => void
}

/** Of one batch of the chain. */
const MOST_RECORDS = 1_000
/** Longer than a refresh takes to show what was written. */
const RECENT = 50_000

/** Gathers what is to be inserted while the cluster is at work, and writes it in batches. */
export class Intake {
  readonly #options: IntakeOptions
  readonly #recent = new RecentContents(RECENT)
  #waiting: Waiting[] = []

  constructor(options: IntakeOptions) {
    this.#options = options
  }

  insert(records: readonly AuditRecord[]): Promise<readonly InsertOutcome[]> {
    if (records.length === 0) return Promise.resolve([])
    return new Promise((resolve, reject) => {
      this.#waiting.push({ records, resolve, reject })
      // Whoever comes in the meantime joins the batch; its own turn then finds nothing left.
      void this.#options.turns.take(() => this.#next()).catch(() => {})
    })
  }

  /** What was removed can be stored again. */
  forget(id: string): void {
    this.#recent.delete(id)
  }

  async #next(): Promise<void> {
    const group: Waiting[] = []
    let size = 0
    while (this.#waiting[0] !== undefined && (size === 0 || size + this.#waiting[0].records.length <= MOST_RECORDS)) {
      const waiting = this.#waiting.shift()
      if (waiting === undefined) break
      group.push(waiting)
      size += waiting.records.length
    }
    if (group.length === 0) return
    try {
      const outcomes = await this.#store(group.flatMap(({ records }) => records))
      let begin = 0
      for (const { records, resolve } of group) {
        resolve(outcomes.slice(begin, begin + records.length))
        begin += records.length
      }
    } catch (error) {
      for (const { reject } of group) reject(error)
    }
  }

  async #store(records: readonly AuditRecord[]): Promise<InsertOutcome[]> {
    const { writer, searcher, names, indices } = this.#options
    this.#remember(await writer.finish())
    const all = records.map((record) => keyed(record, names))
    const other = (record: AuditRecord) => documentId({ ...record, phase: otherPhase(record.phase) })
    const asked = new Set(all.flatMap(({ record, id }) => [id, other(record)]))
    const there = await searchKeys(searcher, [...asked])

    const contents = new Map<string, string>()
    const fresh: typeof all = []
    const outcomes = all.map((one): InsertOutcome => {
      const known = contents.get(one.id) ?? there.get(one.id)?.content ?? this.#recent.get(one.id)
      if (known !== undefined) return outcomeFor(one.record, known)
      contents.set(one.id, one.record.contentHash)
      fresh.push(one)
      return 'stored'
    })
    for (const index of new Set(fresh.map(({ index }) => index))) await indices.ensure(index)

    const placed: Placed[] = []
    const marked = new Set<string>()
    const elsewhere = new Map<AuditRecord, string>()
    for (let begin = 0; begin < fresh.length; begin += MOST_RECORDS) {
      const portion = writer.place(fresh.slice(begin, begin + MOST_RECORDS))
      const superseded = supersededAlready(portion, there, other)
      const written = await writer.write(portion, superseded)
      this.#remember(written)
      placed.push(...portion)
      for (const { id } of superseded.keys()) marked.add(id)
      for (const [{ record }, content] of written.elsewhere) elsewhere.set(record, content)
    }
    await this.#supersede(all, placed, marked, there, other)
    return outcomes.map((outcome, at) => {
      const record = all[at]?.record
      const content = record === undefined ? undefined : elsewhere.get(record)
      return record === undefined || content === undefined ? outcome : outcomeFor(record, content)
    })
  }

  #remember({ placed, elsewhere }: Written): void {
    if (placed.length > 0) this.#options.onWritten()
    for (const one of placed) this.#recent.set(one.id, elsewhere.get(one) ?? one.record.contentHash)
  }

  /** Marks pending phases whose final phase is there, whichever came first and whoever wrote it. */
  async #supersede(
    all: readonly { readonly record: AuditRecord; readonly id: string; readonly index: string }[],
    placed: readonly Placed[],
    marked: ReadonlySet<string>,
    there: Map<string, There>,
    other: (record: AuditRecord) => string,
  ): Promise<void> {
    const { connection, names } = this.#options
    for (const { record, id, index, place } of placed) {
      const { sequence, writer } = place
      const { contentHash: content, tenants } = record
      there.set(id, { index, id, content, sequence, writer, tenants, superseded: marked.has(id) })
    }
    // After writing: of two writers that store one phase each, the later one sees the other's.
    const unseen = all.filter(({ record }) => there.get(other(record)) === undefined)
    const places = unseen.flatMap(({ record }) => placesOfOtherPhase(record, names))
    const { patienceMs } = this.#options.bulk
    for (const [id, one] of await getKeys(connection, places, { patienceMs })) there.set(id, one)

    const updates = new Map<string, BulkAction>()
    for (const { record, id } of all) {
      const own = there.get(id)
      const others = there.get(other(record))
      const [pending, final] = record.phase === 'pending' ? [own, others] : [others, own]
      if (pending === undefined || final === undefined || pending.superseded) continue
      const document = { doc: supersededMembers(pending.tenants, final) }
      updates.set(pending.id, { action: 'update', index: pending.index, id: pending.id, document })
    }
    if (updates.size === 0) return
    await bulk(connection, [...updates.values()], this.#options.bulk)
    this.#options.onWritten()
  }
}

/** Pending phases that arrive after their final phase are marked from the beginning. */
function supersededAlready(
  placed: readonly Placed[],
  there: ReadonlyMap<string, There>,
  other: (record: AuditRecord) => string,
): Map<Placed, Superseding> {
  const superseded = new Map<Placed, Superseding>()
  const places = new Map(placed.map(({ id, place, record }) => [id, { ...place, tenants: record.tenants }]))
  for (const one of placed) {
    if (one.record.phase !== 'pending') continue
    const id = other(one.record)
    const final = there.get(id) ?? places.get(id)
    if (final !== undefined) superseded.set(one, final)
  }
  return superseded
}
