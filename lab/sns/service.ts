import { createHash } from 'node:crypto'
import type { LabClock } from '../clock'
import type { LabHandler, LabReply } from '../http/exchange'
import { type SnsKey, SnsRefusal, verified } from './signature'

export interface SnsTopic {
  readonly subscriptions: number
  /** Whose keys may publish; everybody's if not given. */
  readonly publishers?: readonly string[]
  /** Whose keys may look at it; everybody's if not given. */
  readonly readers?: readonly string[]
}

import type { VendorTools } from '../vendors'

/** What was published, decoded. */
export interface Published {
  readonly messageId: string
  readonly key: string
  readonly target: string
  readonly message: string
  readonly subject: string | undefined
  readonly attributes: Readonly<Record<string, string>>
  readonly group: string | undefined
  readonly deduplication: string | undefined
  readonly at: Date
}

/** SNS of one region. Tests and people change what is in it. */
export class SnsWorld {
  readonly region: string
  readonly keys = new Map<string, SnsKey>()
  readonly topics = new Map<string, SnsTopic>()
  readonly endpoints = new Map<string, { enabled: boolean }>()
  readonly optedOut = new Set<string>()
  readonly published: Published[] = []
  readonly #seen = new Map<string, { readonly messageId: string; readonly at: number }>()

  constructor(region = 'eu-central-1') {
    this.region = region
  }

  /** The message id of a FIFO message that came within the last 5 minutes. */
  repeated(target: string, deduplication: string, now: Date): string | undefined {
    const seen = this.#seen.get(`${target} ${deduplication}`)
    return seen !== undefined && now.getTime() - seen.at < 300_000 ? seen.messageId : undefined
  }

  keep(published: Published): void {
    this.published.push(published)
    if (published.deduplication === undefined) return
    const { target, deduplication, messageId, at } = published
    this.#seen.set(`${target} ${deduplication}`, { messageId, at: at.getTime() })
  }
}

const NAMESPACE = 'http://sns.amazonaws.com/doc/2010-03-31/'
const LARGEST = 262_144

