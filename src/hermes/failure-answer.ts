import type { IncomingMessage } from 'node:http'
import type { Answer } from './answer'
import type { ApiFailure } from './failure'
import { headerOf } from './request'

const PROBLEM = 'application/problem+json'

/**
 * A failure as Hermes tells it, one line of text; or, for whoever asks (`Accept: application/problem+json` or `errors=json`), as
 * a problem document (RFC 9457) with a stable code.
 */
export function failureAnswer(failure: ApiFailure, request: IncomingMessage, target: string): Answer {
  const { status, code, message, hint } = failure
  const headers = { ...failure.headers, 'x-content-type-options': 'nosniff' }
  if (wantsJson(request, target)) {
    const problem = {
      type: 'about:blank',
      title: TITLES[status] ?? 'Error',
      status,
      detail: message,
      code,
      ...(hint === undefined ? {} : { hint }),
    }
    return { status, headers: { ...headers, 'content-type': PROBLEM }, body: `${JSON.stringify(problem, null, 2)}\n` }
  }
  const bare = status === 401 || status === 403
  const text = bare ? (TITLES[status] ?? '') : [message, hint].filter((part) => part !== undefined).join(' ')
  return { status, headers: { ...headers, 'content-type': 'text/plain; charset=utf-8' }, body: `${text}\n` }
}

const TITLES: Readonly<Record<number, string>> = {
  400: 'Bad Request',
  401: 'Unauthorized',
  403: 'Forbidden',
  404: 'Not Found',
  413: 'Content Too Large',
  414: 'URI Too Long',
  415: 'Unsupported Media Type',
  429: 'Too Many Requests',
  500: 'Internal Server Error',
  503: 'Service Unavailable',
}

function wantsJson(request: IncomingMessage, target: string): boolean {
  return headerOf(request, 'accept').includes(PROBLEM) || /[?&]errors=json(&|$)/.test(target)
}
