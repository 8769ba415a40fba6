import type { NodeAPI } from 'node-red'
import { sampleMessage } from '../../../src/cadf/rules/sample'
import { OperatorError } from '../../../src/errors/operator-error'
import { quote } from '../../../src/errors/redact'
import { incoming, memberOf } from '../../../src/message/members'
import type { ChannelDefinition } from '../../../src/notify/channel'
import { sampleOccurrence } from '../../../src/notify/sample'
import { TEMPLATE_FIELDS } from '../../../src/notify/templates/set'
import { SHIPPED } from '../../../src/notify/templates/shipped'
import { allCounts } from '../counters'
import { answering, dialogRequest, recordOf } from '../dialog-request'
import { channelOf } from './channels'
import { type NotifyConfig, prepare } from './notify-node'

interface DialogCall {
  readonly body?: unknown
  readonly params?: unknown
}

const TEST_LIMIT_MS = 20_000

/** The dialogs' buttons and the counters; registered once, with the node type that all channels share. */
export function notifyAdmin(RED: NodeAPI): void {
  const mayWrite = RED.auth.needsPermission('audit-notify.write')
  const mayRead = RED.auth.needsPermission('audit-notify.read')
  RED.httpAdmin.post(
    '/openstack-events/notify/:type/test',
    mayWrite,
    answering((request: DialogCall) => test(RED, request)),
  )
  RED.httpAdmin.post(
    '/openstack-events/notify/:type/preview',
    mayWrite,
    answering((request: DialogCall) => preview(RED, request)),
  )
  RED.httpAdmin.get(
    '/openstack-events/notify/templates',
    mayRead,
    answering(() => SHIPPED),
  )
  RED.httpAdmin.get(
    '/openstack-events/counters',
    mayRead,
    answering(() => ({ nodes: allCounts(RED) })),
  )
}

async function test(RED: NodeAPI, { params, body }: DialogCall): Promise<unknown> {
  const { known, config, credentials } = asked(RED, String(recordOf(params)['type'] ?? ''), body)
  const { open } = prepare(RED, config, known.channel, credentials)
  try {
    return { target: open.target, found: await open.test(AbortSignal.timeout(TEST_LIMIT_MS)) }
  } finally {
    await open.close()
  }
}

/** What the templates make of a sample: a pasted message, or one that comes with the palette. */
async function preview(RED: NodeAPI, { params, body }: DialogCall): Promise<unknown> {
  const { known, config, credentials } = asked(RED, String(recordOf(params)['type'] ?? ''), body)
  const channel = { ...known.channel, open: closedChannel }
  const { words } = prepare(RED, config, channel, credentials)
  const text = String(recordOf(body)['sample'] ?? '')
  const came = text.trim() === '' ? undefined : incoming(sampleMessage(text))
  const occurrence = came?.kind === 'occurrence' ? memberOf(came.message) : sampleOccurrence()
  const { occurrences: _occurrences, ...report } = words.compose([occurrence])
  return report
}

/** A preview needs no credentials and reaches nobody. */
const closedChannel: ChannelDefinition['open'] = () => ({
  target: 'preview',
  send: () => Promise.reject(new OperatorError('NOTIFY_CLOSED', 'A preview sends nothing.')),
  test: () => Promise.reject(new OperatorError('NOTIFY_CLOSED', 'A preview reaches nobody.')),
  close: () => Promise.resolve(),
})

/** The dialog of the shared texts shows all of them, as they are before a channel escapes what comes from events. */
const SHARED_TEXTS: ChannelDefinition = {
  name: 'template',
  fields: TEMPLATE_FIELDS.map((name) => ({ name, escape: name === 'html' ? 'html' : 'none' })),
  document: 'none',
  rate: { perSecond: 1, burst: 1 },
  idempotent: true,
  open: closedChannel,
}

function asked(RED: NodeAPI, type: string, body: unknown) {
  const known = type === 'audit-template' ? { channel: SHARED_TEXTS, secrets: [] } : channelOf(type)
  if (known === undefined) throw new OperatorError('NOTIFY_CONFIG', `There is no channel ${quote(type, 60)}.`)
  const { fields, secrets } = dialogRequest(RED, body, known.secrets)
  return { known, config: fields as unknown as NotifyConfig, credentials: secrets }
}