/** Amazon SNS over its Query protocol: signatures are checked, and what the API reference says of parameters. */
export function snsService(world: SnsWorld, clock: LabClock): LabHandler {
  return (request) => {
    try {
      if (request.method !== 'POST' || request.path !== '/') throw invalid('Only POST / is known here')
      if (!/^application\/x-www-form-urlencoded\b/.test(request.headers['content-type'] ?? '')) {
        throw invalid('The content type is none of the Query protocol')
      }
      const key = verified(request, world.keys, world.region, clock.now())
      const form = new URLSearchParams(request.body)
      if (form.get('Version') !== '2010-03-31') throw new SnsRefusal(400, 'InvalidAction', 'Could not find operation')
      return answer(form, key)
    } catch (thrown) {
      if (thrown instanceof SnsRefusal) return failure(thrown)
      throw thrown
    }
  }

  function answer(form: URLSearchParams, key: string): LabReply {
    const action = form.get('Action') ?? ''
    switch (action) {
      case 'Publish':
        return success(action, publish(form, key))
      case 'GetTopicAttributes': {
        const topic = topicOf(form.get('TopicArn') ?? '')
        allowed(topic.readers, key, 'SNS:GetTopicAttributes')
        return success(action, attributes({ SubscriptionsConfirmed: String(topic.subscriptions) }))
      }
      case 'GetEndpointAttributes': {
        const endpoint = world.endpoints.get(form.get('EndpointArn') ?? '')
        if (endpoint === undefined) throw new SnsRefusal(404, 'NotFound', 'Endpoint does not exist')
        return success(action, attributes({ Enabled: String(endpoint.enabled) }))
      }
      case 'CheckIfPhoneNumberIsOptedOut':
        return success(action, `<isOptedOut>${world.optedOut.has(form.get('phoneNumber') ?? '')}</isOptedOut>`)
      default:
        throw new SnsRefusal(400, 'InvalidAction', `Could not find operation ${action} for version 2010-03-31`)
    }
  }

  function publish(form: URLSearchParams, key: string): string {
    const targets = ['TopicArn', 'TargetArn', 'PhoneNumber'].filter((name) => form.has(name))
    if (targets.length !== 1) throw invalid('Invalid parameter: exactly one of TopicArn, TargetArn, PhoneNumber')
    const target = form.get(targets[0] ?? '') ?? ''
    const message = form.get('Message') ?? ''
    const told = attributesOf(form)
    checkMessage(form, message, told)
    if (form.has('PhoneNumber')) {
      if (!/^\+[1-9]\d{1,14}$/.test(target))
        throw invalid(`Invalid parameter: PhoneNumber Reason: ${target} is not valid`)
      if (message.length > 1600) throw invalid('Invalid parameter: Message too long')
      if (form.has('Subject')) throw invalid('Invalid parameter: Subject')
    } else if (form.has('TargetArn')) {
      const endpoint = world.endpoints.get(target)
      if (endpoint === undefined) throw invalid('Invalid parameter: TargetArn Reason: No endpoint found')
      if (!endpoint.enabled) throw new SnsRefusal(400, 'EndpointDisabled', 'Endpoint is disabled')
    } else {
      allowed(topicOf(target).publishers, key, 'SNS:Publish')
    }
    return kept(form, { key, target, message, attributes: told })
  }

  function kept(form: URLSearchParams, what: Pick<Published, 'key' | 'target' | 'message' | 'attributes'>): string {
    const fifo = what.target.endsWith('.fifo')
    const group = form.get('MessageGroupId') ?? undefined
    const deduplication = form.get('MessageDeduplicationId') ?? undefined
    if (fifo && group === undefined) {
      throw invalid('Invalid parameter: The MessageGroupId parameter is required for FIFO topics')
    }
    if (fifo && deduplication === undefined) {
      throw invalid(
        'Invalid parameter: The topic should either have ContentBasedDeduplication enabled or MessageDeduplicationId provided explicitly',
      )
    }
    if (!fifo && deduplication !== undefined) throw invalid('Invalid parameter: MessageDeduplicationId')
    for (const one of [group, deduplication]) {
      if (one !== undefined && !/^[\x21-\x7e]{1,128}$/.test(one))
        throw invalid('Invalid parameter: MessageGroupId or MessageDeduplicationId')
    }
    const at = clock.now()
    const known = deduplication === undefined ? undefined : world.repeated(what.target, deduplication, at)
    const messageId = known ?? uuid(`${what.target} ${world.published.length}`)
    const subject = form.get('Subject') ?? undefined
    if (known === undefined) world.keep({ ...what, messageId, subject, group, deduplication, at })
    const sequence = fifo
      ? `<SequenceNumber>${10_000_000_000_000_000_000n + BigInt(world.published.length)}</SequenceNumber>`
      : ''
    return `<MessageId>${messageId}</MessageId>${sequence}`
  }

  function topicOf(arn: string): SnsTopic {
    const topic = world.topics.get(arn)
    if (topic === undefined) throw new SnsRefusal(404, 'NotFound', 'Topic does not exist')
    return topic
  }
}

