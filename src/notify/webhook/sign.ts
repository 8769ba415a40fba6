import { createHmac } from 'node:crypto'

/**
 * The signature headers of Standard Webhooks: HMAC-SHA-256 over `id.timestamp.body`, and beside it the hex form over the body
 * alone that receivers made for GitHub know. Signed are the bytes that are sent.
 * @param secrets `whsec_<base64>`, or any text; several while a key is changed: the receiver takes any
 * @param seconds since 1970
 */
export function signatureHeaders(
  secrets: readonly string[],
  id: string,
  seconds: number,
  body: string,
): Readonly<Record<string, string>> {
  const signed = `${id}.${seconds}.${body}`
  const signatures = secrets.map(
    (secret) => `v1,${createHmac('sha256', keyOf(secret)).update(signed).digest('base64')}`,
  )
  const [first = ''] = secrets
  return {
    'webhook-id': id,
    'webhook-timestamp': String(seconds),
    'webhook-signature': signatures.join(' '),
    'x-hub-signature-256': `sha256=${createHmac('sha256', keyOf(first)).update(body).digest('hex')}`,
  }
}

function keyOf(secret: string): Buffer {
  const [, base64] = /^whsec_([A-Za-z0-9+/=]+)$/.exec(secret) ?? []
  return base64 === undefined ? Buffer.from(secret, 'utf8') : Buffer.from(base64, 'base64')
}
