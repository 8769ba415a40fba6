import { readFile } from 'node:fs/promises'
import { type FoundKeys, type KeySource, keySource } from '../../aws/credentials'
import { signedHeaders } from '../../aws/sign'
import { describeError } from '../../errors/operator-error'
import { undiciClient } from '../../http/undici-client'
import { children, textAt, type XmlElement } from '../../xml/read'
import { ask } from '../answers'
import { type Channel, type ChannelDefinition, type ChannelTools, NotifyError, type Sent } from '../channel'
import { resultOf, SnsError } from './answer'
import { type Parameters, publishParameters, smsCost } from './publish'
import { readSnsSettings, type SnsSettings } from './settings'

const VERSION = '2010-03-31'
/** SMS are sent at 20 a second at most; topics take far more. */
const RATE = { perSecond: 20, burst: 20 }

/** Where keys that are not in the node are looked for; tests put their own here. */
export interface SnsSurroundings {
  readonly env: Readonly<Record<string, string | undefined>>
  readonly metadata?: string
}

/** Amazon SNS: a topic, an endpoint of a mobile app, or a telephone. */
export const snsChannel: ChannelDefinition = snsChannelIn({ env: process.env })

export function snsChannelIn(surroundings: SnsSurroundings): ChannelDefinition {
  return {
    name: 'sns',
    fields: [
      { name: 'subject', escape: 'none' },
      { name: 'text', escape: 'none' },
    ],
    rate: RATE,
    idempotent: false,
    open: (config, tools) => openSns(readSnsSettings(config), tools, surroundings),
  }
}

function openSns(settings: SnsSettings, tools: ChannelTools, surroundings: SnsSurroundings): Channel {
  const { to } = settings
  const caller = new Caller(settings, tools, surroundings)
  return {
    target: to.kind === 'phone' ? to.number : to.arn.split(':').slice(5).join(':') || to.arn,
    async send(report, signal) {
      const parameters = publishParameters(report, settings)
      const result = await published(caller, parameters, to.kind === 'topic' && to.fifo, signal)
      const id = textAt(result, 'MessageId')
      const sequence = textAt(result, 'SequenceNumber')
      const sent: Sent = {
        did: 'sent',
        ...(id === undefined ? {} : { id }),
        ...(sequence === undefined ? {} : { sequence }),
        ...(to.kind === 'phone' ? { sms: smsCost(parameters['Message'] ?? '') } : {}),
      }
      return sent
    },
    test: (signal) => tried(caller, settings, signal),
    close: async () => {
      await caller.close()
      await tools.http.close()
    },
  }
}

/** A FIFO topic takes a message of one id once within 5 minutes: trying again is harmless there. */
async function published(
  caller: Caller,
  parameters: Parameters,
  fifo: boolean,
  signal: AbortSignal | undefined,
): Promise<XmlElement> {
  try {
    return await caller.call('Publish', parameters, signal)
  } catch (thrown) {
    if (!(fifo && thrown instanceof NotifyError && thrown.kind === 'unknown')) throw thrown
    throw new NotifyError('transient', thrown.message, { cause: thrown })
  }
}

async function tried(caller: Caller, { to }: SnsSettings, signal: AbortSignal | undefined): Promise<string> {
  const [action, parameters] =
    to.kind === 'topic'
      ? ['GetTopicAttributes', { TopicArn: to.arn }]
      : to.kind === 'endpoint'
        ? ['GetEndpointAttributes', { EndpointArn: to.arn }]
        : ['CheckIfPhoneNumberIsOptedOut', { phoneNumber: to.number }]
  try {
    const result = await caller.call(action, parameters as Parameters, signal)
    return `AWS knows the keys from ${caller.keysFrom}. ${factOf(to.kind, result)} Nothing was published.`
  } catch (thrown) {
    const mayNotLook = thrown instanceof SnsError && /^(?:AuthorizationError|AccessDenied)/.test(thrown.awsCode)
    if (!mayNotLook) throw thrown
    return `AWS knows the keys from ${caller.keysFrom}; they may not ${action}, so whether they may publish shows with the first message.`
  }
}

