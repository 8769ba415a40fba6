import { describeError, OperatorError } from '../errors/operator-error'
import type { HttpClient, HttpRequest, HttpResponse } from '../http/client'
import type { AwsKeys } from './sign'

/** Keys, and where they come from in words; `until` (ms since 1970) for those that end. */
export interface FoundKeys {
  readonly keys: AwsKeys
  readonly from: string
  readonly until?: number
}

export interface KeySource {
  /** @throws OperatorError AWS_NO_KEYS when nothing here has any */
  keys(): Promise<FoundKeys>
  /** They were refused: the next ones are asked for again. */
  forget(): void
}

export interface KeySourceOptions {
  readonly env: Readonly<Record<string, string | undefined>>
  /** Without a proxy: what answers is on this machine or beside it, and nobody else may read it. */
  readonly http: HttpClient
  readonly readFile: (path: string) => Promise<string>
  /** ms since 1970 */
  readonly now: () => number
  /** Of the instance's metadata; other than the link-local one only in tests. */
  readonly metadata?: string
}

const METADATA = 'http://169.254.169.254'
/** Where containers find theirs: Amazon ECS, EKS Pod Identity (IPv4 and IPv6). */
const CONTAINER_HOSTS = new Set(['169.254.170.2', '169.254.170.23', '[fd00:ec2::23]'])
/** Off AWS nothing answers at these addresses: that must not hold a deploy. */
const LIMIT_MS = 2000
/** Keys are renewed before they end, so that a request under way does not outlive them. */
const EARLY_MS = 5 * 60_000
const ANSWER_BYTES = 64 * 1024

/**
 * Finds keys as AWS' own tools do, in this order: the environment (`AWS_ACCESS_KEY_ID`, `AWS_SECRET_ACCESS_KEY`,
 * `AWS_SESSION_TOKEN`), the container (`AWS_CONTAINER_CREDENTIALS_RELATIVE_URI` or `…_FULL_URI`), the instance (IMDSv2 at
 * 169.254.169.254, unless `AWS_EC2_METADATA_DISABLED` is `true`). Files in a home directory are not read.
 */
export function keySource(options: KeySourceOptions): KeySource {
  let held: FoundKeys | undefined
  let asking: Promise<FoundKeys> | undefined
  const fresh = async () => {
    held = await find(options)
    return held
  }
  return {
    async keys() {
      if (held !== undefined && (held.until === undefined || options.now() < held.until - EARLY_MS)) return held
      asking ??= fresh().finally(() => {
        asking = undefined
      })
      return asking
    },
    forget() {
      held = undefined
    },
  }
}

async function find(options: KeySourceOptions): Promise<FoundKeys> {
  const { env } = options
  const accessKeyId = env['AWS_ACCESS_KEY_ID']
  const secretAccessKey = env['AWS_SECRET_ACCESS_KEY']
  if (accessKeyId && secretAccessKey) {
    const sessionToken = env['AWS_SESSION_TOKEN']
    return {
      keys: { accessKeyId, secretAccessKey, ...(sessionToken ? { sessionToken } : {}) },
      from: 'the environment',
    }
  }
  if (env['AWS_CONTAINER_CREDENTIALS_RELATIVE_URI'] || env['AWS_CONTAINER_CREDENTIALS_FULL_URI']) {
    return ofContainer(options)
  }
  if (env['AWS_EC2_METADATA_DISABLED']?.toLowerCase() === 'true')
    throw noKeys('and the metadata of the instance are off')
  return ofInstance(options)
}

async function ofContainer({ env, http, readFile }: KeySourceOptions): Promise<FoundKeys> {
  const relative = env['AWS_CONTAINER_CREDENTIALS_RELATIVE_URI']
  const written = relative ? `http://169.254.170.2${relative}` : (env['AWS_CONTAINER_CREDENTIALS_FULL_URI'] ?? '')
  const url = URL.canParse(written) ? new URL(written) : undefined
  if (url === undefined || !mayAsk(url)) {
    throw new OperatorError('AWS_NO_KEYS', "The address for the container's AWS keys is none that may be asked.", {
      remedy: 'AWS_CONTAINER_CREDENTIALS_FULL_URI must be https, or http on this machine or a link-local address.',
    })
  }
  const file = env['AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE']
  let token = env['AWS_CONTAINER_AUTHORIZATION_TOKEN']
  if (file) {
    try {
      token = (await readFile(file)).trim()
    } catch (cause) {
      throw noKeys(`as AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE cannot be read (${describeError(cause)})`, cause)
    }
  }
  const answer = await ask(http, { method: 'GET', url: url.href, headers: token ? { authorization: token } : {} })
  return decoded(answer, 'the container')
}

/** A key must not travel in the clear to any other machine. */
function mayAsk({ protocol, hostname, username }: URL): boolean {
  if (username !== '') return false
  if (protocol === 'https:') return true
  const loopback = /^(?:localhost|127(?:\.\d+){3}|\[::1\])$/.test(hostname)
  return protocol === 'http:' && (loopback || CONTAINER_HOSTS.has(hostname))
}

/** Version 2 only: a page that makes this machine ask an address cannot send the PUT that it begins with. */
async function ofInstance({ http, metadata = METADATA }: KeySourceOptions): Promise<FoundKeys> {
  const session = await ask(http, {
    method: 'PUT',
    url: `${metadata}/latest/api/token`,
    headers: { 'x-aws-ec2-metadata-token-ttl-seconds': '300' },
  })
  const headers = { 'x-aws-ec2-metadata-token': session.text.trim() }
  const roles = `${metadata}/latest/meta-data/iam/security-credentials/`
  const [role = ''] = (await ask(http, { method: 'GET', url: roles, headers })).text.trim().split('\n')
  if (!/^[\w+=,.@-]{1,128}$/.test(role)) throw noKeys('as the instance has no role')
  return decoded(await ask(http, { method: 'GET', url: `${roles}${role}`, headers }), 'the instance')
}

async function ask(http: HttpClient, request: HttpRequest): Promise<HttpResponse> {
  let response: HttpResponse
  try {
    response = await http.request({ ...request, timeoutMs: LIMIT_MS, maxBytes: ANSWER_BYTES })
  } catch (cause) {
    throw noKeys('as neither a container nor an instance answers', cause)
  }
  if (response.status === 200) return response
  throw noKeys(`as ${new URL(request.url).host} answered ${response.status}`)
}

function decoded({ text }: HttpResponse, from: string): FoundKeys {
  let answer: Readonly<Record<string, unknown>> = {}
  try {
    const parsed: unknown = JSON.parse(text)
    if (typeof parsed === 'object' && parsed !== null) answer = parsed as Record<string, unknown>
  } catch {
    // Said below.
  }
  const { AccessKeyId, SecretAccessKey, Token, Expiration } = answer
  if (typeof AccessKeyId !== 'string' || typeof SecretAccessKey !== 'string' || typeof Token !== 'string') {
    throw noKeys(`as ${from} answered something else`)
  }
  const until = Date.parse(String(Expiration))
  return {
    keys: { accessKeyId: AccessKeyId, secretAccessKey: SecretAccessKey, sessionToken: Token },
    from,
    // Without an end they are asked for again each time.
    until: Number.isNaN(until) ? 0 : until,
  }
}

function noKeys(why: string, cause?: unknown): OperatorError {
  return new OperatorError('AWS_NO_KEYS', `There are no AWS keys: none in the node, none in the environment, ${why}.`, {
    remedy: 'Enter an access key in the node, or give the machine a role.',
    retryable: true,
    cause,
  })
}
