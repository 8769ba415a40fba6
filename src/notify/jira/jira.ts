import type { Channel, ChannelDefinition } from '../channel'
import { JournalMemory } from '../channel-memory'
import { cut } from '../cut'
import type { Report } from '../model'
import { tellTickets } from '../tickets/tell'
import { JiraClient } from './client'
import { readJiraSettings } from './settings'
import { jiraTickets } from './tickets'

/** Issues of Jira Cloud and Data Center. */
export const jiraChannel: ChannelDefinition = {
  name: 'jira',
  // Both are plain text: the document or the markup around them is built in code.
  fields: [
    { name: 'title', escape: 'none' },
    { name: 'text', escape: 'none' },
  ],
  // Atlassian publishes no number; a report takes up to four requests.
  rate: { perSecond: 5, burst: 10 },
  idempotent: true,
  tickets: true,
  open(config, { http, now, memory = new JournalMemory(now) }): Channel {
    const settings = readJiraSettings(config)
    const client = new JiraClient(settings, http, now)
    const tickets = jiraTickets(client, settings)
    return {
      target: `Jira ${cut(settings.project, 40)}`,
      send: (report: Report, signal) => tellTickets(tickets, memory, report, now, signal),
      async test(signal) {
        const who = await client.read('/myself', signal)
        const project = await client.read(`/project/${encodeURIComponent(settings.project)}`, signal)
        const types = Array.isArray(project?.['issueTypes']) ? (project['issueTypes'] as { name?: unknown }[]) : []
        const names = types.map(({ name }) => String(name))
        const known = /^\d+$/.test(settings.issueType) || names.includes(settings.issueType)
        const type = known ? '' : ` It has no issue type ${settings.issueType}: ${names.join(', ')}.`
        return `${String(who?.['displayName'] ?? 'The user')} sees project ${String(project?.['name'])}.${type} Nothing was created.`
      },
      close: () => http.close(),
    }
  },
}
