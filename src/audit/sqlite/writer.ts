import type { DatabaseSync, SQLInputValue, StatementSync } from 'node:sqlite'
import { parseCheckpoint } from '../chain/checkpoint'
import { afterEvent, afterNote, emptyChain } from '../chain/hash'
import type { ChainHead } from '../chain/model'
import type { InsertOutcome } from '../store'
import { DETAIL, KIND, PARTY } from './columns'
import { hashOf } from './hash'
import { IdFilter } from './id-filter'
import { Interned } from './interned'
import { LIVE, SUPERSEDED, tenantsOf } from './listed'
import { LookupRows, lookupHash, SEGMENT, segmentOf } from './lookup'
import { ManyRows } from './many-rows'
import { type Packed, packed, packedHash, packedOrNull, packedStamp, SAME, samePacked, unpacked } from './packed'
import { EVERYBODY, Rollups } from './rollup'
import type { Meta } from './schema'
import { wordsOrNull } from './text'
import type { WireRecord } from './wire'

const MESSAGE_ID = DETAIL.indexOf('message_id')

/** A row of the lists on its way, or as it is stored. */
interface Entry {
  readonly seq: number
  readonly time: number
  readonly kind: number
  readonly party: number
  readonly tenants: readonly number[]
  readonly final: boolean
  readonly content: Packed
  /** Not yet in the tables: it is written with the batch. */
  readonly fresh: boolean
  /** Of a pending phase: whether its final one is stored, for everybody, and for which of its tenants. */
  state: number
  hiddenFrom: readonly number[]
}

/** All that is written into the store. Nothing here commits: whoever calls it says where a transaction begins and ends. */
export class EventWriter {
  readonly #database: DatabaseSync
  readonly #meta: Meta
  readonly #kinds: Interned
  readonly #parties: Interned
  readonly #origins: Interned
  readonly #tenants: Interned
  readonly #filter = new IdFilter()
  readonly rollups: Rollups
  readonly #insertEvent: StatementSync
  readonly #insertWords: StatementSync | undefined
  readonly #insertNote: StatementSync
  readonly #chain: ManyRows
  readonly #listed: ManyRows
  readonly #listedByTenant: ManyRows
  readonly #lookup: ManyRows
  readonly #find: StatementSync
  readonly #supersede: StatementSync
  readonly #hide: StatementSync
  readonly #hideFromTenant: StatementSync
  head: ChainHead
  #segment = 0
  #fresh = new Map<string, Entry[]>()
  #entries: Entry[] = []
  #chainRows: SQLInputValue[] = []
  readonly #lookupRows: LookupRows

