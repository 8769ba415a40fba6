import type { DatabaseSync, SQLInputValue, StatementSync } from 'node:sqlite'
import { ManyRows } from './many-rows'

export const DAY = 86_400_000_000
/** Stands for all events, also those without a tenant. */
export const EVERYBODY = 0

export function dayOf(time: number): number {
  return Math.floor(time / DAY)
}

/** Of what is listed, but for `kept`: rows of the party, listed or not. */
interface OfParty {
  readonly tenant: number
  readonly party: number
  n: number
  kept: number
}

interface OfKind {
  readonly day: number
  readonly tenant: number
  readonly kind: number
  n: number
}

/** Combined keys of numbers stay numbers: texts would have to be made for each event. */
const WIDE = 2 ** 26

/** Counts of what is listed, gathered over a batch: most events of a batch change the same few. */
export class Rollups {
  readonly #days = new Map<number, number>()
  /** By day, then tenant and kind. */
  readonly #kinds = new Map<number, Map<number, OfKind>>()
  readonly #parties = new Map<number, OfParty>()
  readonly #addDay: StatementSync
  readonly #addKinds: ManyRows
  readonly #addParties: ManyRows
  readonly #cleanKind: StatementSync
  readonly #cleanParty: StatementSync
  readonly #cleanDay: StatementSync

  constructor(database: DatabaseSync) {
    this.#addDay = database.prepare(
      'INSERT INTO day (day, n) VALUES (?, ?) ON CONFLICT (day) DO UPDATE SET n = n + excluded.n',
    )
    this.#addKinds = new ManyRows(
      database,
      'INSERT INTO rollup (day, tenant, kind, n) VALUES',
      4,
      'ON CONFLICT (day, tenant, kind) DO UPDATE SET n = n + excluded.n',
    )
    this.#addParties = new ManyRows(
      database,
      'INSERT INTO party_of_tenant (tenant, party, n, kept) VALUES',
      4,
      'ON CONFLICT (tenant, party) DO UPDATE SET n = n + excluded.n, kept = kept + excluded.kept',
    )
    this.#cleanKind = database.prepare('DELETE FROM rollup WHERE day = ? AND tenant = ? AND kind = ? AND n <= 0')
    this.#cleanParty = database.prepare(
      'DELETE FROM party_of_tenant WHERE tenant = ? AND party = ? AND n <= 0 AND kept <= 0',
    )
    this.#cleanDay = database.prepare('DELETE FROM day WHERE day = ? AND n <= 0')
  }

  /** `change` is 1 or -1; `tenant` is {@link EVERYBODY} once for each event. */
  count(tenant: number, time: number, kind: number, party: number, change: number): void {
    const day = dayOf(time)
    if (tenant === EVERYBODY) this.#days.set(day, (this.#days.get(day) ?? 0) + change)
    let ofDay = this.#kinds.get(day)
    if (ofDay === undefined) {
      ofDay = new Map()
      this.#kinds.set(day, ofDay)
    }
    const key = tenant * WIDE + kind
    const ofKind = ofDay.get(key)
    if (ofKind === undefined) ofDay.set(key, { day, tenant, kind, n: change })
    else ofKind.n += change
    this.#ofParty(tenant, party).n += change
  }

  /** A row of the party is there, or no longer. */
  keep(party: number, change: number): void {
    this.#ofParty(EVERYBODY, party).kept += change
  }

  /** Within the transaction of the batch. Answers the parties of which fewer rows are kept than before. */
  write(): number[] {
    const kinds = [...this.#kinds.values()].flatMap((ofDay) => [...ofDay.values()])
    const parties = [...this.#parties.values()]
    const kindRows: SQLInputValue[] = []
    for (const { day, tenant, kind, n } of kinds.sort((a, b) => a.day - b.day || a.tenant - b.tenant)) {
      if (n !== 0) kindRows.push(day, tenant, kind, n)
    }
    this.#addKinds.insert(kindRows)
    const partyRows: SQLInputValue[] = []
    for (const { tenant, party, n, kept } of parties.sort((a, b) => a.tenant - b.tenant || a.party - b.party)) {
      if (n !== 0 || kept !== 0) partyRows.push(tenant, party, n, kept)
    }
    this.#addParties.insert(partyRows)
    for (const [day, n] of this.#days) if (n !== 0) this.#addDay.run(day, n)
    for (const { day, tenant, kind, n } of kinds) if (n < 0) this.#cleanKind.run(day, tenant, kind)
    for (const { tenant, party, n, kept } of parties) if (n < 0 || kept < 0) this.#cleanParty.run(tenant, party)
    for (const [day, n] of this.#days) if (n < 0) this.#cleanDay.run(day)
    this.discard()
    return parties.filter(({ kept }) => kept < 0).map(({ party }) => party)
  }

  discard(): void {
    this.#days.clear()
    this.#kinds.clear()
    this.#parties.clear()
  }

  #ofParty(tenant: number, party: number): OfParty {
    const key = tenant * WIDE + party
    let found = this.#parties.get(key)
    if (found === undefined) {
      found = { tenant, party, n: 0, kept: 0 }
      this.#parties.set(key, found)
    }
    return found
  }
}
