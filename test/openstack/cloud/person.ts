import { call } from '../../../lab/demo/client'

export type Fields = Readonly<Record<string, unknown>>
/** Whatever the API answers; the tests read the members that its reference promises. */
export type Resource = Fields & { readonly id: string }

export interface Login {
  /** With `/v3`. */
  readonly keystone: string
  /** By name in the domain `default`, or by id. */
  readonly user: { readonly name: string } | { readonly id: string }
  readonly password: string
  /** Id; without it the token is unscoped or for the user's default project. */
  readonly project?: string
}

/** Logs in with a password; gives the HTTP status, and the token if there is one. */
export async function logIn(login: Login): Promise<{ status: number; token?: string; userId?: string }> {
  const user = 'id' in login.user ? login.user : { ...login.user, domain: { id: 'default' } }
  const { status, headers, body } = await call('POST', `${login.keystone}/auth/tokens`, {
    body: {
      auth: {
        identity: { methods: ['password'], password: { user: { ...user, password: login.password } } },
        ...(login.project !== undefined && { scope: { project: { id: login.project } } }),
      },
    },
  })
  const token = headers['x-subject-token']
  if (status !== 201 || typeof token !== 'string') return { status }
  const { user: found } = (body as { token: { user: { id: string } } }).token
  return { status, token, userId: found.id }
}

/** Somebody who has logged in and calls the cloud's APIs. */
export class Person {
  readonly userId: string
  readonly project: string
  readonly #token: string

  private constructor(userId: string, project: string, token: string) {
    this.userId = userId
    this.project = project
    this.#token = token
  }

  static async logIn(login: Login & { readonly project: string }): Promise<Person> {
    const { status, token, userId } = await logIn(login)
    if (token === undefined || userId === undefined) throw new Error(`The login was answered with ${status}.`)
    return new Person(userId, login.project, token)
  }

  /** What the API answers. */
  async attempt(method: string, url: string, body?: Fields): Promise<{ status: number; body: unknown }> {
    return call(method, url, { headers: { 'x-auth-token': this.#token, 'user-agent': 'person/1' }, body })
  }

  /** The single thing that the API answers with; anything but success is an error. */
  async ask(method: string, url: string, body?: Fields): Promise<Resource> {
    const { status, body: answer } = await this.attempt(method, url, body)
    if (status >= 300) throw new Error(`${method} ${url}: ${status} ${JSON.stringify(answer)}`)
    return Object.values((answer ?? {}) as Record<string, Resource>)[0] as Resource
  }

  /** All that a listing answers with, of its first page. */
  async list(url: string): Promise<readonly Resource[]> {
    const { status, body } = await this.attempt('GET', url)
    const listed = Object.values((body ?? {}) as Record<string, unknown>).find((value) => Array.isArray(value))
    if (status !== 200 || listed === undefined) throw new Error(`GET ${url}: ${status} ${JSON.stringify(body)}`)
    return listed as Resource[]
  }
}
