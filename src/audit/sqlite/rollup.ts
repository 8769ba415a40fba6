import type { DatabaseSync, StatementSync } from 'node:sqlite'

export const DAY = 86_400_000_000
/** Stands for all events, also those without a tenant. */
export const EVERYBODY = 0
/** Of parties: all rows, listed or not. A party that has none is forgotten, as it holds names of people. */
export const KEPT = -1

export function dayOf(time: number): number {
  return Math.floor(time / DAY)
}

/** Counts of what is listed, gathered over a batch: most events of a batch change the same few. */
export class Rollups {
  readonly #days = new Map<number, number>()
  readonly #kinds = new Map<string, [day: number, tenant: number, kind: number, n: number]>()
  readonly #parties = new Map<string, [tenant: number, party: number, n: number]>()
  readonly #addDay: StatementSync
  readonly #addKind: StatementSync
  readonly #addParty: StatementSync
  readonly #clean: StatementSync[]

  constructor(database: DatabaseSync) {
    this.#addDay = database.prepare(
      'INSERT INTO day (day, n) VALUES (?, ?) ON CONFLICT (day) DO UPDATE SET n = n + excluded.n',
    )
    this.#addKind = database.prepare(
      `INSERT INTO rollup (day, tenant, kind, n) VALUES (?, ?, ?, ?)
       ON CONFLICT (day, tenant, kind) DO UPDATE SET n = n + excluded.n`,
    )
    this.#addParty = database.prepare(
      `INSERT INTO party_of_tenant (tenant, party, n) VALUES (?, ?, ?)
       ON CONFLICT (tenant, party) DO UPDATE SET n = n + excluded.n`,
    )
    this.#clean = [
      database.prepare('DELETE FROM rollup WHERE day = ? AND tenant = ? AND kind = ? AND n <= 0'),
      database.prepare('DELETE FROM party_of_tenant WHERE tenant = ? AND party = ? AND n <= 0'),
      database.prepare('DELETE FROM day WHERE day = ? AND n <= 0'),
    ]
  }

  /** `change` is 1 or -1; `tenant` is {@link EVERYBODY} once for each event. */
  count(tenant: number, time: number, kind: number, party: number, change: number): void {
    const day = dayOf(time)
    if (tenant === EVERYBODY) this.#days.set(day, (this.#days.get(day) ?? 0) + change)
    const kindKey = `${day}.${tenant}.${kind}`
    const ofKind = this.#kinds.get(kindKey)
    if (ofKind === undefined) this.#kinds.set(kindKey, [day, tenant, kind, change])
    else ofKind[3] += change
    this.countParty(tenant, party, change)
  }

  countParty(tenant: number, party: number, change: number): void {
    const partyKey = `${tenant}.${party}`
    const ofParty = this.#parties.get(partyKey)
    if (ofParty === undefined) this.#parties.set(partyKey, [tenant, party, change])
    else ofParty[2] += change
  }

  /** Within the transaction of the batch. Answers the parties of which fewer rows are kept than before. */
  write(): number[] {
    const [cleanKind, cleanParty, cleanDay] = this.#clean
    const fewer = [...this.#parties.values()].filter(([tenant, , n]) => tenant === KEPT && n < 0)
    for (const [day, tenant, kind, n] of this.#kinds.values()) {
      if (n !== 0) this.#addKind.run(day, tenant, kind, n)
      if (n < 0) cleanKind?.run(day, tenant, kind)
    }
    for (const [tenant, party, n] of this.#parties.values()) {
      if (n !== 0) this.#addParty.run(tenant, party, n)
      if (n < 0) cleanParty?.run(tenant, party)
    }
    for (const [day, n] of this.#days) {
      if (n !== 0) this.#addDay.run(day, n)
      if (n < 0) cleanDay?.run(day)
    }
    this.discard()
    return fewer.map(([, party]) => party)
  }

  discard(): void {
    this.#days.clear()
    this.#kinds.clear()
    this.#parties.clear()
  }
}