  constructor(database: DatabaseSync, meta: Meta) {
    this.#database = database
    this.#meta = meta
    this.#lookupRows = new LookupRows(meta.salt)
    this.#kinds = new Interned(database, 'kind', ['of_cloud', ...KIND], 'kind_words', 1)
    this.#parties = new Interned(database, 'party', PARTY, 'party_words')
    this.#origins = new Interned(database, 'origin', ['event_type', 'publisher', 'priority'])
    this.#tenants = new Interned(database, 'tenant', ['cloud', 'name'])
    this.rollups = new Rollups(database)
    const columns = ['seq', 'time', 'final', 'id', 'content', 'kind', 'party', 'origin', 'tenant', 'tenants']
    columns.push('sent_message_id', 'sent_at', 'sent_text', ...DETAIL, 'added', 'body')
    this.#insertEvent = database.prepare(
      `INSERT INTO event (${columns.join(', ')}) VALUES (${columns.map(() => '?').join(', ')})`,
    )
    const words = ['rowid', 'id', ...DETAIL]
    this.#insertWords = meta.fullText
      ? database.prepare(`INSERT INTO words (${words.join(', ')}) VALUES (${words.map(() => '?').join(', ')})`)
      : undefined
    this.#insertNote = database.prepare('INSERT INTO note (position, text) VALUES (?, ?)')
    this.#chain = new ManyRows(database, 'INSERT INTO chain (position, leaf, link) VALUES', 3)
    this.#listed = new ManyRows(database, 'INSERT INTO listed (state, time, seq, kind, party) VALUES', 5)
    this.#listedByTenant = new ManyRows(
      database,
      'INSERT INTO listed_by_tenant (tenant, state, time, seq, kind, party) VALUES',
      6,
    )
    this.#lookup = new ManyRows(database, 'INSERT OR IGNORE INTO lookup (segment, hash, seq) VALUES', 3)
    this.#find = database.prepare(
      `SELECT e.seq, e.time, e.final, e.kind, e.party, e.tenant, e.tenants, e.content FROM lookup l
       JOIN event e ON e.seq = l.seq JOIN kind k ON k.id = e.kind
       WHERE l.segment = ? AND l.hash = ? AND e.id = ? AND k.of_cloud = ?`,
    )
    this.#supersede = database.prepare('INSERT INTO superseded (seq, by, by_time) VALUES (?, ?, ?)')
    this.#hide = database.prepare(
      `UPDATE listed SET state = ${SUPERSEDED} WHERE state = ${LIVE} AND time = ? AND seq = ?`,
    )
    this.#hideFromTenant = database.prepare(
      `UPDATE listed_by_tenant SET state = ${SUPERSEDED} WHERE tenant = ? AND state = ${LIVE} AND time = ? AND seq = ?`,
    )
    this.head = emptyChain(meta.writer)
    this.load()
  }

  /** From the file: at the beginning, and after a transaction was taken back. */
  load(): void {
    this.#clear()
    for (const one of [this.#kinds, this.#parties, this.#origins, this.#tenants]) one.forget()
    const last = this.#database.prepare('SELECT position, link FROM chain ORDER BY position DESC LIMIT 1').get()
    this.head =
      last === undefined
        ? emptyChain(this.#meta.writer)
        : { writer: this.#meta.writer, position: Number(last['position']), link: last['link'] as Uint8Array }
    this.#segment = segmentOf(this.head.position + 1)
    this.#filter.load(this.#database, this.#segment, this.#idsOfSegment())
  }

  insert(record: WireRecord): InsertOutcome {
    const first = lookupHash(this.#meta.salt, 'event', record.id)
    const second = hashOf(record.id, ~first) | 1
    const key = `${record.id}\u0000${record.cloud}`
    const id = packed(record.id)
    const known = this.#fresh.get(key) ?? this.#stored(first, second, id, record.cloud)
    const final = record.phase === 'final'
    const content = packedHash(record.contentHash)
    const same = known.find((entry) => entry.final === final)
    if (same !== undefined) return samePacked(same.content, content) ? 'repeated' : 'conflict'
    const entry = this.#write(record, id, content)
    known.push(entry)
    this.#fresh.set(key, known)
    this.#filter.add(this.#segment, first, second)
    this.#lookupRows.add(first, entry.seq)
    const other = known.find((one) => one.final !== final)
    if (other !== undefined) this.#supersedePending(final ? other : entry, final ? entry : other)
    return 'stored'
  }

  /** Nothing was written since the last checkpoint that stands in the chain. */
  get endsInCheckpoint(): boolean {
    const text = this.#database.prepare('SELECT text FROM note WHERE position = ?').get(this.head.position)?.['text']
    return typeof text === 'string' && parseCheckpoint(text) !== undefined
  }

  /** A line of the chain's own. */
  note(text: string): void {
    this.flush()
    const next = afterNote(this.head, text)
    this.#move(next.position)
    this.#insertNote.run(next.position, text)
    this.#chain.insert([next.position, next.leaf, next.link])
    this.head = next
  }

  /** Combinations that are no longer in the file. */
  forgetParties(): void {
    this.#parties.forget()
  }

  /** Number of a tenant; a new one is added. */
  tenant(cloud: string, name: string): number {
    return this.#tenants.idOf([cloud, name])
  }

  /** What was gathered goes into the tables, before the transaction ends. */
  flush(): void {
    const listed: SQLInputValue[] = []
    const byTenant: [tenant: number, entry: Entry][] = []
    for (const entry of this.#entries.sort((a, b) => a.state - b.state || a.time - b.time || a.seq - b.seq)) {
      this.rollups.keep(entry.party, 1)
      listed.push(entry.state, entry.time, entry.seq, entry.kind, entry.party)
      if (entry.state === LIVE) this.rollups.count(EVERYBODY, entry.time, entry.kind, entry.party, 1)
      for (const tenant of entry.tenants) {
        byTenant.push([tenant, entry])
        if (!entry.hiddenFrom.includes(tenant)) this.rollups.count(tenant, entry.time, entry.kind, entry.party, 1)
      }
    }
    this.#chain.insert(this.#chainRows)
    this.#listed.insert(listed)
    this.#listedByTenant.insert(
      byTenant
        .sort((a, b) => a[0] - b[0] || a[1].time - b[1].time)
        .flatMap(([tenant, { time, seq, kind, party, hiddenFrom }]) => {
          return [tenant, hiddenFrom.includes(tenant) ? SUPERSEDED : LIVE, time, seq, kind, party]
        }),
    )
    this.#lookup.insert(this.#lookupRows.values())
    this.rollups.write()
    this.#clear()
  }

  #write(record: WireRecord, id: Packed, content: Packed): Entry {
    const { details, notification: sent, cloud, time } = record
    const next = afterEvent(this.head, record)
    const seq = next.position
    this.#move(seq)
    this.head = next
    this.#chainRows.push(seq, next.leaf, next.link)
    const kind = this.#kinds.idOf(record.kind)
    const party = this.#parties.idOf(record.party)
    const { eventType, publisherId, priority, messageId, timestamp } = sent
    const origin =
      eventType === undefined && publisherId === undefined && priority === undefined
        ? null
        : this.#origins.idOf([eventType ?? null, publisherId ?? null, priority ?? null])
    const tenants = record.tenants.map((name) => this.tenant(cloud, name))
    const sentAt = timestamp === undefined ? undefined : packedStamp(timestamp, time)
    this.#insertEvent.run(
      ...[seq, time, record.phase === 'final' ? 1 : 0, id, content, kind, party, origin],
      ...[tenants[0] ?? null, tenants.length < 2 ? null : tenants.slice(1).join()],
      ...[messageId === undefined ? null : messageId === details[MESSAGE_ID] ? SAME : packed(messageId)],
      ...[typeof sentAt === 'number' ? sentAt : null, typeof sentAt === 'string' ? sentAt : null],
      ...details.map(packedOrNull),
      ...[record.added, record.body],
    )
    this.#insertWords?.run(seq, ...[record.id, ...details].map(wordsOrNull))
    this.#lookupRows.addDetails(messageId, details, seq)
    const final = record.phase === 'final'
    const entry = { seq, time, kind, party, tenants, final, content, fresh: true, state: LIVE, hiddenFrom: [] }
    this.#entries.push(entry)
    return entry
  }

  /** The pending phase is out of lists and counts: for all, and for those tenants that can see the final one. */
  #supersedePending(pending: Entry, final: Entry): void {
    this.#supersede.run(pending.seq, final.seq, final.time)
    pending.state = SUPERSEDED
    pending.hiddenFrom = pending.tenants.filter((tenant) => final.tenants.includes(tenant))
    if (pending.fresh) return
    const { time, seq, kind, party } = pending
    this.#hide.run(time, seq)
    this.rollups.count(EVERYBODY, time, kind, party, -1)
    for (const tenant of pending.hiddenFrom) {
      this.#hideFromTenant.run(tenant, time, seq)
      this.rollups.count(tenant, time, kind, party, -1)
    }
  }

  #stored(first: number, second: number, id: Packed, cloud: string): Entry[] {
    const found: Entry[] = []
    for (const segment of this.#filter.segmentsOf(first, second)) {
      for (const row of this.#find.all(segment, first, id, cloud)) {
        found.push({
          seq: Number(row['seq']),
          time: Number(row['time']),
          kind: Number(row['kind']),
          party: Number(row['party']),
          tenants: tenantsOf(row),
          final: row['final'] === 1,
          content: row['content'] as Packed,
          fresh: false,
          state: LIVE,
          hiddenFrom: [],
        })
      }
    }
    return found
  }

  #move(position: number): void {
    const segment = segmentOf(position)
    if (segment === this.#segment) return
    this.#filter.seal(this.#database, this.#segment)
    this.#segment = segment
    this.#database.prepare('INSERT OR IGNORE INTO segment (id) VALUES (?)').run(segment)
  }

  *#idsOfSegment(): Generator<readonly [number, number]> {
    const rows = this.#database.prepare('SELECT id FROM event WHERE seq >= ?')
    for (const row of rows.iterate(this.#segment * SEGMENT)) {
      const id = unpacked(row['id'] as Packed)
      const first = lookupHash(this.#meta.salt, 'event', id)
      yield [first, hashOf(id, ~first) | 1]
    }
  }

  #clear(): void {
    this.#fresh = new Map()
    this.#entries = []
    this.#chainRows = []
    this.#lookupRows.clear()
    this.rollups.discard()
  }
}
