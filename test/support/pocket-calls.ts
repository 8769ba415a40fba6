import type { PocketCloud } from '../../lab/pocket-cloud'

export interface PocketAnswer {
  readonly status: number
  readonly headers: Headers
  readonly text: string
  /** The parsed body; undefined when it is no JSON. */
  readonly body: unknown
}

export async function ask(
  method: string,
  url: string,
  options: { headers?: Record<string, string>; body?: unknown } = {},
): Promise<PocketAnswer> {
  const { body } = options
  const response = await fetch(url, {
    method,
    headers: options.headers ?? {},
    ...(body !== undefined && { body: typeof body === 'string' ? body : JSON.stringify(body) }),
  })
  const text = await response.text()
  let parsed: unknown
  try {
    parsed = JSON.parse(text)
  } catch {}
  return { status: response.status, headers: response.headers, text, body: parsed }
}

export function passwordOf(name: string, password = `${name}-pocket`): Record<string, unknown> {
  return { methods: ['password'], password: { user: { name, domain: { name: 'Default' }, password } } }
}

/** Logs in at the pocket cloud's Keystone and gives the token, without a scope for the user's default project. */
export async function tokenOf(cloud: PocketCloud, name: string, scope?: unknown): Promise<string> {
  // By id, as not everybody is in the default domain.
  const user = { id: cloud.identity.users.find((each) => each.name === name)?.id, password: `${name}-pocket` }
  const answer = await ask('POST', `${cloud.urls.keystone}/auth/tokens`, {
    body: { auth: { identity: { methods: ['password'], password: { user } }, scope } },
  })
  const token = answer.headers.get('x-subject-token')
  if (token === null) throw new Error(`No token for ${name}: ${answer.status} ${answer.text}`)
  return token
}

/** Calls of one user to the pocket cloud's Neutron. */
export async function neutronAs(
  cloud: PocketCloud,
  name: string,
): Promise<(method: string, path: string, body?: unknown) => Promise<PocketAnswer>> {
  const token = await tokenOf(cloud, name)
  return (method, path, body) => ask(method, cloud.urls.neutron + path, { headers: { 'x-auth-token': token }, body })
}

/** A form call to the pocket cloud's Qualys with the right credentials. */
export function qualysCall(
  cloud: PocketCloud,
  path: string,
  form: Record<string, string> | string,
  headers: Record<string, string> = {},
): Promise<PocketAnswer> {
  const { username, password } = cloud.qualys.subscription
  return ask('POST', cloud.urls.qualys + path, {
    headers: {
      authorization: `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`,
      'x-requested-with': 'test',
      'content-type': 'application/x-www-form-urlencoded',
      ...headers,
    },
    body: typeof form === 'string' ? form : new URLSearchParams(form).toString(),
  })
}
