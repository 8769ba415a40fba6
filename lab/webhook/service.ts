import { createHmac, timingSafeEqual } from 'node:crypto'
import type { LabClock } from '../clock'
import { json, type LabHandler, type LabRequest } from '../http/exchange'
import type { VendorTools } from '../vendors'

/** What a receiver took. */
export interface ReceivedHook {
  readonly at: Date
  readonly method: string
  readonly path: string
  readonly headers: LabRequest['headers']
  readonly body: string
  /** Of Standard Webhooks, or the idempotency key. */
  readonly id: string
}

/** A receiver of web hooks, as one that is careful would be written; tests and people change what it demands. */
export class WebhookReceiver {
  /** Any of them may have signed, `whsec_<base64>` or plain text; none: signatures are not asked for. */
  secrets: string[] = []
  /** `Authorization` that must come, whole; undefined: none. */
  authorization: string | undefined
  /** Each message that was taken, repetitions left out. */
  readonly taken: ReceivedHook[] = []
  /** How often a message came that had been taken before. */
  repeated = 0
}

const TOLERANCE_MS = 5 * 60_000
const LARGEST = 1024 * 1024

/**
 * Takes POST, PUT and PATCH of JSON or text up to 1 MiB; checks log-in, signature, and that the time of signing is near;
 * knows a message again by its id.
 */
export function webhookService(receiver: WebhookReceiver, clock: LabClock): LabHandler {
  return (request) => {
    const { method, headers, body, path } = request
    if (method === 'HEAD' || method === 'GET') return { status: 200, body: '' }
    if (!['POST', 'PUT', 'PATCH'].includes(method)) return { status: 405, headers: { allow: 'POST, PUT, PATCH' } }
    if (receiver.authorization !== undefined && headers['authorization'] !== receiver.authorization) {
      return json(401, { error: 'Who are you?' })
    }
    if (Buffer.byteLength(body) > LARGEST) return json(413, { error: 'That is too much.' })
    const wrong = unsigned(request, receiver.secrets, clock.now()) ?? unreadable(request)
    if (wrong !== undefined) return json(400, { error: wrong })
    const id = headers['webhook-id'] ?? headers['idempotency-key'] ?? ''
    if (id !== '' && receiver.taken.some((one) => one.id === id)) {
      receiver.repeated += 1
      return json(200, { repeated: true })
    }
    receiver.taken.push({ at: clock.now(), method, path, headers, body, id })
    return json(202, { taken: receiver.taken.length })
  }
}

/** What is wrong with the signature; undefined: nothing. */
function unsigned({ headers, body }: LabRequest, secrets: readonly string[], now: Date): string | undefined {
  if (secrets.length === 0) return undefined
  const id = headers['webhook-id']
  const at = headers['webhook-timestamp'] ?? ''
  if (id === undefined || !/^\d{1,12}$/.test(at)) return 'webhook-id or webhook-timestamp is missing'
  if (Math.abs(Number(at) * 1000 - now.getTime()) > TOLERANCE_MS) return 'webhook-timestamp is too far from now'
  const given = (headers['webhook-signature'] ?? '')
    .split(' ')
    .flatMap((one) => (one.startsWith('v1,') ? [one.slice(3)] : []))
  const expected = secrets.map((secret) => createHmac('sha256', keyOf(secret)).update(`${id}.${at}.${body}`).digest())
  const matches = given.some((one) => {
    const bytes = Buffer.from(one, 'base64')
    return expected.some((mine) => mine.length === bytes.length && timingSafeEqual(mine, bytes))
  })
  return matches ? undefined : 'webhook-signature does not match'
}

function unreadable({ headers, body }: LabRequest): string | undefined {
  const type = headers['content-type'] ?? ''
  if (/^text\/plain\b/.test(type)) return undefined
  if (!/^application\/(?:[\w.-]+\+)?json\b/.test(type)) return `the content type ${type} is not known here`
  let parsed: unknown
  try {
    parsed = JSON.parse(body)
  } catch {
    return 'this is no JSON'
  }
  if (!type.startsWith('application/cloudevents+json')) return undefined
  const event = (parsed ?? {}) as Record<string, unknown>
  const missing = ['specversion', 'id', 'source', 'type'].filter(
    (name) => typeof event[name] !== 'string' || event[name] === '',
  )
  if (missing.length > 0) return `a CloudEvent has ${missing.join(', ')}`
  if (event['specversion'] !== '1.0') return 'only CloudEvents 1.0 are known here'
  // CloudEvents 1.0: names of attributes are lower-case letters and digits; times are RFC 3339.
  const odd = Object.keys(event).find((name) => name !== 'data_base64' && !/^[a-z0-9]+$/.test(name))
  if (odd !== undefined) return `${odd} is no name of an attribute`
  if (event['subject'] !== undefined && (typeof event['subject'] !== 'string' || event['subject'] === ''))
    return 'subject is empty'
  const { time } = event
  if (time !== undefined && !/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)$/.test(String(time)))
    return 'time is no RFC 3339'
  return undefined
}

function keyOf(secret: string): Buffer {
  return secret.startsWith('whsec_') ? Buffer.from(secret.slice(6), 'base64') : Buffer.from(secret)
}

/** A receiver that asks for a signature of the demo's secret. */
export function webhookVendor({ clock }: VendorTools): { handler: LabHandler; receiver: WebhookReceiver } {
  const receiver = new WebhookReceiver()
  receiver.secrets.push(demoHookSecret)
  return { handler: webhookService(receiver, clock), receiver }
}

export const demoHookSecret = `whsec_${Buffer.from('the secret of the pocket cloud').toString('base64')}`
