import { parsedObject } from '../decode'
import { json, type LabReply, type LabRequest } from '../http/exchange'
import type { Vendor, VendorTools } from '../vendors'

export interface MattermostPost {
  readonly channel: string
  readonly message: string
  readonly username: string
  readonly attachments: readonly Readonly<Record<string, unknown>>[]
  /** Who is called by it, as the server finds it in message and attachments. */
  readonly mentions: readonly string[]
}

export interface Mattermost extends Vendor {
  /** By id. */
  readonly hooks: Map<string, { channel: string; locked: boolean; enabled: boolean }>
  readonly channels: Set<string>
  /** A long message becomes several. */
  readonly posts: MattermostPost[]
  /** Whether incoming web hooks are allowed at all. */
  allowed: boolean
  /** Requests a second, over a stretch of ten seconds. */
  perSecond: number
}

export const DEMO_MATTERMOST = { hook: '/hooks/pocketxk3tr8sdmd1ufbq1sz9h', channel: 'security' }

const LONGEST = 16_383
const LONGEST_PROPS = 800_000

/** `POST /hooks/{id}`, in the order in which Mattermost itself looks at things. */
export function mattermostVendor({ clock }: VendorTools): Mattermost {
  let recent: number[] = []
  const id = DEMO_MATTERMOST.hook.split('/').at(-1) ?? ''
  const mattermost: Mattermost = {
    hooks: new Map([[id, { channel: DEMO_MATTERMOST.channel, locked: false, enabled: true }]]),
    channels: new Set([DEMO_MATTERMOST.channel, 'town-square']),
    posts: [],
    allowed: true,
    perSecond: 10,
    handler: ({ method, path, body }) => {
      const [, hook] = /^\/hooks\/([a-z0-9]+)$/.exec(path) ?? []
      if (hook === undefined || method !== 'POST')
        return failed(404, 'api.context.404.app_error', 'Sorry, we could not find the page.')
      return take(hook, body)
    },
  }

  function take(id: string, body: LabRequest['body']): LabReply {
    const now = clock.now().getTime()
    recent = recent.filter((at) => at > now - 10_000)
    if (recent.length >= mattermost.perSecond * 10)
      return { status: 429, headers: { 'retry-after': '1', 'x-ratelimit-reset': '1' }, body: 'limit exceeded\n' }
    recent.push(now)
    if (!mattermost.allowed)
      return failed(
        501,
        'web.incoming_webhook.disabled.app_error',
        'Incoming webhooks have been disabled by the system admin.',
      )
    const request = parsedObject(body)
    if (request === undefined)
      return failed(400, 'web.incoming_webhook.decode.app_error', 'Failed to decode the payload.')
    const { text = '', attachments, channel: wanted = '', username = '' } = request
    if (
      typeof text !== 'string' ||
      typeof wanted !== 'string' ||
      typeof username !== 'string' ||
      !areAttachments(attachments)
    )
      return failed(400, 'web.incoming_webhook.decode.app_error', 'Failed to decode the payload.')
    if (text === '' && attachments === undefined)
      return failed(400, 'web.incoming_webhook.text.app_error', 'No text specified.')
    const hook = mattermost.hooks.get(id)
    if (hook === undefined || !hook.enabled)
      return failed(400, 'web.incoming_webhook.invalid.app_error', 'Invalid webhook.')
    const channel = wanted === '' ? hook.channel : wanted.replace(/^#/, '')
    if (!mattermost.channels.has(channel))
      return failed(404, 'web.incoming_webhook.channel.app_error', "Couldn't find the channel.")
    if (hook.locked && channel !== hook.channel)
      return failed(
        403,
        'web.incoming_webhook.channel_locked.app_error',
        'This webhook is not permitted to post to the requested channel.',
      )
    if (JSON.stringify(attachments ?? []).length > LONGEST_PROPS)
      return failed(
        400,
        'web.incoming_webhook.split_props_length.app_error',
        'Unable to split webhook props into parts.',
      )
    keep(channel, text, username, (attachments ?? []) as MattermostPost['attachments'])
    return { status: 200, headers: { 'content-type': 'text/plain' }, body: 'ok' }
  }

  function keep(channel: string, text: string, username: string, attachments: MattermostPost['attachments']): void {
    const characters = [...text]
    for (let from = 0; from === 0 || from < characters.length; from += LONGEST) {
      const message = characters.slice(from, from + LONGEST).join('')
      const isLast = from + LONGEST >= characters.length
      const shown = isLast ? attachments : []
      const mentions = [message, ...shown.flatMap(textsOf)].flatMap(mentionsIn)
      mattermost.posts.push({ channel, message, username, attachments: shown, mentions })
    }
  }

  return mattermost
}

/** As the server: Slack's way of calling a channel first, then `@` and a name. */
function mentionsIn(text: string): string[] {
  const translated = text.replace(/<!(channel|here|everyone|all)>/g, '@$1')
  return [...translated.matchAll(/@([a-z][a-z0-9._-]*)/gi)].map(([, name]) => name ?? '')
}

function textsOf({ pretext, text }: Readonly<Record<string, unknown>>): string[] {
  return [pretext, text].filter((value) => typeof value === 'string')
}

function areAttachments(value: unknown): boolean {
  return value === undefined || (Array.isArray(value) && value.every(isAttachment))
}

function isAttachment(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false
  const { fields, text, color } = value as Record<string, unknown>
  const isText = (member: unknown) => member === undefined || typeof member === 'string'
  return isText(text) && isText(color) && (fields === undefined || Array.isArray(fields))
}

function failed(status: number, id: string, message: string): LabReply {
  return json(status, { id, message, detailed_error: '', request_id: 'pocket', status_code: status })
}
