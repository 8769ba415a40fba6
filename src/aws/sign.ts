import { createHash, createHmac } from 'node:crypto'

/** Keys as AWS gives them; `sessionToken` with those that end. */
export interface AwsKeys {
  readonly accessKeyId: string
  readonly secretAccessKey: string
  readonly sessionToken?: string
}

export interface AwsRequest {
  readonly method: string
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

export interface AwsScope {
  readonly region: string
  /** As in the host's name, e.g. `sns`. */
  readonly service: string
}

/**
 * The headers that sign a request with Signature Version 4, beside those it has already (lower-case names): `host`,
 * `x-amz-date`, with session keys `x-amz-security-token`, and `authorization`.
 *
 * Held to the vectors that AWS publishes (test/unit/aws/sign.test.ts). The services that are spoken to here have no path.
 * @param now ms since 1970; AWS takes 5 minutes to either side
 */
export function signedHeaders(
  request: AwsRequest,
  keys: AwsKeys,
  { region, service }: AwsScope,
  now: number,
): Readonly<Record<string, string>> {
  const url = new URL(request.url)
  const at = new Date(now).toISOString().replace(/[-:]|\.\d{3}/g, '')
  const day = at.slice(0, 8)
  const headers: Record<string, string> = {
    ...request.headers,
    host: url.host,
    'x-amz-date': at,
    ...(keys.sessionToken === undefined ? {} : { 'x-amz-security-token': keys.sessionToken }),
  }
  const names = Object.keys(headers).sort()
  const canonical = [
    request.method,
    pathOf(url),
    queryOf(url),
    ...names.map((name) => `${name}:${(headers[name] ?? '').trim().replace(/ +/g, ' ')}`),
    '',
    names.join(';'),
    sha256(request.body),
  ].join('\n')
  const scope = `${day}/${region}/${service}/aws4_request`
  const toSign = ['AWS4-HMAC-SHA256', at, scope, sha256(canonical)].join('\n')
  const key = [region, service, 'aws4_request'].reduce<Buffer>(
    (above, part) => hmac(above, part),
    hmac(`AWS4${keys.secretAccessKey}`, day),
  )
  const signature = hmac(key, toSign).toString('hex')
  const credential = `${keys.accessKeyId}/${scope}`
  return {
    ...headers,
    authorization: `AWS4-HMAC-SHA256 Credential=${credential}, SignedHeaders=${names.join(';')}, Signature=${signature}`,
  }
}

/** Encoded once, as in the vectors; a service whose paths hold more than plain characters would want it twice. */
function pathOf({ pathname }: URL): string {
  return pathname
    .split('/')
    .map((segment) => encoded(decodeURIComponent(segment)))
    .join('/')
}

function queryOf({ search }: URL): string {
  if (search === '' || search === '?') return ''
  return search
    .slice(1)
    .split('&')
    .map((pair) => {
      const at = pair.indexOf('=')
      const [name, value] = at < 0 ? [pair, ''] : [pair.slice(0, at), pair.slice(at + 1)]
      return [encoded(decodeURIComponent(name)), encoded(decodeURIComponent(value))] as const
    })
    .sort(([one, first], [other, second]) => compare(one, other) || compare(first, second))
    .map(([name, value]) => `${name}=${value}`)
    .join('&')
}

function compare(one: string, other: string): number {
  return one < other ? -1 : one > other ? 1 : 0
}

/** All but the unreserved characters of RFC 3986. */
function encoded(text: string): string {
  return encodeURIComponent(text).replace(
    /[!'()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  )
}

function sha256(text: string): string {
  return createHash('sha256').update(text, 'utf8').digest('hex')
}

function hmac(key: string | Buffer, text: string): Buffer {
  return createHmac('sha256', key).update(text, 'utf8').digest()
}
