import { parsedObject } from '../decode'
import { json, type LabReply } from '../http/exchange'
import type { Vendor, VendorTools } from '../vendors'

export interface TelegramMessage {
  readonly chat: number
  readonly thread: number | undefined
  /** As it was sent. */
  readonly html: string
  /** As it is shown: without tags and escapes. */
  readonly shown: string
  readonly id: number
}

export interface Telegram extends Vendor {
  readonly tokens: Set<string>
  readonly chats: Map<number, { title: string; state: 'member' | 'kicked' | 'readonly'; movedTo?: number }>
  /** Public names of chats. */
  readonly names: Map<string, number>
  readonly messages: TelegramMessage[]
  /** To a group; Telegram's rule is twenty. */
  perMinute: number
}

export const DEMO_TELEGRAM = {
  token: '123456789:pocket-Telegram_token-0123456789abc',
  chat: -1001234567890,
}

const LONGEST = 4096
const TAGS = new Set(['b', 'strong', 'i', 'em', 'u', 's', 'code', 'pre', 'a', 'blockquote', 'tg-spoiler'])
const ESCAPES: Readonly<Record<string, string>> = { lt: '<', gt: '>', amp: '&', quot: '"' }

/** sendMessage, getMe and getChat of the Bot API, HTML mode. */
export function telegramVendor({ clock }: VendorTools): Telegram {
  const recent = new Map<number, number[]>()
  const telegram: Telegram = {
    tokens: new Set([DEMO_TELEGRAM.token]),
    chats: new Map([[DEMO_TELEGRAM.chat, { title: 'Pocket SOC', state: 'member' }]]),
    names: new Map([['@pocketsoc', DEMO_TELEGRAM.chat]]),
    messages: [],
    perMinute: 20,
    handler: ({ method, path, headers, body }) => {
      const [, token, call] = /^\/bot([^/]+)\/(\w+)$/.exec(path) ?? []
      if (token === undefined || !/^\d+:/.test(token)) return failed(404, 'Not Found')
      if (!telegram.tokens.has(token)) return failed(401, 'Unauthorized')
      if (method !== 'POST' || !/^application\/json/.test(headers['content-type'] ?? ''))
        return failed(400, 'Bad Request: unsupported')
      const fields = parsedObject(body)
      if (fields === undefined) return failed(400, "Bad Request: can't parse request JSON object")
      if (call === 'getMe') return ok({ id: 123456789, is_bot: true, first_name: 'Audit', username: 'pocketaudit_bot' })
      if (call === 'getChat') return getChat(fields['chat_id'])
      return call === 'sendMessage' ? send(fields) : failed(404, 'Not Found')
    },
  }

  function chatOf(id: unknown): number | undefined {
    const number = typeof id === 'string' ? (telegram.names.get(id) ?? Number(id)) : id
    return typeof number === 'number' && telegram.chats.has(number) ? number : undefined
  }

  function getChat(id: unknown): LabReply {
    const chat = chatOf(id)
    if (chat === undefined) return failed(400, 'Bad Request: chat not found')
    return ok({ id: chat, type: 'supergroup', title: telegram.chats.get(chat)?.title })
  }

  function send(fields: Readonly<Record<string, unknown>>): LabReply {
    const { text, parse_mode: mode, message_thread_id: thread } = fields
    const chat = chatOf(fields['chat_id'])
    const known = chat === undefined ? undefined : telegram.chats.get(chat)
    if (chat === undefined || known === undefined) return failed(400, 'Bad Request: chat not found')
    if (known.movedTo !== undefined) {
      return failed(400, 'Bad Request: group chat was upgraded to a supergroup chat', {
        migrate_to_chat_id: known.movedTo,
      })
    }
    if (known.state === 'kicked') return failed(403, 'Forbidden: bot was kicked from the supergroup chat')
    if (known.state === 'readonly')
      return failed(400, 'Bad Request: not enough rights to send text messages to the chat')
    if (thread !== undefined && thread !== 7) return failed(400, 'Bad Request: message thread not found')
    if (typeof text !== 'string' || text === '') return failed(400, 'Bad Request: message text is empty')
    const shown = mode === 'HTML' ? shownOf(text) : text
    if (shown === undefined)
      return failed(400, "Bad Request: can't parse entities: unsupported start tag or unclosed tag")
    if (shown.trim() === '') return failed(400, 'Bad Request: message text is empty')
    if (shown.length > LONGEST) return failed(400, 'Bad Request: message is too long')
    const wait = waitFor(chat)
    if (wait > 0) return failed(429, `Too Many Requests: retry after ${wait}`, { retry_after: wait })
    const id = telegram.messages.length + 1
    telegram.messages.push({ chat, thread: typeof thread === 'number' ? thread : undefined, html: text, shown, id })
    return ok({
      message_id: id,
      chat: { id: chat, type: 'supergroup' },
      date: Math.floor(clock.now().getTime() / 1000),
      text: shown,
    })
  }

  /** Seconds. */
  function waitFor(chat: number): number {
    const now = clock.now().getTime()
    const before = (recent.get(chat) ?? []).filter((at) => at > now - 60_000)
    const [oldest = now] = before
    const isFull = before.length >= telegram.perMinute
    recent.set(chat, isFull ? before : [...before, now])
    return isFull ? Math.max(1, Math.ceil((oldest + 60_000 - now) / 1000)) : 0
  }

  return telegram
}

/** What HTML mode shows; undefined for what Telegram cannot parse: it knows few tags and four escapes, and all must close. */
function shownOf(html: string): string | undefined {
  const open: string[] = []
  let shown = ''
  for (const [piece, closing, tag, entity] of html.matchAll(
    /<(\/?)([a-z-]+)(?:\s[^<>]*)?>|&(lt|gt|amp|quot|#\d+);|[^<&]+|[<&]/g,
  )) {
    if (tag !== undefined) {
      if (!TAGS.has(tag)) return undefined
      if (closing !== '/') open.push(tag)
      else if (open.pop() !== tag) return undefined
    } else if (entity !== undefined) {
      shown += ESCAPES[entity] ?? String.fromCodePoint(Number(entity.slice(1)))
    } else if (piece === '<') return undefined
    else shown += piece
  }
  return open.length === 0 ? shown : undefined
}

function ok(result: unknown): LabReply {
  return json(200, { ok: true, result })
}

function failed(code: number, description: string, parameters?: object): LabReply {
  return json(code, { ok: false, error_code: code, description, ...(parameters === undefined ? {} : { parameters }) })
}
