import { createHash, randomBytes } from 'node:crypto'
import type { LabClock } from '../clock'

/** A record: values as text, as the Table API gives them; journals apart. */
export interface ServiceNowRecord {
  readonly values: Record<string, string>
  readonly notes: { readonly at: Date; readonly text: string }[]
}

/** Columns of the table that hold what was sent, with the length they are cut at. */
const COLUMNS: Readonly<Record<string, number>> = {
  short_description: 160,
  description: 4000,
  urgency: 40,
  impact: 40,
  category: 40,
  assignment_group: 100,
  correlation_id: 100,
  correlation_display: 100,
  state: 40,
  close_code: 40,
  close_notes: 4000,
}

/** An instance with one table, as administrators set it up: what tests change is public. */
export class ServiceNowInstance {
  readonly user = 'soc.bot'
  readonly password = 'pocket-snow-password'
  readonly clientId = 'pocketclient'
  readonly clientSecret = 'pocket-snow-client-secret'
  readonly table = 'incident'
  readonly records: ServiceNowRecord[] = []
  /** Fields that an access rule drops without a word. */
  droppedFields: string[] = []
  /** A data policy: a resolved incident needs its code and notes. */
  demandsCloseNotes = true
  /** Requests an hour; then 429. */
  hourly = 100_000
  readonly tokens = new Set<string>()
  readonly #clock: LabClock
  #hour = { begins: 0, used: 0 }

  constructor(clock: LabClock) {
    this.#clock = clock
  }

  insert(sent: Readonly<Record<string, unknown>>): ServiceNowRecord {
    const number = this.records.length + 1
    const record: ServiceNowRecord = {
      values: {
        sys_id: createHash('md5').update(`incident ${number}`).digest('hex'),
        number: `INC${String(10_000 + number).padStart(7, '0')}`,
        state: '1',
        active: 'true',
        sys_created_on: this.#clock.now().toISOString(),
      },
      notes: [],
    }
    this.records.push(record)
    this.update(record, sent)
    return record
  }

  update(record: ServiceNowRecord, sent: Readonly<Record<string, unknown>>): void {
    for (const [name, value] of Object.entries(sent)) {
      if (this.droppedFields.includes(name)) continue
      if (name === 'work_notes') record.notes.unshift({ at: this.#clock.now(), text: String(value) })
      const longest = COLUMNS[name]
      if (longest !== undefined) record.values[name] = String(value).slice(0, longest)
    }
    record.values['active'] = String(!['7', '8'].includes(record.values['state'] ?? ''))
  }

  find(id: string): ServiceNowRecord | undefined {
    return this.records.find(({ values }) => values['sys_id'] === id)
  }

  has(column: string): boolean {
    return column in COLUMNS || ['sys_id', 'number', 'active', 'sys_created_on'].includes(column)
  }

  newToken(): string {
    const token = randomBytes(24).toString('base64url')
    this.tokens.add(token)
    return token
  }

  /** Counts a request against the rule of the hour. @returns seconds since 1970 when it ends, and whether it was one too many */
  count(): { readonly reset: number; readonly over: boolean } {
    const hour = 3_600_000
    const begins = Math.floor(this.#clock.now().getTime() / hour) * hour
    if (this.#hour.begins !== begins) this.#hour = { begins, used: 0 }
    this.#hour.used += 1
    return { reset: (begins + hour) / 1000, over: this.#hour.used > this.hourly }
  }
}
