import type { Channel, ChannelDefinition } from '../channel'
import { JournalMemory } from '../channel-memory'
import { tellTickets } from '../tickets/tell'
import { ServiceNowClient } from './client'
import { readServiceNowSettings } from './settings'
import { serviceNowTickets } from './tickets'

/** Records of a ServiceNow table, incidents by default. */
export const serviceNowChannel: ChannelDefinition = {
  name: 'servicenow',
  // Both are plain text: the table knows no markup.
  fields: [
    { name: 'title', escape: 'none' },
    { name: 'text', escape: 'none' },
  ],
  // Rules are an instance's own; their answers say how long to wait.
  rate: { perSecond: 5, burst: 10 },
  idempotent: true,
  tickets: true,
  open(config, { http, now, memory = new JournalMemory(now) }): Channel {
    const settings = readServiceNowSettings(config)
    const client = new ServiceNowClient(settings, http, now)
    const tickets = serviceNowTickets(client, settings)
    const { host } = new URL(settings.instance)
    return {
      target: `${host} ${settings.table}`,
      send: (report, signal) => tellTickets(tickets, memory, report, now, signal),
      async test(signal) {
        await client.query({ sysparm_limit: '1', sysparm_fields: 'sys_id' }, signal)
        return `The user may read ${settings.table}. Whether it may write shows with the first record; nothing was created.`
      },
      close: () => http.close(),
    }
  },
}
