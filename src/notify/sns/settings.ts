import type { AwsKeys } from '../../aws/sign'
import type { ChannelConfig } from '../channel'
import { ChannelSettings } from '../channel-settings'

export interface SnsSettings {
  readonly to: SnsTarget
  readonly region: string
  /** Where requests go. */
  readonly endpoint: URL
  /** Of the node; undefined: found in the environment, the container or the instance. */
  readonly keys: AwsKeys | undefined
  readonly form: 'text' | 'event' | 'structured'
  readonly sms: {
    readonly parts: number
    /** Stay in the GSM alphabet, so that an emoji does not double the cost. */
    readonly plain: boolean
    readonly sender: string
    readonly kind: 'Transactional' | 'Promotional'
  }
  /** Of FIFO topics; empty: the matter. */
  readonly group: string
}

export type SnsTarget =
  | { readonly kind: 'topic'; readonly arn: string; readonly fifo: boolean }
  /** An endpoint of a mobile app. */
  | { readonly kind: 'endpoint'; readonly arn: string }
  /** E.164 */
  | { readonly kind: 'phone'; readonly number: string }

const ARN = /^arn:aws[a-z-]*:sns:([a-z0-9-]+):\d{12}:([A-Za-z0-9_/.-]{1,256})$/
const REGION = /^[a-z]{2}(?:-[a-z]+)+-\d{1,2}$/

/** @throws OperatorError NOTIFY_CONFIG */
export function readSnsSettings(config: ChannelConfig): SnsSettings {
  const read = new ChannelSettings(config, 'SNS')
  const { to, region: ofArn } = readTarget(read)
  const written = read.text('region')
  if (written !== '' && !REGION.test(written)) read.complain('"region" is no region such as eu-central-1')
  if (written !== '' && ofArn !== '' && written !== ofArn) read.complain(`"region" is not that of the ARN, ${ofArn}`)
  const region = ofArn || written
  if (region === '') read.complain('"region" is missing')
  const api = read.text('api')
  const endpoint = read.url('api', api || `https://${hostOf(region || 'us-east-1', read.yes('fips'))}/`)
  const sender = read.text('senderId')
  if (sender !== '' && !(/^[A-Za-z0-9]{1,11}$/.test(sender) && /[A-Za-z]/.test(sender))) {
    read.complain('"senderId" is 1 to 11 letters and digits, at least one letter')
  }
  const group = read.text('messageGroup')
  if (!/^[\x21-\x7e]{0,128}$/.test(group)) read.complain('"messageGroup" is at most 128 letters, digits and signs')
  const settings: SnsSettings = {
    to,
    region,
    endpoint: endpoint ?? new URL('https://invalid.invalid/'),
    keys: readKeys(read),
    form: read.oneOf('form', ['text', 'event', 'structured'], 'text'),
    sms: {
      parts: read.whole('smsParts', 2, 1, 10),
      plain: read.yes('plainSms'),
      sender,
      kind: read.oneOf('smsKind', ['Transactional', 'Promotional'], 'Transactional'),
    },
    group,
  }
  read.done()
  return settings
}

function readTarget(read: ChannelSettings): { to: SnsTarget; region: string } {
  const kind = read.oneOf('way', ['topic', 'endpoint', 'phone'], 'topic')
  if (kind === 'phone') {
    const number = read.mandatory('phone').replace(/[\s().-]/g, '')
    if (number !== '' && !/^\+[1-9]\d{1,14}$/.test(number)) read.complain('"phone" is no number such as +4930123456')
    return { to: { kind, number }, region: '' }
  }
  const arn = read.mandatory(kind)
  const [, region = '', name = ''] = ARN.exec(arn) ?? []
  if (arn !== '' && name === '') read.complain(`"${kind}" is no ARN of SNS`)
  const isEndpoint = name.startsWith('endpoint/')
  if (name !== '' && isEndpoint !== (kind === 'endpoint')) read.complain(`"${kind}" is the ARN of something else`)
  return { to: kind === 'topic' ? { kind, arn, fifo: name.endsWith('.fifo') } : { kind, arn }, region }
}

function readKeys(read: ChannelSettings): AwsKeys | undefined {
  const accessKeyId = read.secret('accessKeyId')?.trim()
  const secretAccessKey = read.secret('secretAccessKey')?.trim()
  const sessionToken = read.secret('sessionToken')?.trim()
  if (accessKeyId === undefined && secretAccessKey === undefined) return undefined
  if (accessKeyId === undefined) read.complain('the credential "accessKeyId" is missing')
  if (secretAccessKey === undefined) read.complain('the credential "secretAccessKey" is missing')
  return {
    accessKeyId: accessKeyId ?? '',
    secretAccessKey: secretAccessKey ?? '',
    ...(sessionToken === undefined ? {} : { sessionToken }),
  }
}

function hostOf(region: string, fips: boolean): string {
  return `sns${fips ? '-fips' : ''}.${region}.amazonaws.com${region.startsWith('cn-') ? '.cn' : ''}`
}
