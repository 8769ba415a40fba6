import { parsedObject } from '../decode'
import { json, type LabReply, type LabRequest } from '../http/exchange'
import type { Vendor, VendorTools } from '../vendors'

/** A message that was posted. */
export interface SlackMessage {
  readonly channel: string
  readonly text: string
  readonly blocks: readonly unknown[]
  readonly ts: string
}

export interface Slack extends Vendor {
  /** Bot tokens that are good. */
  readonly tokens: Set<string>
  /** Channels with their state. */
  readonly channels: Map<string, 'member' | 'stranger' | 'archived'>
  /** Paths of incoming web hooks, each with its channel. */
  readonly hooks: Map<string, string>
  readonly messages: SlackMessage[]
  /** Messages a second and channel, over a stretch of ten seconds; beyond it 429. */
  perSecond: number
}

export const DEMO_SLACK = {
  token: 'xoxb-pocket-slack-token',
  channel: '#security',
  hook: '/services/T000/B000/pocketsecret',
}

/** Slack's limits of a message and its blocks. */
const LIMITS = {
  text: 40_000,
  blocks: 50,
  header: 150,
  section: 3000,
  field: 2000,
  fields: 10,
  context: 10,
  button: 75,
  url: 3000,
  /** Of all blocks together; Slack documents none, and refuses from about here. */
  all: 13_000,
}

/** chat.postMessage, auth.test and incoming web hooks, which refuse what Slack refuses. */
export function slackVendor({ clock }: VendorTools): Slack {
  const recent = new Map<string, number[]>()
  const slack: Slack = {
    tokens: new Set([DEMO_SLACK.token]),
    channels: new Map([
      [DEMO_SLACK.channel, 'member'],
      ['#private', 'stranger'],
      ['#old', 'archived'],
    ]),
    hooks: new Map([[DEMO_SLACK.hook, DEMO_SLACK.channel]]),
    messages: [],
    perSecond: 1,
    handler: (request) => {
      if (request.method !== 'POST') return json(405, { ok: false, error: 'method_not_allowed' })
      if (request.path.startsWith('/services/')) return hook(request)
      return api(request)
    },
  }

  function api(request: LabRequest): LabReply {
    const { path, headers, body } = request
    const method = path.split('/').at(-1) ?? ''
    const [, token] = /^Bearer (.+)$/.exec(headers['authorization'] ?? '') ?? []
    if (token === undefined) return refused('not_authed')
    if (!slack.tokens.has(token)) return refused('invalid_auth')
    if (method === 'auth.test') return json(200, { ok: true, team: 'Pocket', user: 'auditbot', team_id: 'T000' })
    if (method !== 'chat.postMessage') return refused('unknown_method')
    if (!/^application\/json/.test(headers['content-type'] ?? '')) return refused('invalid_form_data')
    const message = parsedObject(body)
    if (message === undefined) return refused('invalid_json')
    const channel = String(message['channel'] ?? '')
    const state = slack.channels.get(channel)
    if (state === undefined) return refused('channel_not_found')
    if (state === 'stranger') return refused('not_in_channel')
    if (state === 'archived') return refused('is_archived')
    if (tooMany(channel))
      return { status: 429, headers: { 'retry-after': '1' }, body: '{"ok":false,"error":"ratelimited"}' }
    const problem = problemOf(message)
    if (problem !== undefined) return refused(problem)
    return json(200, { ok: true, channel: 'C0POCKET', ts: post(channel, message) })
  }

  function hook({ path, body }: LabRequest): LabReply {
    const channel = slack.hooks.get(path)
    if (channel === undefined) return plain(404, 'no_service')
    const message = parsedObject(body)
    if (message === undefined) return plain(400, 'invalid_payload')
    if (typeof message['text'] !== 'string' && message['blocks'] === undefined) return plain(400, 'no_text')
    if (slack.channels.get(channel) === 'archived') return plain(410, 'channel_is_archived')
    if (tooMany(channel)) return { status: 429, headers: { 'retry-after': '1' }, body: 'rate_limited' }
    const problem = problemOf(message)
    if (problem !== undefined) return plain(400, problem)
    post(channel, message)
    return plain(200, 'ok')
  }

  function post(channel: string, message: Readonly<Record<string, unknown>>): string {
    const ts = `${(clock.now().getTime() / 1000).toFixed(3)}${String(slack.messages.length).padStart(3, '0')}`
    const blocks = Array.isArray(message['blocks']) ? message['blocks'] : []
    slack.messages.push({ channel, text: String(message['text'] ?? ''), blocks, ts })
    return ts
  }

  function tooMany(channel: string): boolean {
    const now = clock.now().getTime()
    const before = (recent.get(channel) ?? []).filter((at) => at > now - 10_000)
    const isFull = before.length >= slack.perSecond * 10
    recent.set(channel, isFull ? before : [...before, now])
    return isFull
  }

  return slack
}

