import type { Report } from '../model'
import { ticketLabel } from '../tickets/marks'
import type { Ticket, TicketSystem } from '../tickets/ticket-system'
import { reportMark } from '../tickets/ticket-text'
import { type GitHubClient, type GitHubObject, objectOf, strange } from './client'
import { issueText } from './markdown'
import type { GitHubSettings } from './settings'

interface GitHubTicket extends Ticket {
  readonly body: string
  readonly comments: number
}

const PAGE = 100
/** Lists read a copy that may be behind by some seconds. */
const LAG_MS = 10_000
/** If the last page of the comments has fewer, the page before is looked at, too. */
const FEW = 20

export function gitHubTickets(client: GitHubClient, settings: GitHubSettings): TicketSystem<GitHubTicket> {
  const issuePath = (id: string) => `/issues/${encodeURIComponent(id)}`
  return {
    name: 'GitHub',
    lagMs: LAG_MS,

    async find(report, wanted, signal) {
      const query = new URLSearchParams({
        labels: ticketLabel(report.ticketKey),
        state: wanted === 'open' ? 'open' : 'all',
        sort: 'created',
        direction: 'desc',
        per_page: String(PAGE),
      })
      const issues = await client.list(`/issues?${query}`, signal)
      // Pull requests are issues, too.
      return issues.filter((issue) => issue['pull_request'] === undefined).map(ticketOf)
    },

    async fetch(id, report, signal) {
      const issue = await client.find(issuePath(id), signal)
      if (issue === undefined) return undefined
      const label = ticketLabel(report.ticketKey)
      const ticket = ticketOf(issue)
      // Who may not set labels loses them without a word: the text says whose it is.
      return namesOf(issue['labels'], 'name').includes(label) || ticket.body.includes(label) ? ticket : undefined
    },

    async holds({ id, body, comments }, report, signal) {
      const mark = reportMark(report)
      if (body.includes(mark)) return true
      const last = Math.ceil(comments / PAGE)
      const pages = last > 1 && comments % PAGE > 0 && comments % PAGE < FEW ? [last, last - 1] : [last]
      for (const page of pages.filter((each) => each > 0)) {
        const found = await client.list(`${issuePath(id)}/comments?per_page=${PAGE}&page=${page}`, signal)
        if (found.some((comment) => String(comment['body'] ?? '').includes(mark))) return true
      }
      return false
    },

    async open(report, signal) {
      const labels = [...new Set([...settings.labels, ticketLabel(report.ticketKey)])]
      const { assignees } = settings
      const issue = await client.write('POST', '/issues', { ...issueText(report), labels, assignees }, signal)
      if (typeof issue['number'] !== 'number') throw strange('unknown', 'the creation of an issue without its number')
      return { ticket: ticketOf(issue), incomplete: droppedText(issue, labels, assignees) }
    },

    async comment(ticket, report, signal) {
      const { title, body } = issueText(report)
      await client.write('POST', `${issuePath(ticket.id)}/comments`, { body: commentBody(title, body) }, signal)
      return { ticket }
    },

    async resolve(ticket, _report: Report, signal) {
      const closing = { state: 'closed', state_reason: 'completed' }
      const issue = await client.write('PATCH', issuePath(ticket.id), closing, signal)
      return { ticket: ticketOf(issue) }
    },
  }
}

/** A title needs no escape, as it is no Markdown; in a comment it is. */
function commentBody(title: string, body: string): string {
  const longest = Math.max(...[...title.matchAll(/`+/g)].map(([ticks]) => ticks.length), 0)
  const fence = '`'.repeat(longest + 1)
  return `${fence} ${title} ${fence}\n\n${body}`
}

function ticketOf(issue: GitHubObject): GitHubTicket {
  const number = String(issue['number'])
  const { html_url: url, body, comments, state } = issue
  return {
    id: number,
    name: `#${number}`,
    ...(typeof url === 'string' ? { url } : {}),
    open: state === 'open',
    body: typeof body === 'string' ? body : '',
    comments: typeof comments === 'number' ? comments : 0,
  }
}

/** Labels and assignees of somebody without the right to push are dropped, and the answer is 201 all the same. */
function droppedText(issue: GitHubObject, labels: readonly string[], assignees: readonly string[]): string | undefined {
  const stored = new Set([...namesOf(issue['labels'], 'name'), ...namesOf(issue['assignees'], 'login')])
  const dropped = [...labels, ...assignees].filter((name) => !stored.has(name.toLowerCase()) && !stored.has(name))
  if (dropped.length === 0) return undefined
  return `GitHub did not set: ${dropped.join(', ')} (the token needs the right to push; without the label an issue is found only by this node)`
}

function namesOf(list: unknown, member: 'name' | 'login'): string[] {
  return Array.isArray(list) ? list.map((each) => String(objectOf(each)[member])) : []
}
