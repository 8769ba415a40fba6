import type { DatabaseSync } from 'node:sqlite'
import { rangesOf } from '../chain/ranges'
import { retentionNote } from '../chain/retention-record'
import type { Signer } from '../chain/signing'
import type { Tenant } from '../model'
import type { Retire, Retired, RetirePlace } from './calls'
import { LIVE, SUPERSEDED, tenantsOf } from './listed'
import { forgetParties } from './parties'
import type { Removal } from './removal'
import { bytesOf } from './size'
import type { EventWriter } from './writer'

/** Events looked at in one transaction: inserting waits that long, about as long as for a batch. */
const PORTION = 500

interface Candidate extends RetirePlace {
  readonly tenants: readonly number[]
}

/** Removes contents, a portion at a time, and says so in the chain within the same transaction. */
export class Retirement {
  readonly #database: DatabaseSync
  readonly #events: EventWriter
  readonly #removal: Removal
  readonly #signer: Signer | undefined

  constructor(database: DatabaseSync, events: EventWriter, removal: Removal, signer: Signer | undefined) {
    this.#database = database
    this.#events = events
    this.#removal = removal
    this.#signer = signer
  }

  retire(what: Retire, now: Date): Retired {
    switch (what.by) {
      case 'tenant':
        return this.#ofTenant(what, now)
      case 'others':
        return this.#ofOthers(what, now)
      case 'size':
        return this.#oldest(what.bytes, now)
    }
  }

  #ofTenant({ tenant, before, after }: Extract<Retire, { by: 'tenant' }>, now: Date): Retired {
    const number = this.#number(tenant)
    if (number === undefined) return { removed: 0 }
    if (after === undefined) this.#database.prepare('UPDATE tenant SET let_go = ? WHERE id = ?').run(before, number)
    const seen = this.#portion(before, after, number)
    const gone = seen.filter((one) => one.tenants.every((other) => other === number || this.#letGo(other) > one.time))
    this.#remove(gone, { reason: 'age', policy: `${tenant.cloud}/${tenant.id}`, before }, now)
    return retired(gone, seen)
  }

  #ofOthers({ exceptTenants, before, after }: Extract<Retire, { by: 'others' }>, now: Date): Retired {
    const except = new Set(exceptTenants.flatMap((tenant) => this.#number(tenant) ?? []))
    if (after === undefined) this.#rememberGeneral(before, [...except])
    const seen = this.#portion(before, after)
    const gone = seen.filter((one) => !one.tenants.some((tenant) => except.has(tenant)))
    this.#remove(gone, { reason: 'age', policy: 'all tenants', before }, now)
    return retired(gone, seen)
  }

  #oldest(bytes: number, now: Date): Retired {
    const excess = bytesOf(this.#database) - bytes
    if (excess <= 0) return { removed: 0 }
    const rows = Number(
      this.#database.prepare('SELECT sum(kept) AS n FROM party_of_tenant WHERE tenant = 0').get()?.['n'],
    )
    if (!(rows > 0)) return { removed: 0 }
    const each = bytesOf(this.#database) / rows
    const gone = this.#portion(Number.MAX_SAFE_INTEGER).slice(0, Math.max(1, Math.ceil(excess / each)))
    const newest = gone.at(-1)
    if (newest === undefined) return { removed: 0 }
    this.#remove(gone, { reason: 'size', policy: 'all tenants', before: newest.time }, now)
    return { removed: gone.length, place: newest }
  }

  #remove(
    gone: readonly Candidate[],
    { reason, policy, before }: { reason: 'age' | 'size'; policy: string; before: number },
    now: Date,
  ): void {
    if (gone.length === 0) return
    const numbers = gone.map(({ seq }) => seq).sort((a, b) => a - b)
    for (const seq of numbers) this.#removal.remove(seq)
    const emptied = this.#events.rollups.write()
    forgetParties(this.#database, this.#events, emptied)
    const what = {
      reason,
      policy,
      before: new Date(Math.floor(before / 1000)).toISOString(),
      ranges: rangesOf(numbers),
    }
    this.#events.note(retentionNote(this.#events.head, what, now, this.#signer))
  }

  /** The next ones by time, listed or superseded. */
  #portion(before: number, after?: RetirePlace, tenant?: number): Candidate[] {
    const table = tenant === undefined ? 'listed' : 'listed_by_tenant'
    const scope = tenant === undefined ? '' : 'tenant = ? AND '
    const place = after === undefined ? '' : 'AND time >= ? AND (time > ? OR seq > ?)'
    const one = (state: number) => `SELECT time, seq FROM ${table} WHERE ${scope}state = ${state} AND time < ? ${place}`
    const values = [
      ...(tenant === undefined ? [] : [tenant]),
      before,
      ...(after === undefined ? [] : [after.time, after.time, after.seq]),
    ]
    const rows = this.#database
      .prepare(
        `SELECT c.time, c.seq, e.tenant, e.tenants
         FROM (${one(LIVE)} UNION ALL ${one(SUPERSEDED)} ORDER BY time, seq LIMIT ${PORTION}) c
         CROSS JOIN event e ON e.seq = c.seq`,
      )
      .all(...values, ...values)
    return rows.map((row) => ({ time: Number(row['time']), seq: Number(row['seq']), tenants: tenantsOf(row) }))
  }

  #number({ cloud, id }: Tenant): number | undefined {
    const row = this.#database.prepare('SELECT id FROM tenant WHERE cloud = ? AND name = ?').get(cloud, id)
    return row === undefined ? undefined : Number(row['id'])
  }

  /** Events older than this a tenant need not keep for its own sake, by its own rule or by the one for all. */
  #letGo(tenant: number): number {
    const own = this.#database.prepare('SELECT let_go FROM tenant WHERE id = ?').get(tenant)?.['let_go']
    const text = this.#database.prepare(`SELECT value FROM meta WHERE name = 'general_rule'`).get()?.['value']
    const general = text === undefined ? undefined : (JSON.parse(String(text)) as { before: number; except: number[] })
    const byAll = general === undefined || general.except.includes(tenant) ? Number.NEGATIVE_INFINITY : general.before
    return Math.max(own === null || own === undefined ? Number.NEGATIVE_INFINITY : Number(own), byAll)
  }

  #rememberGeneral(before: number, except: readonly number[]): void {
    this.#database
      .prepare(`INSERT OR REPLACE INTO meta (name, value) VALUES ('general_rule', ?)`)
      .run(JSON.stringify({ before, except }))
  }
}

function retired(gone: readonly Candidate[], seen: readonly Candidate[]): Retired {
  const last = seen.at(-1)
  return last === undefined || seen.length < PORTION ? { removed: gone.length } : { removed: gone.length, place: last }
}
