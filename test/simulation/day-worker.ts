// A process of the simulated day: the poller, the notifying channels and the audit store as the nodes put them together, with a
// journal and a store on disk. It is killed at any moment, and started again on the same files.
import { randomUUID } from 'node:crypto'
import { join } from 'node:path'
import { DEMO_PCE_KEY } from '../../lab/illumio/service'
import { DEMO_SLACK } from '../../lab/slack/service'
import { Intake } from '../../src/audit/intake/intake'
import { openSqliteStore } from '../../src/audit/sqlite/open'
import { openTrail } from '../../src/audit/trail/open'
import type { DeliverySource, Settlement } from '../../src/delivery/service'
import { describeError, OperatorError } from '../../src/errors/operator-error'
import { undiciClient } from '../../src/http/undici-client'
import { PceClient } from '../../src/illumio/client'
import { Cursor } from '../../src/illumio/cursor'
import { Poller } from '../../src/illumio/poller'
import type { Journal } from '../../src/journal/journal'
import { jsonLinesFile } from '../../src/journal/json-lines-file'
import { SentOnce } from '../../src/journal/sent-once'
import { openJournal } from '../../src/journal/sqlite-journal'
import { memberOf } from '../../src/message/members'
import type { OccurrenceMessage } from '../../src/message/model'
import type { ChannelDefinition } from '../../src/notify/channel'
import { JournalMemory } from '../../src/notify/channel-memory'
import { composer } from '../../src/notify/compose'
import { noCounts } from '../../src/notify/counters'
import { NotifyDispatcher } from '../../src/notify/dispatcher'
import { jiraChannel } from '../../src/notify/jira/jira'
import { Sender } from '../../src/notify/sender'
import { serviceNowChannel } from '../../src/notify/servicenow/servicenow'
import { readNotifySettings } from '../../src/notify/settings'
import { slackChannel } from '../../src/notify/slack/slack'
import { webhookChannel } from '../../src/notify/webhook/webhook'
import { systemTimers } from '../../src/time/timers'
import { type FastTime, fastClock } from './fast-clock'

export interface WorkerTask {
  readonly time: FastTime
  readonly folder: string
  readonly urls: Readonly<Record<'illumio' | 'jira' | 'servicenow' | 'slack' | 'webhook', string>>
  readonly jira: { readonly user: string; readonly token: string }
  readonly serviceNow: { readonly user: string; readonly password: string }
}

/** What it tells its parent. */
export interface WorkerNews {
  readonly open: number
  readonly caughtUp: boolean
}

const task = JSON.parse(process.argv[2] ?? '') as WorkerTask
const clock = fastClock(task.time)
const { urls } = task

async function main(): Promise<void> {
  const journal = await openJournal(join(task.folder, 'journal.sqlite'), () => new Date(clock.now()))
  const store = await openSqliteStore({ path: join(task.folder, 'audit.sqlite'), fullText: false })
  const trail = await openTrail({
    ...{ store, cloud: 'pce', timers: systemTimers, random: Math.random, uuid: randomUUID },
  })
  const intake = new Intake({
    keep: (occurrences) => trail.keep(occurrences),
    ...{ timers: systemTimers, random: Math.random, soon: setImmediate, onState: () => {} },
  })
  const jira = await way(journal, jiraChannel, {
    settings: { site: urls.jira, project: 'SEC', user: task.jira.user },
    credentials: { token: task.jira.token },
  })
  const serviceNow = await way(journal, serviceNowChannel, {
    settings: { instance: urls.servicenow, user: task.serviceNow.user },
    credentials: { password: task.serviceNow.password },
  })
  const slack = await way(journal, slackChannel, {
    settings: { api: `${urls.slack}/api`, channel: DEMO_SLACK.channel },
    credentials: { botToken: DEMO_SLACK.token },
  })
  const hook = await way(journal, webhookChannel, {
    settings: { url: `${urls.webhook}/`, allowHttp: true },
    credentials: {},
  })
  const ways = [jira, serviceNow, slack, hook]

  /** The flow: everything to the store, provisionings to both ticket systems, tampering to people and to a hook. */
  async function flow(message: OccurrenceMessage): Promise<void> {
    const { event, notification, topic } = message
    const to = topic === 'sec_policy.create' ? [jira, serviceNow] : topic === 'agent.tampering' ? [slack, hook] : []
    const [taken] = await Promise.all([
      intake.take({ occurrences: [{ event, notification }], onWait: () => {} }),
      ...to.map(({ tell }) => tell(message)),
    ])
    // It was not stored: the process ends. A node's delivery has gone back to its source by then.
    if (taken === 'withdrawn') throw new OperatorError('WITHDRAWN', 'The process ends.', { retryable: true })
  }

  const waiting = new Map<string, (settlement: Settlement) => void>()
  const deliveries = {
    open(onSettled: (settlement: Settlement) => void) {
      const token = randomUUID()
      waiting.set(token, onSettled)
      return { token, sent: () => {} }
    },
  } as unknown as DeliverySource
  const client = new PceClient(
    { origin: urls.illumio, org: 7, key: DEMO_PCE_KEY.key, secret: DEMO_PCE_KEY.secret },
    undiciClient(),
    clock,
  )
  const poller = new Poller({
    ...{ client, clock, deliveries, intervalMs: 10_000, overlapMs: 120_000, pageSize: 1000 },
    ...{ first: { from: task.time.began - 3_600_000 }, retentionMs: 30 * 86_400_000, window: 250, attempts: 5 },
    ...{ watchHealth: true, wants: () => true },
    cursor: await Cursor.load({
      ...{ journal, owner: 'events-in', key: urls.illumio, overlapMs: 120_000 },
      onTrouble: (thrown) => log(`the cursor: ${describeError(thrown)}`),
    }),
    keepDeadLetter: jsonLinesFile(join(task.folder, 'dead-letters.jsonl')),
    send: (message) => {
      const settle = waiting.get(message._delivery ?? '') ?? (() => {})
      waiting.delete(message._delivery ?? '')
      flow(message).then(
        () => settle({ outcome: 'accepted' }),
        (thrown: unknown) => {
          const code = thrown instanceof OperatorError ? thrown.code : 'UNEXPECTED'
          const reason = { code, message: describeError(thrown) }
          settle({ outcome: 'retry', reason, countsAttempt: !code.endsWith('WITHDRAWN') })
        },
      )
    },
    report: (state) => {
      if (state.kind === 'polling') process.send?.({ open: state.open, caughtUp: state.caughtUp } satisfies WorkerNews)
    },
  })

  process.once('message', async () => {
    await poller.stop()
    await Promise.all(ways.map(({ sender }) => sender.close()))
    await intake.close(5000)
    await poller.close()
    await trail.close()
    await journal.close()
    await client.close()
    process.exit(0)
  })
  poller.start()
}

/** A channel with all that a notifying node has around it. */
async function way(journal: Journal, channel: ChannelDefinition, config: Parameters<ChannelDefinition['open']>[0]) {
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
    sender,
    tell: (message: OccurrenceMessage) => dispatcher.dispatch(words.compose([memberOf(message)]), undefined, () => {}),
  }
}

function log(text: string): void {
  process.stderr.write(`${text}\n`)
}

main().catch((thrown: unknown) => {
  log(`the worker cannot start: ${describeError(thrown)}`)
  process.exit(1)
})
