import type { HttpResponse } from '../../http/client'
import { readXml, textAt, type XmlElement, XmlFault } from '../../xml/read'
import { kindOfStatus, refused } from '../answers'
import { NotifyError, type NotifyFailure } from '../channel'

/** The API's error codes (Publish, and the common ones of the Query protocol). Others by their status. */
const CODES: Readonly<Record<string, NotifyFailure>> = {
  AuthorizationError: 'auth',
  AccessDenied: 'auth',
  AccessDeniedException: 'auth',
  InvalidClientTokenId: 'auth',
  UnrecognizedClientException: 'auth',
  SignatureDoesNotMatch: 'auth',
  IncompleteSignature: 'auth',
  MissingAuthenticationToken: 'auth',
  ExpiredToken: 'auth',
  ExpiredTokenException: 'auth',
  RequestExpired: 'auth',
  OptInRequired: 'auth',
  InvalidSecurity: 'auth',
  KMSAccessDenied: 'auth',
  NotFound: 'not_found',
  EndpointDisabled: 'not_found',
  PlatformApplicationDisabled: 'config',
  KMSDisabled: 'config',
  KMSInvalidState: 'config',
  KMSNotFound: 'config',
  KMSOptInRequired: 'config',
  InvalidAction: 'config',
  InvalidParameter: 'invalid',
  InvalidParameterValue: 'invalid',
  ParameterValueInvalid: 'invalid',
  ValidationError: 'invalid',
  ValidationException: 'invalid',
  KMSThrottling: 'rate_limited',
  Throttled: 'rate_limited',
  Throttling: 'rate_limited',
  ThrottlingException: 'rate_limited',
  ThrottledException: 'rate_limited',
  RequestLimitExceeded: 'rate_limited',
  InternalError: 'transient',
  InternalFailure: 'transient',
  ServiceUnavailable: 'transient',
}

const REMEDIES: Readonly<Record<string, string>> = {
  AuthorizationError: 'Allow sns:Publish for this topic or number.',
  InvalidClientTokenId: 'The access key does not exist, or belongs to another partition.',
  SignatureDoesNotMatch: 'Check the secret access key, and the clock of this machine.',
  RequestExpired: 'Set the clock of this machine.',
  ExpiredToken: 'The session has ended: enter new keys.',
  KMSAccessDenied: 'Allow kms:GenerateDataKey and kms:Decrypt for the key of the topic.',
  EndpointDisabled: 'The app was removed from the device, or its token ended.',
}

/** An error of SNS, with its code. */
export class SnsError extends NotifyError {
  readonly awsCode: string

  constructor(error: NotifyError, awsCode: string) {
    super(error.kind, error.message, {
      ...(error.retryAfterMs === undefined ? {} : { retryAfterMs: error.retryAfterMs }),
    })
    this.awsCode = awsCode
  }
}

/**
 * The result of an action, e.g. `PublishResult`.
 * @throws NotifyError
 */
export function resultOf(
  response: HttpResponse,
  action: string,
  now: number,
  secrets: readonly (string | undefined)[],
): XmlElement {
  const root = rootOf(response)
  if (response.status === 200) {
    const result =
      root?.name === `${action}Response` ? root.children.find(({ name }) => name === `${action}Result`) : undefined
    if (result !== undefined) return result
    throw new NotifyError('unknown', `SNS answered 200 with something else than a ${action}Response.`, {
      remedy: 'Look at what stands between Node-RED and AWS.',
    })
  }
  const code = textAt(root, 'Error', 'Code') ?? ''
  const said = textAt(root, 'Error', 'Message') ?? ''
  const kind = kindOf(code, said, response.status)
  const remedy = Object.hasOwn(REMEDIES, code) ? REMEDIES[code] : undefined
  const detail = [code, said].filter((text) => text !== '').join(': ')
  const error = refused('SNS', response, now, {
    kind,
    detail: detail === '' ? undefined : detail,
    secrets,
    ...(remedy === undefined ? {} : { remedy }),
  })
  throw new SnsError(error, code)
}

function kindOf(code: string, said: string, status: number): NotifyFailure {
  const known = Object.hasOwn(CODES, code) ? CODES[code] : undefined
  if (known !== 'invalid') return known ?? kindOfStatus(status)
  if (/too long|too large|exceed/i.test(said)) return 'too_large'
  // What the settings say, not the message.
  if (/\b(?:TopicArn|TargetArn|PhoneNumber|MessageGroupId)\b/.test(said)) return 'config'
  return 'invalid'
}

function rootOf(response: HttpResponse): XmlElement | undefined {
  try {
    return readXml(response.text)
  } catch (thrown) {
    if (thrown instanceof XmlFault) return undefined
    throw thrown
  }
}
