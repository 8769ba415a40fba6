import type { Channel, ChannelDefinition } from '../channel'
import { JournalMemory } from '../channel-memory'
import { tellTickets } from '../tickets/tell'
import { GitHubClient } from './client'
import { readGitHubSettings } from './settings'
import { gitHubTickets } from './tickets'

/** Issues of a GitHub repository, also of GitHub Enterprise. */
export const gitHubChannel: ChannelDefinition = {
  name: 'github',
  fields: [
    { name: 'title', escape: 'none' },
    { name: 'text', escape: 'markdown' },
  ],
  // Some 500 writes an hour, 80 a minute: a report may be two.
  rate: { perSecond: 0.06, burst: 20 },
  idempotent: true,
  tickets: true,
  open(config, { http, now, memory = new JournalMemory(now) }): Channel {
    const settings = readGitHubSettings(config)
    const client = new GitHubClient(settings, http, now)
    const tickets = gitHubTickets(client, settings)
    return {
      target: settings.repository,
      send: (report, signal) => tellTickets(tickets, memory, report, now, signal),
      async test(signal) {
        const { full_name: name, has_issues: issues, permissions } = await client.get('', signal)
        const pushes = typeof permissions === 'object' && permissions !== null && 'push' in permissions
        const lacks = [
          ...(issues === false ? ['Issues are switched off there.'] : []),
          ...(pushes && permissions.push !== true ? ['It may not push, so GitHub drops its labels.'] : []),
        ]
        return [`The token sees ${String(name)}.`, ...lacks, 'Nothing was created.'].join(' ')
      },
      close: () => http.close(),
    }
  },
}
