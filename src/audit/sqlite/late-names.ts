import type { DatabaseSync, StatementSync } from 'node:sqlite'
import type { LateRow } from './calls'
import { DETAIL, PARTY } from './columns'
import { Interned } from './interned'
import { addedTenants, hashedTenants, LIVE, SUPERSEDED, tenantsOf, tenantsText } from './listed'
import { lookupHash } from './lookup'
import { type Packed, packed, unpacked } from './packed'
import { forgetParties } from './parties'
import { EVERYBODY } from './rollup'
import type { Meta } from './schema'
import { wordText } from './text'
import type { EventWriter } from './writer'

type Row = Readonly<Record<string, unknown>>

const PLACE = 'time = ? AND seq = ?'
const STATES = `state IN (${LIVE}, ${SUPERSEDED})`

/** Remembers which events await look-ups, and fills in what these told in the end. Commits nothing, as {@link EventWriter}. */
export class LateNames {
  readonly #database: DatabaseSync
  readonly #meta: Meta
  readonly #events: EventWriter
  readonly #parties: Interned
  readonly #await: StatementSync
  readonly #awaitNoMore: StatementSync
  readonly #read: StatementSync
  readonly #otherPhase: StatementSync
  readonly #state: StatementSync
  readonly #stateOfTenant: StatementSync
  readonly #move: StatementSync
  readonly #moveOfTenant: StatementSync
  readonly #list: StatementSync
  readonly #hide: StatementSync
  readonly #update: StatementSync