function problemOf(message: Readonly<Record<string, unknown>>): string | undefined {
  const { text, blocks } = message
  if (blocks === undefined) return typeof text === 'string' && text !== '' ? undefined : 'no_text'
  if (String(text ?? '').length > LIMITS.text) return 'msg_too_long'
  if (!Array.isArray(blocks) || blocks.length > LIMITS.blocks) return 'invalid_blocks'
  if (!blocks.every(isBlock)) return 'invalid_blocks'
  return lengthOf(blocks) > LIMITS.all ? 'msg_blocks_too_long' : undefined
}

function lengthOf(value: unknown): number {
  if (Array.isArray(value)) return value.reduce<number>((sum, element) => sum + lengthOf(element), 0)
  return Object.entries(fieldsOf(value)).reduce((sum, [name, member]) => {
    return sum + (name === 'text' && typeof member === 'string' ? member.length : lengthOf(member))
  }, 0)
}

function isBlock(block: unknown): boolean {
  const { type, text, fields, elements } = fieldsOf(block)
  switch (type) {
    case 'header':
      return isText(text, LIMITS.header, ['plain_text'])
    case 'section': {
      const hasText = isText(text, LIMITS.section, ['mrkdwn', 'plain_text'])
      if (fields === undefined) return hasText
      const fit = Array.isArray(fields) && fields.length > 0 && fields.length <= LIMITS.fields
      return (
        fit &&
        fields.every((field) => isText(field, LIMITS.field, ['mrkdwn', 'plain_text'])) &&
        (text === undefined || hasText)
      )
    }
    case 'context':
      return (
        Array.isArray(elements) &&
        elements.length > 0 &&
        elements.length <= LIMITS.context &&
        elements.every((element) => isText(element, LIMITS.section, ['mrkdwn', 'plain_text']))
      )
    case 'actions':
      return Array.isArray(elements) && elements.length > 0 && elements.every(isButton)
    case 'divider':
      return true
    default:
      return false
  }
}

function isButton(element: unknown): boolean {
  const { type, text, url } = fieldsOf(element)
  const fits = url === undefined || (typeof url === 'string' && url.length <= LIMITS.url && /^https?:\/\//.test(url))
  return type === 'button' && isText(text, LIMITS.button, ['plain_text']) && fits
}

/** Slack counts characters of the text as sent, and refuses an empty one. */
function isText(value: unknown, most: number, types: readonly string[]): boolean {
  const { type, text } = fieldsOf(value)
  const { verbatim } = fieldsOf(value)
  if (verbatim !== undefined && (typeof verbatim !== 'boolean' || type !== 'mrkdwn')) return false
  return types.includes(String(type)) && typeof text === 'string' && text.length > 0 && text.length <= most
}

function fieldsOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {}
}

/** Slack's API says no with a 200. */
function refused(error: string): LabReply {
  return json(200, { ok: false, error })
}

function plain(status: number, body: string): LabReply {
  return { status, headers: { 'content-type': 'text/html' }, body }
}
