import { DEMO_ROUTING_KEY } from '../../lab/pagerduty/service'
import { DEMO_SLACK } from '../../lab/slack/service'
import { demoSns } from '../../lab/sns/service'
import { DEMO_TEAMS } from '../../lab/teams/service'
import { describeError } from '../../src/errors/operator-error'
import type { Clock } from '../../src/http/retry'
import { undiciClient } from '../../src/http/undici-client'
import type { Journal } from '../../src/journal/journal'
import { SentOnce } from '../../src/journal/sent-once'
import { memberOf } from '../../src/message/members'
import type { OccurrenceMessage } from '../../src/message/model'
import type { ChannelConfig, ChannelDefinition } from '../../src/notify/channel'
import { JournalMemory } from '../../src/notify/channel-memory'
import { composer } from '../../src/notify/compose'
import { noCounts } from '../../src/notify/counters'
import { NotifyDispatcher } from '../../src/notify/dispatcher'
import { emailChannel } from '../../src/notify/email/email'
import { gitHubChannel } from '../../src/notify/github/github'
import { jiraChannel } from '../../src/notify/jira/jira'
import { pagerDutyChannel } from '../../src/notify/pagerduty/pagerduty'
import { Sender } from '../../src/notify/sender'
import { serviceNowChannel } from '../../src/notify/servicenow/servicenow'
import { readNotifySettings } from '../../src/notify/settings'
import { slackChannel } from '../../src/notify/slack/slack'
import { snsChannel } from '../../src/notify/sns/sns'
import { teamsChannel } from '../../src/notify/teams/teams'
import { webhookChannel } from '../../src/notify/webhook/webhook'
import type { Timers } from '../../src/time/timers'
import type { WorkerTask } from './day-terms'

/** A channel with all that a notifying node has around it. */
export interface Way {
  /** Rejects as a notifying node fails. */
  tell(message: OccurrenceMessage): Promise<unknown>
  close(): Promise<void>
}

export interface Ways {
  readonly tickets: readonly Way[]
  readonly alerts: readonly Way[]
}

/** All channels of the day, open. */
export async function openWays(
  { urls, ...task }: WorkerTask,
  journal: Journal,
  clock: Clock & Timers,
  log: (text: string) => void,
): Promise<Ways> {
  const way = (channel: ChannelDefinition, settings: ChannelConfig['settings'], credentials: Record<string, string>) =>
    openWay(channel, { settings, credentials }, journal, clock, log)
  const jira = { site: urls.jira, project: 'SEC', user: task.jira.user }
  const slack = { api: `${urls.slack}/api`, channel: DEMO_SLACK.channel }
  const sns = { accessKeyId: demoSns.accessKeyId, secretAccessKey: demoSns.secretAccessKey }
  const mail = {
    ...{ host: '127.0.0.1', port: String(task.smtpPort), security: 'none', auth: 'none' },
    ...{ from: 'audit@example.net', to: 'soc@example.net' },
  }
  return {
    tickets: await Promise.all([
      way(jiraChannel, jira, { token: task.jira.token }),
      way(
        serviceNowChannel,
        { instance: urls.servicenow, user: task.serviceNow.user },
        { password: task.serviceNow.password },
      ),
      way(gitHubChannel, { repository: task.gitHub.repository, api: urls.github }, { token: task.gitHub.token }),
    ]),
    alerts: await Promise.all([
      way(pagerDutyChannel, { region: 'other', host: urls.pagerduty }, { routingKey: DEMO_ROUTING_KEY }),
      way(slackChannel, slack, { botToken: DEMO_SLACK.token }),
      way(teamsChannel, { channel: 'SOC' }, { webhookUrl: `${urls.teams}${DEMO_TEAMS.hook}` }),
      way(emailChannel, mail, {}),
      way(snsChannel, { way: 'topic', topic: demoSns.topic, api: urls.sns }, sns),
      way(webhookChannel, { url: `${urls.webhook}/`, allowHttp: true }, {}),
    ]),
  }
}

async function openWay(
  channel: ChannelDefinition,
  config: ChannelConfig,
  journal: Journal,
  clock: Clock & Timers,
  log: (text: string) => void,
): Promise<Way> {
  const owner = `notify-${channel.name}`
  const onTrouble = (thrown: unknown) => log(`${owner}: ${describeError(thrown)}`)
  const memory = new JournalMemory(clock.now)
  memory.keepIn(journal, owner, onTrouble)
  const open = channel.open(config, { http: undiciClient(), now: clock.now, memory })
  const words = composer(readNotifySettings({}, channel), channel, undefined, () => open.target)
  const sender = new Sender({
    ...{ channel: open, rate: channel.rate, clock, repeatUnknown: channel.idempotent },
    onWay: (state) => {
      if (state.kind === 'refused') log(`${owner}: ${state.reason}`)
    },
  })
  const dispatcher = new NotifyDispatcher({
    ...{ sender, throttle: undefined, throttleKey: () => '', passes: () => true, counts: noCounts() },
    sentOnce: await SentOnce.load(journal, owner, clock, onTrouble),
    ...{ now: clock.now, onTrouble },
  })
  return {
    tell: (message) => dispatcher.dispatch(words.compose([memberOf(message)]), undefined, () => {}),
    close: () => sender.close(),
  }
}