  constructor(database: DatabaseSync, meta: Meta, events: EventWriter) {
    this.#database = database
    this.#meta = meta
    this.#events = events
    this.#parties = new Interned(database, 'party', PARTY, 'party_words')
    this.#await = database.prepare('INSERT OR IGNORE INTO awaiting (seq) VALUES (?)')
    this.#awaitNoMore = database.prepare('DELETE FROM awaiting WHERE seq = ?')
    this.#read = database.prepare(
      `SELECT e.seq, e.time, e.final, e.id, e.kind, e.party, e.tenant, e.tenants, ${DETAIL.map((name) => `e.${name}`).join(', ')},
         ${PARTY.map((name) => `p.${name}`).join(', ')}
       FROM event e JOIN party p ON p.id = e.party WHERE e.seq = ?`,
    )
    this.#otherPhase = database.prepare(
      `SELECT e.seq, e.time, e.kind, e.party, e.tenant, e.tenants
       FROM segment s CROSS JOIN lookup x ON x.segment = s.id AND x.hash = ?
       CROSS JOIN event e ON e.seq = x.seq CROSS JOIN kind k ON k.id = e.kind
       WHERE e.id = ? AND k.of_cloud = ? AND e.final <> ?`,
    )
    this.#state = database.prepare(`SELECT state FROM listed WHERE ${STATES} AND ${PLACE}`)
    this.#stateOfTenant = database.prepare(
      `SELECT state FROM listed_by_tenant WHERE tenant = ? AND ${STATES} AND ${PLACE}`,
    )
    this.#move = database.prepare(`UPDATE listed SET party = ? WHERE ${STATES} AND ${PLACE}`)
    this.#moveOfTenant = database.prepare(
      `UPDATE listed_by_tenant SET party = ? WHERE tenant = ? AND ${STATES} AND ${PLACE}`,
    )
    this.#list = database.prepare(
      'INSERT INTO listed_by_tenant (tenant, state, time, seq, kind, party) VALUES (?, ?, ?, ?, ?, ?)',
    )
    this.#hide = database.prepare(
      `UPDATE listed_by_tenant SET state = ${SUPERSEDED} WHERE tenant = ? AND state = ${LIVE} AND ${PLACE}`,
    )
    this.#update = database.prepare('UPDATE event SET party = ?, tenants = ?, target_name = ?, added = ? WHERE seq = ?')
  }

  awaits(seq: number): void {
    this.#await.run(seq)
  }

  fillIn(rows: readonly LateRow[]): void {
    // Others add to the table, too, and remove from it.
    this.#parties.forget()
    for (const late of rows) {
      this.#awaitNoMore.run(late.seq)
      const row = this.#read.get(late.seq)
      if (row !== undefined) this.#fill(late, row)
    }
    forgetParties(this.#database, this.#events, this.#events.rollups.write())
  }

  #fill(late: LateRow, row: Row): void {
    const { attributes, seq } = late
    const party = this.#parties.idOf(PARTY.map((name) => attributes[name] ?? (row[name] as string | null)))
    if (party !== row['party']) this.#changeParty(row, party)
    const tenants = [...new Set(late.tenants.map((name) => this.#events.tenant(late.cloud, name)))]
    const fresh = tenants.filter((tenant) => !tenantsOf(row).includes(tenant))
    if (fresh.length > 0) this.#file(late, row, fresh, party)
    const named = attributes.target_name === undefined ? row['target_name'] : packed(attributes.target_name)
    this.#update.run(
      party,
      tenantsText(hashedTenants(row), [...addedTenants(row), ...fresh]),
      named as Packed | null,
      JSON.stringify(late.added),
      seq,
    )
    if (this.#meta.fullText && named !== row['target_name']) this.#indexWords({ ...row, target_name: named })
  }

  #changeParty(row: Row, to: number): void {
    const { rollups } = this.#events
    const [time, seq, kind, from] = placeOf(row)
    const moved = (tenant: number, state: unknown) => {
      if (state !== LIVE) return
      rollups.count(tenant, time, kind, from, -1)
      rollups.count(tenant, time, kind, to, 1)
    }
    rollups.keep(from, -1)
    rollups.keep(to, 1)
    moved(EVERYBODY, this.#state.get(time, seq)?.['state'])
    this.#move.run(to, time, seq)
    for (const tenant of tenantsOf(row)) {
      moved(tenant, this.#stateOfTenant.get(tenant, time, seq)?.['state'])
      this.#moveOfTenant.run(to, tenant, time, seq)
    }
  }

  /** As if these had been among its tenants from the beginning: a pending phase is hidden from those that see its final one. */
  #file(late: LateRow, row: Row, tenants: readonly number[], party: number): void {
    const { rollups } = this.#events
    const [time, seq, kind] = placeOf(row)
    const id = row['id'] as Packed
    const hash = lookupHash(this.#meta.salt, 'event', unpacked(id))
    const other = this.#otherPhase.get(hash, id, late.cloud, Number(row['final']))
    const sharing = other === undefined ? [] : tenantsOf(other)
    for (const tenant of tenants) {
      const hidden = row['final'] === 0 && sharing.includes(tenant)
      this.#list.run(tenant, hidden ? SUPERSEDED : LIVE, time, seq, kind, party)
      if (!hidden) rollups.count(tenant, time, kind, party, 1)
      if (row['final'] === 0 || other === undefined || !sharing.includes(tenant)) continue
      const [itsTime, itsSeq, itsKind, itsParty] = placeOf(other)
      if (this.#hide.run(tenant, itsTime, itsSeq).changes > 0) rollups.count(tenant, itsTime, itsKind, itsParty, -1)
    }
  }

  #indexWords(row: Row): void {
    const words = [row['id'], ...DETAIL.map((name) => row[name])].map((value) =>
      value === null ? null : wordText(unpacked(value as Packed)),
    )
    this.#database.prepare('DELETE FROM words WHERE rowid = ?').run(Number(row['seq']))
    this.#database
      .prepare(`INSERT INTO words (rowid, id, ${DETAIL.join(', ')}) VALUES (?, ?, ${DETAIL.map(() => '?').join(', ')})`)
      .run(Number(row['seq']), ...words)
  }
}

function placeOf(row: Row): [time: number, seq: number, kind: number, party: number] {
  return [Number(row['time']), Number(row['seq']), Number(row['kind']), Number(row['party'])]
}