function checkMessage(form: URLSearchParams, message: string, told: Readonly<Record<string, string>>): void {
  if (message === '') throw invalid('Invalid parameter: Empty message')
  const spent = Object.entries(told).reduce((sum, [name, value]) => sum + Buffer.byteLength(`${name}String${value}`), 0)
  if (Buffer.byteLength(message) + spent > LARGEST) throw invalid('Invalid parameter: Message too long')
  const subject = form.get('Subject')
  if (subject !== null && !/^[A-Za-z0-9!-/:-@[-`{-~][\x20-\x7e]{0,99}$/.test(subject))
    throw invalid('Invalid parameter: Subject')
  if (form.get('MessageStructure') !== 'json') return
  let parts: unknown
  try {
    parts = JSON.parse(message)
  } catch {
    throw invalid('Invalid parameter: Message Structure - JSON message body failed to parse')
  }
  if (typeof (parts as { default?: unknown } | null)?.default !== 'string') {
    throw invalid('Invalid parameter: Message Structure - No default entry in JSON message body')
  }
}

function attributesOf(form: URLSearchParams): Record<string, string> {
  const told: Record<string, string> = {}
  for (let entry = 1; form.has(`MessageAttributes.entry.${entry}.Name`); entry += 1) {
    const of = (part: string) => form.get(`MessageAttributes.entry.${entry}.${part}`) ?? ''
    const name = of('Name')
    const value = of('Value.StringValue')
    if (of('Value.DataType') !== 'String')
      throw new SnsRefusal(400, 'ParameterValueInvalid', `The type of ${name} is none`)
    if (!/^[A-Za-z0-9_.-]{1,256}$/.test(name) || value === '') {
      throw new SnsRefusal(
        400,
        'ParameterValueInvalid',
        `The message attribute '${name}' must contain a non-empty value`,
      )
    }
    told[name] = value
  }
  return told
}

function allowed(who: readonly string[] | undefined, key: string, action: string): void {
  if (who === undefined || who.includes(key)) return
  throw new SnsRefusal(
    403,
    'AuthorizationError',
    `User with key ${key} is not authorized to perform: ${action} <on> "this" & that`,
  )
}

function invalid(message: string): SnsRefusal {
  return new SnsRefusal(400, 'InvalidParameter', message)
}

function attributes(values: Readonly<Record<string, string>>): string {
  const entries = Object.entries(values).map(
    ([key, value]) => `<entry><key>${key}</key><value>${escaped(value)}</value></entry>`,
  )
  return `<Attributes>${entries.join('')}</Attributes>`
}

function success(action: string, content: string): LabReply {
  const metadata = `<ResponseMetadata><RequestId>${uuid(content)}</RequestId></ResponseMetadata>`
  const body = `<${action}Response xmlns="${NAMESPACE}">\n  <${action}Result>${content}</${action}Result>\n  ${metadata}\n</${action}Response>\n`
  return { status: 200, headers: { 'content-type': 'text/xml' }, body }
}

function failure({ status, code, message }: SnsRefusal): LabReply {
  const error = `<Error><Type>${status < 500 ? 'Sender' : 'Receiver'}</Type><Code>${code}</Code><Message>${escaped(message)}</Message></Error>`
  const body = `<ErrorResponse xmlns="${NAMESPACE}">\n  ${error}\n  <RequestId>${uuid(message)}</RequestId>\n</ErrorResponse>\n`
  return { status, headers: { 'content-type': 'text/xml' }, body }
}

function escaped(text: string): string {
  return text.replace(/&/g, '&amp;').replace(/</g, '&lt;').replace(/>/g, '&gt;')
}

/** The same for the same, so that runs are alike. */
function uuid(of: string): string {
  const digits = createHash('sha256').update(of).digest('hex')
  return [
    digits.slice(0, 8),
    digits.slice(8, 12),
    `5${digits.slice(13, 16)}`,
    `8${digits.slice(17, 20)}`,
    digits.slice(20, 32),
  ].join('-')
}

/** SNS with a demo account in it. */
export function snsVendor({ clock }: VendorTools): { handler: LabHandler; world: SnsWorld } {
  const world = new SnsWorld()
  world.keys.set(demoSns.accessKeyId, { secret: demoSns.secretAccessKey })
  world.topics.set(demoSns.topic, { subscriptions: 2 })
  world.topics.set(demoSns.fifoTopic, { subscriptions: 1 })
  world.endpoints.set(demoSns.endpoint, { enabled: true })
  return { handler: snsService(world, clock), world }
}

/** The keys that AWS' documentation uses as its example: nobody's. */
export const demoSns = {
  region: 'eu-central-1',
  accessKeyId: 'AKIAIOSFODNN7EXAMPLE',
  secretAccessKey: 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY',
  topic: 'arn:aws:sns:eu-central-1:123456789012:audit',
  fifoTopic: 'arn:aws:sns:eu-central-1:123456789012:audit.fifo',
  endpoint: 'arn:aws:sns:eu-central-1:123456789012:endpoint/GCM/audit/5e3e9847-3183-3f18-a7e8-671c3a57d4b3',
} as const
