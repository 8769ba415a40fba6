import type { Scope, StoredOperation } from '../model'
import { keptText, recordKey } from '../record/record-of'
import { type LookedUp, lookupHash } from './lookup'
import { packed, SAME } from './packed'
import type { Asking } from './plan'
import { type Sql, sql } from './sql'
import { EVENT_COLUMNS, type StoredEvents } from './stored-event'

/** By event id in any spelling, else by the id of the message; of what the scope allows. */
export function find(asking: Asking, events: StoredEvents, scope: Scope, id: string): StoredOperation | undefined {
  const key = recordKey(id)
  const sent = keptText(id)
  return (
    operation(asking, events, scope, 'event', key, sql('e.id = ?', packed(key))) ??
    operation(
      asking,
      events,
      scope,
      'message',
      sent,
      sql('(e.sent_message_id = ? OR (e.sent_message_id = ? AND e.message_id = ?))', packed(sent), SAME, packed(sent)),
    )
  )
}

function operation(
  { statements, salt }: Asking,
  events: StoredEvents,
  scope: Scope,
  what: LookedUp,
  text: string,
  same: Sql,
): StoredOperation | undefined {
  if (text === '') return undefined
  const cloud = scope.cloud === undefined ? sql('1') : sql('k.of_cloud = ?', scope.cloud)
  const rows = statements.all(
    sql(
      `SELECT ${EVENT_COLUMNS} FROM segment s CROSS JOIN lookup x ON x.segment = s.id AND x.hash = ?
       CROSS JOIN event e ON e.seq = x.seq CROSS JOIN kind k ON k.id = e.kind LEFT JOIN origin o ON o.id = e.origin
       WHERE ${same.text} AND ${cloud.text} ORDER BY e.final DESC, e.seq`,
      lookupHash(salt, what, text),
      ...same.values,
      ...cloud.values,
    ),
  )
  const { tenants } = scope
  const visible = rows
    .map((row) => events.eventOf(row))
    .filter(
      (event) =>
        tenants === 'all' ||
        [...event.tenants, ...(event.addedTenants ?? [])].some((tenant) => tenants.includes(tenant)),
    )
  const [event] = visible
  if (event === undefined) return undefined
  const pending = visible.find((one) => one.phase === 'pending' && one.id === event.id && one.cloud === event.cloud)
  return pending === undefined || pending === event ? { event } : { event, pending }
}
