import { createHash } from 'node:crypto'
import type { HttpRequest } from '../../http/client'
import { ask, refused } from '../answers'
import type { Channel, ChannelConfig, ChannelDefinition, Sent } from '../channel'
import { ChannelSettings } from '../channel-settings'
import { type BodyForm, bodyOf } from './body'
import { signatureHeaders } from './sign'

interface WebhookSettings {
  readonly url: URL
  readonly method: 'POST' | 'PUT' | 'PATCH'
  readonly form: BodyForm
  readonly headers: Readonly<Record<string, string>>
  readonly secrets: readonly string[]
  readonly keyHeader: string
  /** Everything that must show in no text. */
  readonly hidden: readonly (string | undefined)[]
}

/** Any address that takes JSON: CloudEvents by default, signed where a secret is given. */
export const webhookChannel: ChannelDefinition = {
  name: 'webhook',
  fields: [{ name: 'text', escape: 'none' }],
  document: 'none',
  rate: { perSecond: 20, burst: 50 },
  idempotent: false,
  open(config, { http, now }): Channel {
    const settings = readSettings(config)
    const { url, method, hidden } = settings
    const send = async (request: HttpRequest) => {
      const response = await ask(http, request, url.host, hidden)
      if (response.status >= 200 && response.status < 300) return response
      throw refused(url.host, response, now(), { detail: response.text.slice(0, 300), secrets: hidden })
    }
    return {
      target: url.host,
      async send(report, signal) {
        const body = bodyOf(report, settings.form)
        const seconds = Math.floor(now() / 1000)
        const id = headerId(report.id)
        const signed = settings.secrets.length === 0 ? {} : signatureHeaders(settings.secrets, id, seconds, body.text)
        const { status, headers } = await send({
          method,
          url: url.href,
          headers: {
            'content-type': body.contentType,
            'user-agent': 'node-red-contrib-openstack-events',
            // By which a receiver can tell that it has this one already.
            [settings.keyHeader]: id,
            ...settings.headers,
            ...signed,
          },
          body: body.text,
          ...(signal === undefined ? {} : { signal }),
        })
        const sent: Sent = {
          did: 'sent',
          status,
          ...(headers['location'] === undefined ? {} : { url: headers['location'].slice(0, 2000) }),
        }
        return sent
      },
      async test(signal) {
        const request = { method: 'HEAD', url: url.href, headers: settings.headers } as const
        const response = await ask(http, { ...request, ...(signal === undefined ? {} : { signal }) }, url.host, hidden)
        const { status } = response
        if (status === 401 || status === 403 || status === 407) {
          throw refused(url.host, response, now(), { kind: 'auth', remedy: 'Check how to log in.', secrets: hidden })
        }
        return `${url.host} answers (status ${status} to HEAD). Nothing was sent; whether it takes messages shows with the first.`
      },
      close: () => http.close(),
    }
  },
}

/** Ids come from outside: what a header cannot hold is sent as its digest, the same for the same. */
function headerId(id: string): string {
  return /^[\x21-\x7e]{1,200}$/.test(id) ? id : createHash('sha256').update(id).digest('hex')
}

const HEADER_NAME = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/
const HEADER_VALUE = /^[\t\u0020-\u007e\u00a0-\u00ff]*$/
/** Ours to say, or the connection's. */
const RESERVED = new Set([
  'host',
  'content-length',
  'content-type',
  'transfer-encoding',
  'connection',
  'upgrade',
  'expect',
])

function readSettings(config: ChannelConfig): WebhookSettings {
  const read = new ChannelSettings(config, 'Web hook')
  // A credential that was entered once stays when the tick goes.
  const secretUrl = read.yes('urlIsSecret') ? read.mandatorySecret('secretUrl').trim() : undefined
  const url = read.url('url', secretUrl ?? read.mandatory('url'), { allowHttp: read.yes('allowHttp') })
  if (url !== undefined && (url.username !== '' || url.password !== '')) {
    read.complain('"url" holds a user or a password: choose how to log in instead')
  }
  const auth = read.oneOf('auth', ['none', 'basic', 'bearer', 'header'], 'none')
  const password = auth === 'none' ? undefined : read.mandatorySecret('password')
  if (password !== undefined && !HEADER_VALUE.test(password) && auth !== 'basic') {
    read.complain('the credential "password" holds characters that a header cannot')
  }
  const loggedIn = authorization(read, auth, password ?? '')
  const headers = { ...plainHeaders(read), ...loggedIn }
  const signing = [read.secret('signingSecret'), read.secret('signingSecretBefore')]
  const settings: WebhookSettings = {
    url: url ?? new URL('https://invalid.invalid/'),
    method: read.oneOf('method', ['POST', 'PUT', 'PATCH'], 'POST'),
    form: read.oneOf('form', ['cloudevents', 'event', 'report', 'template'], 'cloudevents'),
    headers,
    secrets: signing.filter((secret) => secret !== undefined),
    keyHeader: 'idempotency-key',
    hidden: [password, loggedIn['authorization']?.replace(/^\w+ /, ''), ...partsOf(secretUrl), ...signing],
  }
  read.done()
  return settings
}

/** A receiver may repeat any part of a secret address in what it says. */
function partsOf(secretUrl: string | undefined): readonly string[] {
  if (secretUrl === undefined || !URL.canParse(secretUrl)) return []
  const { pathname, search, searchParams } = new URL(secretUrl)
  const parts = [pathname + search, pathname, ...pathname.split('/'), ...searchParams.values()]
  return [secretUrl, ...parts.filter((part) => part.length >= 6)]
}

function authorization(read: ChannelSettings, auth: string, password: string): Record<string, string> {
  if (auth === 'bearer') return { authorization: `Bearer ${password}` }
  if (auth === 'basic') {
    const user = read.mandatory('user')
    return { authorization: `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}` }
  }
  if (auth !== 'header') return {}
  const name = read.mandatory('authHeader').toLowerCase()
  if (name !== '' && (!HEADER_NAME.test(name) || RESERVED.has(name))) {
    read.complain('"authHeader" is no name of a header that can be set')
  }
  return { [name]: password }
}

/** `Name: value`, a line each. */
function plainHeaders(read: ChannelSettings): Record<string, string> {
  const headers: Record<string, string> = {}
  for (const line of read.text('headers').split('\n')) {
    if (line.trim() === '') continue
    const [, name = '', value = ''] = /^\s*([^:\s]+)\s*:\s*(.*?)\s*$/.exec(line) ?? []
    const lower = name.toLowerCase()
    if (!HEADER_NAME.test(name) || RESERVED.has(lower)) {
      read.complain(`"headers" has a line that cannot be used`)
    } else if (!HEADER_VALUE.test(value)) {
      read.complain(`the header "${lower}" holds characters that a header cannot`)
    } else {
      headers[lower] = value
    }
  }
  return headers
}
