import { randomUUID } from 'node:crypto'
import type { Node, NodeAPI, NodeDef } from 'node-red'
import { describeError, OperatorError } from '../../../src/errors/operator-error'
import { systemClock } from '../../../src/http/retry'
import { type Incoming, incoming, memberOf, messageIdOf } from '../../../src/message/members'
import type { BatchMember } from '../../../src/message/model'
import type { Channel, ChannelDefinition, ChannelMemory, Sent } from '../../../src/notify/channel'
import { JournalMemory } from '../../../src/notify/channel-memory'
import { type Composer, composer } from '../../../src/notify/compose'
import { type NotifyCounts, noCounts } from '../../../src/notify/counters'
import { NotifyKeeper } from '../../../src/notify/keeper'
import type { Report } from '../../../src/notify/model'
import { Sender } from '../../../src/notify/sender'
import { readNotifySettings } from '../../../src/notify/settings'
import type { TemplateTexts } from '../../../src/notify/templates/set'
import { systemTimers } from '../../../src/time/timers'
import { serviceOf } from '../config-node'
import { showCounts } from '../counters'
import { deliveryService } from '../delivery'
import { httpClientFor } from '../http'
import { type InputContext, onInput, type Send } from '../input'
import { type Keeping, keepingNode, unusable } from '../keeping-node'
import { statusOf } from '../status'
import { chosenTls } from '../tls'
import { knownChannel } from './channels'
import { WayState } from './way-state'

export interface NotifyConfig extends NodeDef {
  readonly template?: string
  readonly tls?: string
  readonly proxy?: string
  readonly [setting: string]: unknown
}

type Credentials = Readonly<Record<string, string | undefined>>

/**
 * Registers `audit-notify-<name>`: everything around a channel that is the same for all (docs/notify.md).
 * @param secrets the channel's credentials; each is a password in the dialog
 */
export function registerChannel(RED: NodeAPI, channel: ChannelDefinition, secrets: readonly string[]): void {
  deliveryService(RED)
  const type = `audit-notify-${channel.name}`
  knownChannel(type, channel, secrets)

  function AuditNotifyNode(this: Node<Record<string, string>>, config: NotifyConfig): void {
    RED.nodes.createNode(this, config)
    const counts = noCounts()
    showCounts(RED, this, () => ({ ...counts }))
    const status = statusOf(this)
    try {
      start(RED, this, { config, channel, counts, status, credentials: this.credentials ?? {} })
    } catch (thrown) {
      unusable(RED, this, status, thrown)
    }
  }
  RED.nodes.registerType(type, AuditNotifyNode as never, {
    credentials: Object.fromEntries(secrets.map((name) => [name, { type: 'password' as const }])),
  })
}

interface Parts {
  readonly config: NotifyConfig
  readonly channel: ChannelDefinition
  readonly credentials: Credentials
  readonly counts: NotifyCounts
  readonly status: ReturnType<typeof statusOf>
}

/** @throws OperatorError NOTIFY_CONFIG, NOTIFY_TEMPLATE, SECOND_COPY */
function start(RED: NodeAPI, node: Node, { config, channel, credentials, counts, status }: Parts): void {
  const settings = readNotifySettings(config, channel)
  const memory = new JournalMemory(() => Date.now())
  const { open, words } = prepare(RED, config, channel, credentials, memory)
  const state = new WayState(node, open.target, status, deliveryService(RED), counts)
  const sender = new Sender({
    channel: open,
    rate: open.rate ?? channel.rate,
    clock: systemClock,
    repeatUnknown: channel.idempotent || settings.repeatUnknown,
    onWay: (way) => {
      state.changed(way)
      keeping.show()
    },
  })
  const keeping: Keeping<NotifyKeeper> = keepingNode<NotifyKeeper>(RED, node, {
    status,
    closed: new OperatorError('NOTIFY_CLOSED', 'The node is being stopped.', { retryable: true }),
    full: `${open.target}: too many messages wait`,
    load: (journal) =>
      NotifyKeeper.load({
        ...{ journal, owner: node.id, settings, composer: words, sender, counts, timers: systemTimers },
        ...{ random: Math.random, newId: randomUUID, memory, onChange: () => keeping.show() },
        handOn: (report, sent) => keeping.send([messageOf(report, sent)]),
        onTrouble: (thrown) => node.warn(describeError(thrown)),
      }),
    show: (keeper, paused) => state.show(sender.waiting, keeper.collector.counts, paused),
  })

  onInput<Record<string, unknown>>(RED, node, async (msg, send, context) => {
    counts.received += 1
    const occurrences = occurrencesOf(incoming(msg))
    const keeper = keeping.keeper ?? (await keeping.ready())
    const report = words.compose(occurrences, groupIdOf(msg))
    if (keeper.holds(report)) {
      for (const occurrence of occurrences) {
        await keeping.take(context, (waiting) =>
          keeper.collector.add(occurrence, messageIdOf(occurrence), words.groupKey(occurrence), waiting),
        )
      }
      return
    }
    state.entered(context.token)
    try {
      await tell(keeper, report, msg, send, context, () => keeping.show())
    } finally {
      state.left(context.token)
      keeping.show()
    }
  })
  node.on('close', () => state.closed())
}