function factOf(kind: SnsSettings['to']['kind'], result: XmlElement): string {
  const entries = children(
    result.children.find(({ name }) => name === 'Attributes'),
    'entry',
  )
  const value = (key: string) =>
    textAt(
      entries.find((entry) => textAt(entry, 'key') === key),
      'value',
    )
  switch (kind) {
    case 'topic':
      return `The topic is there, with ${value('SubscriptionsConfirmed') ?? 'an unknown number of'} subscriptions.`
    case 'endpoint':
      return value('Enabled') === 'false' ? 'The endpoint is there, but disabled.' : 'The endpoint is there.'
    case 'phone':
      return textAt(result, 'isOptedOut') === 'true'
        ? 'The number has opted out of messages: nothing reaches it.'
        : 'The number takes messages.'
  }
}

/** Signs and sends, with keys that are fresh. */
class Caller {
  readonly #settings: SnsSettings
  readonly #tools: ChannelTools
  readonly #source: KeySource
  /** For looking for keys; never through a proxy. */
  readonly #nearby = undiciClient({ connectTimeoutMs: 1000, closeWithinMs: 0 })
  keysFrom = 'the node'
  #found = false

  constructor(settings: SnsSettings, tools: ChannelTools, { env, metadata }: SnsSurroundings) {
    this.#settings = settings
    this.#tools = tools
    this.#source = keySource({
      ...{ env, http: this.#nearby, now: tools.now },
      readFile: (path) => readFile(path, 'utf8'),
      ...(metadata === undefined ? {} : { metadata }),
    })
  }

  /** Keys that have ended although they were fresh are asked for once more. */
  async call(action: string, parameters: Parameters, signal: AbortSignal | undefined): Promise<XmlElement> {
    try {
      return await this.#once(action, parameters, signal)
    } catch (thrown) {
      const ended = thrown instanceof SnsError && /^(?:ExpiredToken|InvalidClientTokenId)/.test(thrown.awsCode)
      if (!ended || this.#settings.keys !== undefined) throw thrown
      this.#source.forget()
      return this.#once(action, parameters, signal)
    }
  }

  async close(): Promise<void> {
    await this.#nearby.close()
  }

  async #once(action: string, parameters: Parameters, signal: AbortSignal | undefined): Promise<XmlElement> {
    const { endpoint, region } = this.#settings
    const { http, now } = this.#tools
    const { keys } = await this.#keys()
    const secrets = [keys.secretAccessKey, keys.sessionToken, keys.accessKeyId]
    // "+" for a blank is not what AWS' own tools send.
    const body = new URLSearchParams({ Action: action, Version: VERSION, ...parameters })
      .toString()
      .replace(/\+/g, '%20')
    const request = {
      method: 'POST' as const,
      url: endpoint.href,
      headers: { 'content-type': 'application/x-www-form-urlencoded; charset=utf-8' },
      body,
    }
    const { host: _host, ...headers } = signedHeaders(request, keys, { region, service: 'sns' }, now())
    const response = await ask(
      http,
      { ...request, headers, ...(signal === undefined ? {} : { signal }) },
      'SNS',
      secrets,
    )
    return resultOf(response, action, now(), secrets)
  }

  async #keys(): Promise<FoundKeys> {
    const { keys } = this.#settings
    if (keys !== undefined) return { keys, from: 'the node' }
    try {
      const found = await this.#source.keys()
      this.#found = true
      this.keysFrom = found.from
      return found
    } catch (thrown) {
      // Where there were keys before, there will be some again.
      throw new NotifyError(this.#found ? 'transient' : 'auth', describeError(thrown), { cause: thrown })
    }
  }
}
