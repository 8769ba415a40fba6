import { NotifyError } from '../channel'
import type { Report } from '../model'
import { ticketLabel } from '../tickets/marks'
import type { Done, Ticket, TicketSystem } from '../tickets/ticket-system'
import { reportMark, ticketText } from '../tickets/ticket-text'
import { adfDocument } from './adf'
import type { JiraClient, JiraObject } from './client'
import type { JiraSettings } from './settings'
import { wikiMarkup } from './wiki'

interface JiraTicket extends Ticket {
  /** A document or wiki markup, as JSON text. */
  readonly description: string
}

/** Summaries are one line of at most so many characters. */
const LONGEST_SUMMARY = 255
/** The index of a large site takes some seconds to show what was made. */
const INDEX_LAG_MS = 30_000
const LOOKED_AT = 5
/** A repetition comes soon: older comments are other reports'. */
const COMMENTS = 100

export function jiraTickets(client: JiraClient, settings: JiraSettings): TicketSystem<JiraTicket> {
  const body = (report: Report) => {
    const text = ticketText(report, LONGEST_SUMMARY)
    return { summary: text.title, text: settings.kind === 'cloud' ? adfDocument(text) : wikiMarkup(text) }
  }
  const issuePath = (id: string) => `/issue/${encodeURIComponent(id)}`
  const ticketOf = (key: string, fields: JiraObject): JiraTicket => ({
    id: key,
    name: key,
    ...(linkable(settings.site) ? { url: `${settings.site}/browse/${encodeURIComponent(key)}` } : {}),
    open: categoryOf(fields['status']) !== 'done',
    description: JSON.stringify(fields['description'] ?? ''),
  })

  const fetch = async (id: string, report: Report, signal?: AbortSignal) => {
    const issue = await client.read(`${issuePath(id)}?fields=status,labels,description`, signal, 'may be missing')
    const fields = objectOf(issue?.['fields'])
    const labels = fields['labels']
    if (!Array.isArray(labels) || !labels.includes(ticketLabel(report.ticketKey))) return undefined
    return ticketOf(String(issue?.['key'] ?? id), fields)
  }

  return {
    name: 'Jira',
    lagMs: INDEX_LAG_MS,
    fetch,

    async find(report, wanted, signal) {
      const parts = [`project = ${jqlString(settings.project)}`, `labels = ${jqlString(ticketLabel(report.ticketKey))}`]
      if (wanted === 'open') parts.push('statusCategory != Done')
      const jql = `${parts.join(' AND ')} ORDER BY created DESC`
      const path = settings.kind === 'cloud' ? '/search/jql' : '/search'
      const { issues } = await client.search(path, { jql, fields: ['status'], maxResults: LOOKED_AT }, signal)
      // Taken for an empty list, it would open a second ticket.
      if (!Array.isArray(issues)) throw strange('config', 'a search without a list of issues')
      const found: JiraTicket[] = []
      for (const issue of issues) {
        // The index may be late: the issue itself knows whether it is still open.
        const ticket = await fetch(String(objectOf(issue)['key']), report, signal)
        if (ticket !== undefined) found.push(ticket)
      }
      return found
    },

    async holds({ id, description }, report, signal) {
      const mark = reportMark(report)
      if (description.includes(mark)) return true
      const answer = await client.read(`${issuePath(id)}/comment?orderBy=-created&maxResults=${COMMENTS}`, signal)
      return JSON.stringify(answer?.['comments'] ?? []).includes(mark)
    },

    async open(report, signal) {
      const { summary, text } = body(report)
      const priority = settings.priority(report)
      const { key } = await client.write(
        '/issue',
        {
          fields: {
            ...settings.fields(report),
            project: byIdOr('key', settings.project),
            issuetype: byIdOr('name', settings.issueType),
            ...(priority === '' ? {} : { priority: byIdOr('name', priority) }),
            summary,
            description: text,
            labels: [...new Set([...settings.labels, ticketLabel(report.ticketKey)])],
          },
        },
        signal,
      )
      if (typeof key !== 'string' || key === '') throw strange('unknown', 'the creation of an issue without its key')
      return { ticket: { ...ticketOf(key, {}), description: '' } }
    },

    async comment(ticket, report, signal) {
      const { text } = body(report)
      await client.write(`${issuePath(ticket.id)}/comment`, { body: text }, signal)
      return { ticket }
    },

    async resolve(ticket, _report, signal): Promise<Done<JiraTicket>> {
      const { transitions } = (await client.read(`${issuePath(ticket.id)}/transitions`, signal)) ?? {}
      const offered = (Array.isArray(transitions) ? transitions : []).map(objectOf)
      const { transition, resolution } = settings
      const chosen = offered.find((each) =>
        transition === ''
          ? categoryOf(each['to']) === 'done'
          : String(each['name']).toLowerCase() === transition.toLowerCase(),
      )
      if (chosen === undefined) {
        const wanted = transition === '' ? 'no transition leads to a status of the category Done' : 'no such transition'
        const names = offered.map(({ name }) => String(name)).join(', ')
        return { ticket, resolved: false, incomplete: `not resolved: ${wanted}; there are: ${names}` }
      }
      await client.write(
        `${issuePath(ticket.id)}/transitions`,
        {
          transition: { id: String(chosen['id']) },
          ...(resolution === '' ? {} : { fields: { resolution: { name: resolution } } }),
        },
        signal,
      )
      return { ticket }
    },
  }
}

/** A string of JQL: in quotes, which and backslashes are escaped. */
export function jqlString(text: string): string {
  return `"${text.replace(/[\\"]/g, (character) => `\\${character}`)}"`
}

function strange(kind: 'config' | 'unknown', what: string): NotifyError {
  return new NotifyError(kind, `Jira answered ${what}.`, {
    remedy: 'Check the address; something may be in between that answers in place of Jira.',
  })
}

function byIdOr(word: 'key' | 'name', value: string): object {
  return /^\d+$/.test(value) ? { id: value } : { [word]: value }
}

/** `new`, `indeterminate` or `done`, of a status. */
function categoryOf(status: unknown): string {
  return String(objectOf(objectOf(status)['statusCategory'])['key'] ?? '')
}

/** The gateway of Atlassian's API is no place for people. */
function linkable(site: string): boolean {
  return !site.startsWith('https://api.atlassian.com/')
}

function objectOf(value: unknown): JiraObject {
  return typeof value === 'object' && value !== null ? (value as JiraObject) : {}
}
