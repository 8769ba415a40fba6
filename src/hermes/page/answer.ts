import type { IncomingMessage, ServerResponse } from 'node:http'

/** On everything under the page's address. Nothing is fetched from elsewhere, run inline, framed, or kept. */
const SAFETY: Readonly<Record<string, string>> = {
  'content-security-policy':
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; " +
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
  'referrer-policy': 'no-referrer',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'permissions-policy': 'camera=(), geolocation=(), microphone=()',
  'cache-control': 'no-store',
}

export interface Answer {
  readonly status: number
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string | Buffer
}

export function send(request: IncomingMessage, response: ServerResponse, answer: Answer): void {
  const { status, headers = {}, body = '' } = answer
  if (response.destroyed || response.headersSent) return
  // Whatever stands in front may have set its own, e.g. for cross-origin reading, which is not for the page.
  for (const name of response.getHeaderNames()) {
    if (name.startsWith('access-control-') || name === 'etag') response.removeHeader(name)
  }
  const sized = status === 204 ? {} : { 'content-length': String(Buffer.byteLength(body)) }
  response.writeHead(status, { ...SAFETY, ...headers, ...sized })
  response.end(request.method === 'HEAD' || status === 204 ? undefined : body)
}

export function jsonAnswer(status: number, body: unknown, headers: Readonly<Record<string, string>> = {}): Answer {
  return { status, headers: { 'content-type': 'application/json', ...headers }, body: JSON.stringify(body) }
}

/** `code` is stable; the page has words of its own for those that it knows. */
export function failure(status: number, code: string, message: string, retryAfterMs?: number): Answer {
  const seconds = retryAfterMs === undefined ? undefined : Math.max(1, Math.ceil(retryAfterMs / 1000))
  return jsonAnswer(
    status,
    { error: { code, message } },
    seconds === undefined ? {} : { 'retry-after': String(seconds) },
  )
}
