import type { Report } from '../model'
import type { Ticket, TicketSystem } from '../tickets/ticket-system'
import { plainText, reportMark, ticketText } from '../tickets/ticket-text'
import { type Row, rowOf, type ServiceNowClient } from './client'
import { correlationId } from './correlation'
import type { ServiceNowSettings } from './settings'

interface ServiceNowTicket extends Ticket {
  /** Description and work notes, as they came. */
  readonly text: string
}

const LONGEST_TITLE = 160
/** Of `description`, which is cut without a word. */
const LONGEST_TEXT = 4000
const LOOKED_AT = 10
/** Notes of a record come only with their display value. */
const READ = {
  sysparm_fields: 'sys_id,number,active,state,correlation_id,description,work_notes',
  sysparm_display_value: 'all',
}
/** Whose value never comes back as it was sent. */
const JOURNALS = new Set(['work_notes', 'comments'])

export function serviceNowTickets(
  client: ServiceNowClient,
  settings: ServiceNowSettings,
): TicketSystem<ServiceNowTicket> {
  const { instance, table, resolvedState } = settings

  const ticketOf = (row: Row, report: Report): ServiceNowTicket | undefined => {
    const id = storedValue(row['sys_id'])
    // A column that the table lacks is no condition at all: any record may come back.
    if (id === '' || storedValue(row['correlation_id']) !== correlationId(report.ticketKey)) return undefined
    return {
      id,
      name: storedValue(row['number']) || id,
      url: `${instance}/${table}.do?sys_id=${encodeURIComponent(id)}`,
      // Resolved is active still, until it is closed.
      open: storedValue(row['active']) === 'true' && storedValue(row['state']) !== resolvedState,
      text: `${storedValue(row['description'])}\n${shownOf(row['work_notes'])}`,
    }
  }

  return {
    name: 'ServiceNow',
    // The query reads the table itself.
    lagMs: 0,

    async find(report, wanted, signal) {
      const conditions = [`correlation_id=${correlationId(report.ticketKey)}`]
      if (wanted === 'open') conditions.push('active=true')
      const sysparm_query = `${conditions.join('^')}^ORDERBYDESCsys_created_on`
      const rows = await client.query({ sysparm_query, ...READ, sysparm_limit: String(LOOKED_AT) }, signal)
      return rows.flatMap((row) => ticketOf(row, report) ?? [])
    },

    async fetch(id, report, signal) {
      const row = await client.get(id, READ, signal)
      return row === undefined ? undefined : ticketOf(row, report)
    },

    holds: async ({ text }, report) => text.includes(reportMark(report)),

    async open(report, signal) {
      const text = ticketText(report, LONGEST_TITLE)
      const row = {
        ...settings.fields(report),
        short_description: text.title,
        description: plainText(text, LONGEST_TEXT),
        urgency: settings.urgency(report),
        impact: settings.impact(report),
        correlation_id: correlationId(report.ticketKey),
        correlation_display: 'openstack-events',
      }
      const display = settings.displayValues ? { sysparm_input_display_value: 'true' } : {}
      const stored = await client.insert(row, { sysparm_exclude_reference_link: 'true', ...display }, signal)
      const id = storedValue(stored['sys_id'])
      const url = `${instance}/${table}.do?sys_id=${encodeURIComponent(id)}`
      const ticket = { id, name: storedValue(stored['number']) || id, url, open: true, text: '' }
      return { ticket, incomplete: droppedText(row, stored) }
    },

    async comment(ticket, report, signal) {
      const text = ticketText(report, LONGEST_TITLE)
      const work_notes = `${text.title}\n\n${plainText(text, LONGEST_TEXT)}`
      const stored = await client.update(ticket.id, { work_notes }, READ, signal)
      const kept = shownOf(stored['work_notes']).includes(reportMark(report))
      return { ticket, ...(kept ? {} : { incomplete: 'ServiceNow did not give back: work_notes' }) }
    },

    async resolve(ticket, report, signal) {
      const row = {
        state: resolvedState,
        close_code: settings.closeCode,
        close_notes: ticketText({ ...report, filled: {}, title: settings.closeNotes(report) }, 4000).title,
      }
      const stored = await client.update(ticket.id, row, { sysparm_exclude_reference_link: 'true' }, signal)
      const resolved = storedValue(stored['state']) === resolvedState
      return { ticket, resolved, incomplete: droppedText(row, stored) }
    },
  }
}

/** An access rule drops a field, and so does a table that lacks it, and the answer is 201 all the same. */
function droppedText(sent: Row, stored: Row): string | undefined {
  const dropped = Object.entries(sent)
    .filter(([name, value]) => !JOURNALS.has(name) && storedValue(value) !== '' && storedValue(stored[name]) === '')
    .map(([name]) => name)
  if (typeof sent['state'] === 'string' && storedValue(stored['state']) !== sent['state']) dropped.push('state')
  if (dropped.length === 0) return undefined
  return `ServiceNow did not store: ${[...new Set(dropped)].join(', ')} (an access rule, or the table lacks them)`
}

/** Of a plain value, or of `{value, display_value}`. */
function storedValue(field: unknown): string {
  const value = typeof field === 'object' ? rowOf(field)['value'] : field
  return value === undefined || value === null ? '' : String(value)
}

function shownOf(field: unknown): string {
  const shown = rowOf(field)['display_value'] ?? field
  return typeof shown === 'string' ? shown : ''
}
