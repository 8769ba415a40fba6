import type { DatabaseSync, StatementSync } from 'node:sqlite'
import { LOOKED_UP } from './columns'
import { LIVE, tenantsOf } from './listed'
import { type LookedUp, lookupHash, segmentOf } from './lookup'
import { type Packed, unpacked } from './packed'
import { EVERYBODY, type Rollups } from './rollup'
import type { Meta } from './schema'

/** Takes one event out of every table but the chain. */
export class Removal {
  readonly #meta: Meta
  readonly #rollups: Rollups
  readonly #read: StatementSync
  readonly #state: StatementSync
  readonly #unlist: StatementSync
  readonly #stateOfTenant: StatementSync
  readonly #unlistOfTenant: StatementSync
  readonly #unlookUp: StatementSync
  readonly #rest: readonly StatementSync[]

  constructor(database: DatabaseSync, meta: Meta, rollups: Rollups) {
    this.#meta = meta
    this.#rollups = rollups
    this.#read = database.prepare(
      `SELECT time, kind, party, tenant, tenants, id, sent_message_id, message_id, ${LOOKED_UP.join(', ')} FROM event
       WHERE seq = ?`,
    )
    const place = 'state IN (0, 1) AND time = ? AND seq = ?'
    this.#state = database.prepare(`SELECT state FROM listed WHERE ${place}`)
    this.#unlist = database.prepare(`DELETE FROM listed WHERE ${place}`)
    this.#stateOfTenant = database.prepare(`SELECT state FROM listed_by_tenant WHERE tenant = ? AND ${place}`)
    this.#unlistOfTenant = database.prepare(`DELETE FROM listed_by_tenant WHERE tenant = ? AND ${place}`)
    this.#unlookUp = database.prepare('DELETE FROM lookup WHERE segment = ? AND hash = ? AND seq = ?')
    this.#rest = [
      database.prepare('DELETE FROM superseded WHERE seq = ?'),
      database.prepare('DELETE FROM awaiting WHERE seq = ?'),
      ...(meta.fullText ? [database.prepare('DELETE FROM words WHERE rowid = ?')] : []),
      database.prepare('DELETE FROM event WHERE seq = ?'),
    ]
  }

  /** Within a transaction, at whose end the counts are written. */
  remove(seq: number): void {
    const row = this.#read.get(seq)
    if (row === undefined) return
    const time = Number(row['time'])
    const kind = Number(row['kind'])
    const party = Number(row['party'])
    this.#rollups.keep(party, -1)
    if (this.#state.get(time, seq)?.['state'] === LIVE) this.#rollups.count(EVERYBODY, time, kind, party, -1)
    this.#unlist.run(time, seq)
    for (const tenant of tenantsOf(row)) {
      const state = this.#stateOfTenant.get(tenant, time, seq)?.['state']
      if (state === LIVE) this.#rollups.count(tenant, time, kind, party, -1)
      this.#unlistOfTenant.run(tenant, time, seq)
    }
    this.#forget('event', row['id'], seq)
    const sent = row['sent_message_id']
    this.#forget('message', sent instanceof Uint8Array && sent.length === 1 ? row['message_id'] : sent, seq)
    for (const name of LOOKED_UP) this.#forget(name, row[name], seq)
    for (const statement of this.#rest) statement.run(seq)
  }

  #forget(what: LookedUp, value: unknown, seq: number): void {
    if (value === null || value === undefined) return
    this.#unlookUp.run(segmentOf(seq), lookupHash(this.#meta.salt, what, unpacked(value as Packed)), seq)
  }
}
