import type { HttpClient, HttpResponse } from '../../http/client'
import { ask, jsonOf, refused } from '../answers'
import { type Channel, type ChannelConfig, type ChannelDefinition, NotifyError, type Sent } from '../channel'
import { ChannelSettings } from '../channel-settings'
import type { Report } from '../model'
import { slackBlocks, slackFallback } from './blocks'
import { kindOfCode, remedyOf } from './codes'
import { blocksOf, documentProblem, fittedBlocks } from './document'

const API = 'https://slack.com/api'
/** Slack's rule is one message a second and channel, with short bursts. */
const RATE = { perSecond: 1, burst: 5 }

/** A bot's `chat.postMessage`, or an incoming web hook. */
export const slackChannel: ChannelDefinition = {
  name: 'slack',
  fields: [
    { name: 'title', escape: 'none' },
    { name: 'text', escape: 'slack' },
  ],
  document: 'slack',
  documentProblem,
  rate: RATE,
  idempotent: false,
  open(config, tools) {
    const settings = readSettings(config)
    return settings.kind === 'hook'
      ? webHook(settings.url, tools.http, tools.now)
      : bot(settings, tools.http, tools.now)
  },
}

type SlackSettings =
  | { readonly kind: 'bot'; readonly api: string; readonly room: string; readonly token: string }
  | { readonly kind: 'hook'; readonly url: string }

function readSettings(config: ChannelConfig): SlackSettings {
  const read = new ChannelSettings(config, 'Slack')
  const way = read.oneOf('way', ['bot', 'hook'], 'bot')
  if (way === 'hook') {
    const url = read.url('webhookUrl', read.mandatorySecret('webhookUrl'))
    read.done()
    return { kind: 'hook', url: url?.href ?? '' }
  }
  const room = read.mandatory('channel')
  const token = read.mandatorySecret('botToken')
  if (token !== '' && !token.startsWith('xox')) read.complain('the credential "botToken" does not begin with xoxb-')
  const api = read.url('api', read.text('api') || API)
  read.done()
  return { kind: 'bot', api: (api?.href ?? API).replace(/\/+$/, ''), room, token }
}

function bot(settings: SlackSettings & { kind: 'bot' }, http: HttpClient, now: () => number): Channel {
  const { api, room, token } = settings
  const call = async (method: string, body: object, signal?: AbortSignal) => {
    const response = await ask(
      http,
      {
        method: 'POST',
        url: `${api}/${method}`,
        headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json; charset=utf-8' },
        body: JSON.stringify(body),
        ...(signal === undefined ? {} : { signal }),
      },
      'Slack',
      [token],
    )
    return judged(response, now(), [token])
  }
  return {
    target: room,
    async send(report, signal) {
      const answer = await call('chat.postMessage', { channel: room, ...message(report) }, signal)
      const { ts, channel } = answer
      const id = typeof ts === 'string' ? ts : undefined
      const sent: Sent = {
        did: 'sent',
        ...(id === undefined ? {} : { id }),
        ...(typeof channel === 'string' ? { channel } : {}),
      }
      return sent
    },
    async test(signal) {
      const { team, user } = await call('auth.test', {}, signal)
      return `Slack knows the token as ${String(user)} of ${String(team)}. Whether the bot may post to ${room} shows with the first message.`
    },
    close: () => http.close(),
  }
}

function webHook(url: string, http: HttpClient, now: () => number): Channel {
  const secrets = [url, new URL(url).pathname]
  return {
    target: 'Slack web hook',
    async send(report, signal): Promise<Sent> {
      const response = await ask(
        http,
        {
          method: 'POST',
          url,
          headers: { 'content-type': 'application/json; charset=utf-8' },
          body: JSON.stringify(message(report)),
          ...(signal === undefined ? {} : { signal }),
        },
        'Slack',
        secrets,
      )
      if (response.status === 200 && response.text.trim() === 'ok') return { did: 'sent' }
      throw codeRefused(response, response.text.trim(), now(), secrets)
    },
    async test(signal) {
      // An empty message posts nothing: a hook that is there answers `no_text` or `invalid_payload`.
      const response = await ask(
        http,
        {
          method: 'POST',
          url,
          body: '{}',
          headers: { 'content-type': 'application/json' },
          ...(signal === undefined ? {} : { signal }),
        },
        'Slack',
        secrets,
      )
      const code = response.text.trim()
      if (/^(no_text|invalid_payload|missing_text_or_fallback_or_attachments)$/.test(code))
        return 'The web hook is there.'
      throw codeRefused(response, code, now(), secrets)
    },
    close: () => http.close(),
  }
}

function message(report: Report): object {
  const given = blocksOf(report.document)
  const blocks = given === undefined ? slackBlocks(report) : fittedBlocks(given)
  return { text: slackFallback(report), blocks, unfurl_links: false, unfurl_media: false }
}

/** Slack says 200 also when it refuses: `ok` tells. */
function judged(response: HttpResponse, now: number, secrets: readonly string[]): Readonly<Record<string, unknown>> {
  const answer = jsonOf(response)
  if (response.status === 200 && answer?.['ok'] === true) return answer
  const code = answer?.['error']
  throw codeRefused(response, typeof code === 'string' ? code : '', now, secrets)
}

function codeRefused(response: HttpResponse, code: string, now: number, secrets: readonly string[]): NotifyError {
  const isCode = /^[a-z_]{2,60}$/.test(code)
  // A page of a proxy, say: nobody knows what became of the message.
  if (response.status === 200 && !isCode) return new NotifyError('unknown', 'Slack: what answered 200 is not Slack.')
  const kind = kindOfCode(code) ?? (isCode && response.status < 500 ? 'invalid' : undefined)
  const remedy = remedyOf(code)
  return refused('Slack', response, now, {
    ...(kind === undefined ? {} : { kind }),
    detail: code === '' ? undefined : code,
    secrets,
    ...(remedy === undefined ? {} : { remedy }),
  })
}
