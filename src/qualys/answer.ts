import { OperatorError } from '../errors/operator-error'
import { quote, redact } from '../errors/redact'
import type { HttpResponse } from '../http/client'
import { retryAfterMs } from '../http/retry'
import type { Api } from './endpoint'
import { limitsOf } from './limits'
import { type SimpleReturn, simpleReturnOf } from './simple-return'
import { parseReply, type XmlElement } from './xml'

/** What one exchange with Qualys came to, judged by root element and CODE first and by status then. */
export type Answer =
  | { readonly kind: 'ok'; readonly root: XmlElement }
  /** Not executed; the same call is allowed later. */
  | {
      readonly kind: 'wait'
      readonly why: 'rate' | 'concurrency' | 'maintenance' | 'unfinished'
      readonly code: string
      readonly message: string
      /** As Qualys said it; absent where it did not. */
      readonly waitMs?: number
    }
  /** Not executed, and would not be next time either. */
  | {
      readonly kind: 'refused'
      readonly code: string
      readonly message: string
      /** The reason is that addresses may not be scanned: the others of the same call may. */
      readonly addresses: boolean
    }
  /** Nothing works until a person acts. `account`: every further call could lock the account. */
  | { readonly kind: 'stop'; readonly account: boolean; readonly error: OperatorError }
  /** It may have been executed. */
  | { readonly kind: 'unclear'; readonly code: string; readonly message: string }
  /** It never reached Qualys. */
  | { readonly kind: 'not-sent'; readonly error: OperatorError }

/** How a reply is judged needs the clock (Retry-After as a date) and what must not be shown. */
export interface JudgeContext {
  readonly api: Api
  readonly now: number
  readonly secrets: readonly string[]
}

export function judgeReply(response: HttpResponse, context: JudgeContext): Answer {
  let root: XmlElement
  try {
    root = parseReply(response)
  } catch (thrown) {
    const error = thrown as OperatorError
    return byStatus(response, context, error.code, redact(error.message, context.secrets))
  }
  const reply = simpleReturnOf(root)
  const said = quote(redact(reply?.text ?? '', context.secrets)) || `status ${response.status}`
  if (reply?.code !== undefined) return byCode(reply, reply.code, said, response, context)
  const good = response.status >= 200 && response.status < 300
  if (good && root.name.toLowerCase() !== 'html') return { kind: 'ok', root }
  return byStatus(response, context, `HTTP_${response.status}`, `${said} (status ${response.status})`)
}

/** An exchange that ended without a reply. */
export function judgeFailure(error: OperatorError): Answer {
  // HttpError knows whether anything left this machine; HTTP_CONFIGURATION is refused before.
  const sent = (error as { sent?: unknown }).sent
  const neverSent = sent === false || ['HTTP_CONNECT', 'HTTP_TLS', 'HTTP_CONFIGURATION'].includes(error.code)
  return neverSent ? { kind: 'not-sent', error } : { kind: 'unclear', code: error.code, message: error.message }
}

function byCode(
  reply: SimpleReturn,
  rawCode: string,
  message: string,
  response: HttpResponse,
  context: JudgeContext,
): Answer {
  const code = quote(rawCode, 20)
  const refused = (addresses: boolean): Answer => ({ kind: 'refused', code, message, addresses })
  switch (code) {
    case '999':
      return speaksOfAddresses(message) ? refused(true) : { kind: 'unclear', code, message }
    case '1905':
    case '1922':
      return refused(/\bips?\b/i.test(message))
    case '1901':
    case '1903':
    case '1904':
    case '1907':
    case '1908':
      return refused(false)
    case '1920':
    case '1960':
    case '1965':
      return blocked(code, message, response, context, reply)
    case '1981':
      return { kind: 'wait', why: 'unfinished', code, message }
    case '1999':
      return { kind: 'wait', why: 'maintenance', code, message }
    case '2014':
      return { kind: 'wait', why: 'concurrency', code, message }
    case '2000':
      return stop(code, message, true, LOGIN_REMEDY)
    case '2002':
      return stop(code, message, true, 'Ask a Manager of the subscription to activate the account.')
    case '2003':
      return stop(code, message, true, 'Log in to the portal once with this account and accept the agreement.')
    case '2011':
      return stop(code, message, true, 'SecurID accounts cannot use the API: use another account.')
    case '2012':
      return stop(code, message, false, 'The subscription does not include this API: ask Qualys.')
    default:
      if (/^19\d\d$/.test(code)) return refused(false)
      if (/^20\d\d$/.test(code)) return stop(code, message, false, 'Look the code up in the Qualys API guide.')
      return byStatus(response, context, code, message)
  }
}

const LOGIN_REMEDY =
  'Check user, password and platform (a wrong platform answers the same), and that the account may use the API and is ' +
  'not limited to single sign-on. Nothing more is sent until the account node is deployed again or its test succeeds, ' +
  'as repeated attempts lock the account.'

function byStatus(response: HttpResponse, context: JudgeContext, code: string, message: string): Answer {
  const { status } = response
  switch (status) {
    case 401:
      return stop(code, message, true, LOGIN_REMEDY)
    case 403:
      return stop(
        code,
        message,
        false,
        'Check the role of the account: launching needs Manager, Unit Manager or Scanner.',
      )
    case 407:
      return stop(code, message, false, 'Check user and password of the proxy.')
    case 404:
    case 410:
      return {
        kind: 'stop',
        account: false,
        error: new OperatorError('QUALYS_PATH', `Qualys has nothing at the path for "${context.api}": ${message}.`, {
          remedy: `Qualys retires old versions: change the path "${context.api}" in the account node.`,
        }),
      }
    case 409:
    case 429:
      return blocked(code, message, response, context)
    default:
      // Redirects end here too: they come from what stands in between, and nobody knows what it passed on.
      return status >= 400 && status < 500
        ? { kind: 'refused', code, message, addresses: false }
        : { kind: 'unclear', code, message }
  }
}

/** Rate or concurrency: a rate limit says how long, in a header or in the body (proxies strip headers); concurrency does not. */
function blocked(
  code: string,
  message: string,
  response: HttpResponse,
  context: JudgeContext,
  reply?: SimpleReturn,
): Answer {
  const inHeader = limitsOf(response.headers).toWaitSec
  const inBody = Number(reply?.items.get('SECONDS_TO_WAIT') ?? Number.NaN)
  const seconds = Math.max(inHeader ?? 0, Number.isFinite(inBody) ? inBody : 0)
  const waitMs = seconds > 0 ? seconds * 1000 : retryAfterMs(response.headers, context.now)
  if (waitMs !== undefined) return { kind: 'wait', why: 'rate', code, message, waitMs }
  return { kind: 'wait', why: code === '1965' ? 'rate' : 'concurrency', code, message }
}

function stop(code: string, message: string, account: boolean, remedy: string): Answer {
  const error = new OperatorError('QUALYS_REFUSED', `Qualys refuses the account: ${message} (${code}).`, { remedy })
  return { kind: 'stop', account, error }
}

/** 999 is both "internal error" and "one or more IPs are not approved for the account"; only the text tells. */
function speaksOfAddresses(message: string): boolean {
  const addresses = /\b(ips?|ip[ -]?address(es)?|hosts?|targets?)\b|\b\d{1,3}(\.\d{1,3}){3}\b/i
  const notAllowed =
    /\b(not|isn't|aren't|never)\b.{0,40}\b(approved|allowed|authori[sz]ed|permitted|valid|licen[sc]ed|added|available|in|part)\b|\b(un(approved|authori[sz]ed)|invalid|denied|excluded)\b/i
  return addresses.test(message) && notAllowed.test(message)
}