async function tell(
  keeper: NotifyKeeper,
  report: Report,
  msg: Record<string, unknown>,
  send: Send,
  { token, signal, begin }: InputContext,
  show: () => void,
): Promise<void> {
  let begun = false
  const onBegin = () => {
    begun = true
    begin()
    show()
  }
  try {
    const dispatching = keeper.dispatch(report, signal, onBegin)
    show()
    const dispatched = await dispatching
    if (dispatched.became === 'throttled') return
    send({ ...msg, sent: dispatched.became === 'sent' ? dispatched.sent : { did: 'repeated' } } as never)
  } catch (thrown) {
    // It goes back to its source; there is nothing to report.
    const withdrawn = thrown instanceof OperatorError && thrown.code === 'NOTIFY_WITHDRAWN'
    if (!(withdrawn && !begun && token !== undefined)) throw thrown
  }
}

/** @throws OperatorError NOTIFY_CONFIG, NOTIFY_TEMPLATE */
export function prepare(
  RED: NodeAPI,
  config: NotifyConfig,
  channel: ChannelDefinition,
  credentials: Credentials,
  memory?: ChannelMemory,
): { readonly open: Channel; readonly words: Composer } {
  const texts = templateTexts(RED, config.template)
  const settings = readNotifySettings(config, channel)
  let target = ''
  const words = composer(settings, channel, texts, () => target)
  const http = httpClientFor(RED, { tls: config.tls, proxy: config.proxy })
  const tls = () => chosenTls(RED, config.tls, 'NOTIFY_CONFIG')
  const tools = { http, tls, now: () => Date.now(), ...(memory === undefined ? {} : { memory }) }
  const open = channel.open({ settings: config, credentials }, tools)
  target = open.target
  return { open, words }
}

function templateTexts(RED: NodeAPI, id: string | undefined): TemplateTexts | undefined {
  if (id === undefined || id === '') return undefined
  const texts = serviceOf<TemplateTexts>(RED, id)
  if (texts === undefined) {
    throw new OperatorError('NOTIFY_CONFIG', 'The chosen template does not exist, is disabled or is broken.')
  }
  return texts
}

/** @throws OperatorError NOTIFY_NOT_AN_EVENT */
function occurrencesOf(came: Incoming): readonly BatchMember[] {
  if (came.kind === 'occurrence') return [memberOf(came.message)]
  if (came.kind === 'batch' && came.members.length > 0) return came.members
  throw new OperatorError('NOTIFY_NOT_AN_EVENT', 'The message carries no CADF event.', {
    remedy: 'Wire it behind a source of this palette, or set msg.event (docs/message.md).',
  })
}

/** A batch is one report, known again by the batch's id. */
function groupIdOf({ batch }: Record<string, unknown>): string | undefined {
  if (typeof batch !== 'object' || batch === null || !('id' in batch)) return undefined
  return typeof batch.id === 'string' ? batch.id : undefined
}

/** What leaves for a held report: the occurrence itself, or the group as a batch. */
function messageOf({ occurrences, eventType, id }: Report, sent: Sent): object {
  const [first] = occurrences
  if (occurrences.length === 1 && first !== undefined) {
    const { topic, event, payload, notification, exposure } = first
    return { topic, event, payload, notification, ...(exposure === undefined ? {} : { exposure }), sent }
  }
  const times = occurrences.map(({ event }) => event.eventTime)
  const batch = { id, key: eventType, count: occurrences.length, from: times[0], to: times.at(-1), reason: 'time' }
  return { topic: eventType, payload: occurrences, batch, sent }
}
