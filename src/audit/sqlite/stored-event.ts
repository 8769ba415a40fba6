import type { KeptNotification, StoredEvent } from '../model'
import { addedTenants, hashedTenants } from './listed'
import { type Packed, unpacked, unpackedStamp } from './packed'
import { marks, type Statements, sql } from './sql'

const COLUMNS = `e.seq, e.time, e.final, e.id, e.tenant, e.tenants, e.sent_message_id, e.message_id, e.sent_at, e.sent_text,
  e.added, e.body, k.of_cloud, o.event_type, o.publisher, o.priority`

/** Rows of events as they were given. */
export class StoredEvents {
  readonly #statements: Statements
  readonly #tenants = new Map<number, string>()

  constructor(statements: Statements) {
    this.#statements = statements
  }

  /** In the order of the numbers; what retention has removed in between is left out. */
  read(numbers: readonly number[]): StoredEvent[] {
    if (numbers.length === 0) return []
    const found = new Map<number, StoredEvent>()
    for (let begin = 0; begin < numbers.length; begin += 100) {
      const some = numbers.slice(begin, begin + 100)
      // Two statements suffice for pages of any length.
      const width = some.length <= 10 ? 10 : 100
      const rows = this.#statements.all(
        sql(
          `SELECT ${COLUMNS} FROM event e CROSS JOIN kind k ON k.id = e.kind LEFT JOIN origin o ON o.id = e.origin
           WHERE e.seq IN (${marks(width)})`,
          ...some,
          ...Array(width - some.length).fill(null),
        ),
      )
      for (const row of rows) found.set(Number(row['seq']), this.eventOf(row))
    }
    return numbers.flatMap((seq) => found.get(seq) ?? [])
  }

  eventOf(row: Readonly<Record<string, unknown>>): StoredEvent {
    const { added } = row
    const time = Number(row['time'])
    const event: StoredEvent = {
      sequence: Number(row['seq']),
      cloud: String(row['of_cloud']),
      id: unpacked(row['id'] as Packed),
      phase: row['final'] === 1 ? 'final' : 'pending',
      time,
      body: String(row['body']),
      notification: notificationOf(row, time),
      tenants: hashedTenants(row).map((tenant) => this.#tenant(tenant)),
    }
    const names = typeof added === 'string' ? addedOf(added) : undefined
    const later = addedTenants(row)
    if (names === undefined && later.length === 0) return event
    return {
      ...event,
      ...(names === undefined ? {} : { added: names }),
      ...(later.length === 0 ? {} : { addedTenants: later.map((tenant) => this.#tenant(tenant)) }),
    }
  }

  #tenant(number: number): string {
    let name = this.#tenants.get(number)
    if (name === undefined) {
      name = String(this.#statements.get(sql('SELECT name FROM tenant WHERE id = ?', number))?.['name'])
      if (this.#tenants.size > 100_000) this.#tenants.clear()
      this.#tenants.set(number, name)
    }
    return name
  }
}

/** It is not in the hash: whatever somebody has made of it must not keep the event from being read. */
function addedOf(text: string): Record<string, string> | undefined {
  try {
    return JSON.parse(text) as Record<string, string>
  } catch {
    return undefined
  }
}

export const EVENT_COLUMNS: string = COLUMNS

function notificationOf(row: Readonly<Record<string, unknown>>, time: number): KeptNotification {
  const { sent_message_id: id, event_type: eventType, publisher, priority, sent_at: at, sent_text: text } = row
  const stamp = at ?? text
  const messageId = id instanceof Uint8Array && id.length === 1 ? row['message_id'] : id
  return {
    ...(messageId === null ? {} : { messageId: unpacked(messageId as Packed) }),
    ...(eventType === null ? {} : { eventType: String(eventType) }),
    ...(publisher === null ? {} : { publisherId: String(publisher) }),
    ...(priority === null ? {} : { priority: String(priority) }),
    ...(stamp === null ? {} : { timestamp: unpackedStamp(stamp as number | string, time) }),
  }
}
