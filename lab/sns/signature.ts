import { createHash, createHmac, timingSafeEqual } from 'node:crypto'
import type { LabRequest } from '../http/exchange'

export interface SnsKey {
  readonly secret: string
  /** Of a session; such keys are worth nothing without it. */
  readonly token?: string
}

/** How AWS refuses. */
export class SnsRefusal extends Error {
  readonly status: number
  readonly code: string

  constructor(status: number, code: string, message: string) {
    super(message)
    this.status = status
    this.code = code
  }
}

const AUTHORIZATION =
  /^AWS4-HMAC-SHA256 Credential=([^/,\s]+)\/(\d{8})\/([a-z0-9-]+)\/([a-z0-9]+)\/aws4_request, ?SignedHeaders=([a-z0-9;-]+), ?Signature=([0-9a-f]{64})$/
const SKEW_MS = 5 * 60_000

/**
 * Checks a Signature Version 4 from the request alone, by steps of its own: what is tested against it signs with other code.
 * @returns the access key
 * @throws SnsRefusal
 */
export function verified(request: LabRequest, keys: ReadonlyMap<string, SnsKey>, region: string, now: Date): string {
  const { headers } = request
  const authorization = headers['authorization']
  if (authorization === undefined) {
    throw new SnsRefusal(403, 'MissingAuthenticationToken', 'Request is missing Authentication Token')
  }
  const [, id = '', day = '', inRegion = '', service = '', names = '', signature = ''] =
    AUTHORIZATION.exec(authorization) ?? []
  if (id === '')
    throw new SnsRefusal(400, 'IncompleteSignature', 'The request signature does not conform to AWS standards.')
  const key = keys.get(id)
  if (key === undefined || key.token !== headers['x-amz-security-token']) {
    throw new SnsRefusal(403, 'InvalidClientTokenId', 'The security token included in the request is invalid.')
  }
  const at = headers['x-amz-date'] ?? ''
  const [, y, mo, d, h, mi, s] = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/.exec(at) ?? []
  const sentAt = Date.parse(`${y}-${mo}-${d}T${h}:${mi}:${s}Z`)
  if (Number.isNaN(sentAt)) throw new SnsRefusal(400, 'IncompleteSignature', 'The request has no X-Amz-Date.')
  if (Math.abs(sentAt - now.getTime()) > SKEW_MS) {
    throw new SnsRefusal(403, 'SignatureDoesNotMatch', `Signature expired: ${at} is now earlier than the limit`)
  }
  const wrong = new SnsRefusal(
    403,
    'SignatureDoesNotMatch',
    'The request signature we calculated does not match the signature you provided.',
  )
  if (day !== at.slice(0, 8) || service !== 'sns' || inRegion !== region) throw wrong
  const signed = names.split(';')
  const mustBe = ['host', ...Object.keys(headers).filter((name) => name.startsWith('x-amz-'))]
  if (mustBe.some((name) => !signed.includes(name)) || signed.join() !== [...signed].sort().join()) throw wrong
  const lines = [request.method, request.path, request.query.toString()]
  for (const name of signed) lines.push(`${name}:${(headers[name] ?? '').replace(/\s+/g, ' ').trim()}`)
  lines.push('', names, hex(request.body))
  const text = `AWS4-HMAC-SHA256\n${at}\n${day}/${inRegion}/${service}/aws4_request\n${hex(lines.join('\n'))}`
  const dayKey = mac(Buffer.from(`AWS4${key.secret}`), day)
  const mine = mac(mac(mac(mac(dayKey, inRegion), service), 'aws4_request'), text)
  if (!timingSafeEqual(mine, Buffer.from(signature, 'hex'))) throw wrong
  return id
}

function hex(text: string): string {
  return createHash('sha256').update(text).digest('hex')
}

function mac(key: Buffer, text: string): Buffer {
  return createHmac('sha256', key).update(text).digest()
}
