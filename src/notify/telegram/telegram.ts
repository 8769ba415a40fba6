import type { HttpClient, HttpResponse } from '../../http/client'
import { ask, jsonOf, refused } from '../answers'
import {
  type Channel,
  type ChannelConfig,
  type ChannelDefinition,
  NotifyError,
  type NotifyFailure,
  type Sent,
} from '../channel'
import { ChannelSettings } from '../channel-settings'
import { textOf } from './text'

const API = 'https://api.telegram.org'
/** One a second to a chat, twenty a minute to a group. */
const PRIVATE = { perSecond: 1, burst: 3 }
const GROUP = { perSecond: 20 / 60, burst: 3 }

/** What Telegram describes in words only. */
const WORDS: readonly (readonly [RegExp, NotifyFailure])[] = [
  [/message is too long|MESSAGE_TOO_LONG/, 'too_large'],
  [
    /chat not found|thread not found|TOPIC_CLOSED|topic .*closed|user not found|PEER_ID_INVALID|chat_id is empty/i,
    'config',
  ],
  [/not enough rights|have no rights|CHAT_WRITE_FORBIDDEN|need administrator rights|CHAT_RESTRICTED/i, 'config'],
]

/** A bot's sendMessage. */
export const telegramChannel: ChannelDefinition = {
  name: 'telegram',
  fields: [
    { name: 'title', escape: 'telegram' },
    { name: 'text', escape: 'telegram' },
  ],
  rate: GROUP,
  idempotent: false,
  open(config, { http, now }) {
    return new TelegramChat(readSettings(config), http, now)
  },
}

interface TelegramSettings {
  readonly api: string
  readonly token: string
  readonly chat: string
  /** Topic of a forum. */
  readonly thread: number | undefined
  readonly silent: boolean
}

function readSettings(config: ChannelConfig): TelegramSettings {
  const read = new ChannelSettings(config, 'Telegram')
  const chat = read.mandatory('chat')
  if (chat !== '' && !/^(?:-?\d{1,19}|@\w{4,64})$/.test(chat)) read.complain('"chat" must be a number or @name')
  const token = read.mandatorySecret('botToken')
  if (token !== '' && !/^\d+:[\w-]{20,}$/.test(token))
    read.complain('the credential "botToken" is not of the form 123456:ABC…')
  const thread = read.whole('thread', 0, 0, Number.MAX_SAFE_INTEGER)
  const api = read.url('api', read.text('api') || API)
  const silent = read.yes('silent')
  read.done()
  return { api: (api?.href ?? API).replace(/\/+$/, ''), token, chat, thread: thread === 0 ? undefined : thread, silent }
}

class TelegramChat implements Channel {
  readonly target: string
  readonly rate: ChannelDefinition['rate']
  readonly #settings: TelegramSettings
  readonly #http: HttpClient
  readonly #now: () => number
  readonly #secrets: readonly string[]
  /** A group that became a supergroup has another number. */
  #chat: string

  constructor(settings: TelegramSettings, http: HttpClient, now: () => number) {
    this.target = settings.chat
    this.rate = settings.chat.startsWith('-') || settings.chat.startsWith('@') ? GROUP : PRIVATE
    this.#settings = settings
    this.#http = http
    this.#now = now
    this.#secrets = [settings.token, settings.token.split(':')[1] ?? '']
    this.#chat = settings.chat
  }

  async send(report: Parameters<Channel['send']>[0], signal?: AbortSignal): Promise<Sent> {
    const { thread, silent } = this.#settings
    const body = {
      text: textOf(report),
      parse_mode: 'HTML',
      link_preview_options: { is_disabled: true },
      ...(thread === undefined ? {} : { message_thread_id: thread }),
      ...(silent ? { disable_notification: true } : {}),
    }
    let response = await this.#call('sendMessage', { chat_id: idOf(this.#chat), ...body }, signal)
    const moved = parametersOf(response)['migrate_to_chat_id']
    if (response.status === 400 && typeof moved === 'number' && Number.isSafeInteger(moved)) {
      // Nothing was posted; the same goes to the chat's new number at once, and all that follows too.
      this.#chat = String(moved)
      response = await this.#call('sendMessage', { chat_id: moved, ...body }, signal)
    }
    const result = recordOf(this.#judged(response)['result'])
    return {
      did: 'sent',
      ...(typeof result['message_id'] === 'number' ? { id: String(result['message_id']) } : {}),
      chat: this.#chat,
      ...(this.#chat === this.target
        ? {}
        : { note: `The chat has the new number ${this.#chat}: enter it in the node.` }),
    }
  }

  async test(signal?: AbortSignal): Promise<string> {
    const bot = recordOf(this.#judged(await this.#call('getMe', {}, signal))['result'])
    const chat = recordOf(this.#judged(await this.#call('getChat', { chat_id: idOf(this.#chat) }, signal))['result'])
    const title =
      [chat['title'], chat['username'], chat['first_name']].find((name) => typeof name === 'string') ?? this.#chat
    return `Telegram knows the bot as ${String(bot['username'])} and the chat as ${String(title)} (${String(chat['type'])}).`
  }

  close(): Promise<void> {
    return this.#http.close()
  }

  #call(method: string, body: object, signal?: AbortSignal): Promise<HttpResponse> {
    const { api, token } = this.#settings
    return ask(
      this.#http,
      {
        method: 'POST',
        url: `${api}/bot${token}/${method}`,
        headers: { 'content-type': 'application/json; charset=utf-8' },
        body: JSON.stringify(body),
        ...(signal === undefined ? {} : { signal }),
      },
      'Telegram',
      this.#secrets,
    )
  }

  #judged(response: HttpResponse): Readonly<Record<string, unknown>> {
    const answer = jsonOf(response)
    if (response.status === 200 && answer?.['ok'] === true) return answer
    if (response.status === 200 && answer === undefined) {
      throw new NotifyError('unknown', 'Telegram: what answered 200 is not Telegram.')
    }
    throw this.#refused(response, answer)
  }

  #refused(response: HttpResponse, answer: Readonly<Record<string, unknown>> | undefined): NotifyError {
    const code = typeof answer?.['error_code'] === 'number' ? answer['error_code'] : response.status
    const description = typeof answer?.['description'] === 'string' ? answer['description'] : undefined
    const after = parametersOf(response)['retry_after']
    const error = refused('Telegram', response, this.#now(), {
      ...kindOf(code, description ?? ''),
      detail: description,
      secrets: this.#secrets,
    })
    if (typeof after !== 'number' || !(after >= 0)) return error
    return new NotifyError(error.kind, error.message, { retryAfterMs: after * 1000 })
  }
}

function kindOf(code: number, description: string): { kind?: NotifyFailure; remedy?: string } {
  const [, kind] = WORDS.find(([words]) => words.test(description)) ?? []
  if (kind === 'config') return { kind, remedy: 'Check the chat, and that the bot is in it and may write.' }
  if (kind !== undefined) return { kind }
  if (code === 401 || code === 404) return { kind: 'auth', remedy: 'Enter the token that BotFather gave again.' }
  if (code === 403)
    return { kind: 'config', remedy: 'Add the bot to the chat again; in a private chat the person writes first.' }
  if (code === 429) return { kind: 'rate_limited' }
  return {}
}

function parametersOf(response: HttpResponse): Readonly<Record<string, unknown>> {
  return recordOf(jsonOf(response)?.['parameters'])
}

function recordOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {}
}

/** Telegram wants numbers as numbers; a name is a text. */
function idOf(chat: string): number | string {
  return /^-?\d+$/.test(chat) ? Number(chat) : chat
}
