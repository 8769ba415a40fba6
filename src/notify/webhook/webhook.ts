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
        const signed =
          settings.secrets.length === 0 ? {} : signatureHeaders(settings.secrets, report.id, seconds, body.text)
        const { status, headers } = await send({
          method,
          url: url.href,
          headers: {
            'content-type': body.contentType,
            'user-agent': 'node-red-contrib-openstack-events',
            // By which a receiver can tell that it has this one already.
            [settings.keyHeader]: report.id,
            ...settings.headers,
            ...signed,
          },
          body: body.text,
          ...(signal === undefined ? {} : { signal }),
        })
        const sent: Sent = {
          did: 'sent',
          status,
          ...(headers['location'] === undefined ? {} : { url: headers['location'] }),
        }
        return sent
      },
      async test(signal) {
        const request = { method: 'HEAD', url: url.href, headers: settings.headers } as const
        const { status } = await ask(
          http,
          { ...request, ...(signal === undefined ? {} : { signal }) },
          url.host,
          hidden,
        )
        return `${url.host} answers (status ${status} to HEAD). Nothing was sent; whether it takes messages shows with the first.`
      },
      close: () => http.close(),
    }
  },
}

const HEADER_NAME = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/
/** Ours to say, or the connection's. */
const RESERVED = new Set(['host', 'content-length', 'content-type', 'transfer-encoding', 'connection'])

function readSettings(config: ChannelConfig): WebhookSettings {
  const read = new ChannelSettings(config, 'Web hook')
  const secretUrl = read.secret('secretUrl')
  const written = secretUrl ?? read.text('url')
  if (written === '') read.complain('"url" is missing')
  const url = read.url('url', written, { allowHttp: read.yes('allowHttp') })
  const auth = read.oneOf('auth', ['none', 'basic', 'bearer', 'header'], 'none')
  const password = auth === 'none' ? undefined : read.mandatorySecret('password')
  const headers = { ...plainHeaders(read), ...authorization(read, auth, password ?? '') }
  const signing = [read.secret('signingSecret'), read.secret('signingSecretBefore')]
  const settings: WebhookSettings = {
    url: url ?? new URL('https://invalid.invalid/'),
    method: read.oneOf('method', ['POST', 'PUT', 'PATCH'], 'POST'),
    form: read.oneOf('form', ['cloudevents', 'event', 'report', 'template'], 'cloudevents'),
    headers,
    secrets: signing.filter((secret) => secret !== undefined),
    keyHeader: 'idempotency-key',
    hidden: [password, secretUrl, ...signing],
  }
  read.done()
  return settings
}

function authorization(read: ChannelSettings, auth: string, password: string): Record<string, string> {
  if (auth === 'bearer') return { authorization: `Bearer ${password}` }
  if (auth === 'basic') {
    const user = read.mandatory('user')
    return { authorization: `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}` }
  }
  if (auth !== 'header') return {}
  const name = read.mandatory('authHeader').toLowerCase()
  if (name !== '' && !HEADER_NAME.test(name)) read.complain('"authHeader" is no name of a header')
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
    } else if (/[^\t\u0020-\u007e\u00a0-\u00ff]/.test(value)) {
      read.complain(`the header "${lower}" holds characters that a header cannot`)
    } else {
      headers[lower] = value
    }
  }
  return headers
}
