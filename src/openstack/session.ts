import type { HttpClient, HttpRequest, HttpResponse } from '../http/client'
import { HttpError } from '../http/http-error'
import { type Attempt, type Clock, retryAfterMs, retrying, systemClock } from '../http/retry'
import type { KeystoneAuth } from './auth'
import { type Endpoint, type EndpointInterface, selectEndpoint } from './catalog'
import { isTemporary, OpenStackError, refusal } from './openstack-error'
import type { TokenIdentity } from './token'
import { tokenSource } from './token-source'

/** A service as the catalogue knows it. */
export interface Service {
  /** For people, e.g. `Neutron`. */
  readonly name: string
  readonly type: string
  /** Other types that clouds register the same service under, tried in this order where the catalogue lacks `type`. */
  readonly aliases?: readonly string[]
  /** Appended to endpoints whose path names no version, as Neutron's; empty: nothing is. */
  readonly version: string
}

export interface ServiceRequest extends Pick<HttpRequest, 'method' | 'body' | 'timeoutMs' | 'maxBytes'> {
  /** Below the versioned endpoint, with query: `/ports?limit=10`. */
  readonly path: string
  /** Lower-case names; those of the token and of the body's type are not for the caller to say. */
  readonly headers?: Readonly<Record<string, string>>
  readonly signal?: AbortSignal | undefined
}

/** What `keystone-config` offers to the nodes that use the account. */
export interface KeystoneSession {
  /**
   * One call to a service; answers success (2xx) only. A token that the service refuses is replaced once. Reading calls are
   * repeated a few times while the service is away or overloaded.
   * @throws OpenStackError, HttpError
   */
  request(service: Service, request: ServiceRequest): Promise<HttpResponse>
  /** Base of a service's versioned API, without a slash at the end. */
  endpoint(service: Service): Promise<string>
  /** Every endpoint that the account's catalogue lists, of any interface and region. */
  catalog(): Promise<readonly Endpoint[]>
  /** Logs in if need be, and tells as whom. */
  identity(): Promise<SessionIdentity>
  /**
   * One exchange with Keystone's v3 API in nobody's name: `path` below `/v3`, headers as given, without this account's token,
   * not repeated, and whatever status is an answer. For the tokens and logins of others.
   * @throws OpenStackError of discovery, HttpError
   */
  keystone(request: ServiceRequest): Promise<HttpResponse>
  close(): Promise<void>
}

export interface SessionIdentity extends TokenIdentity {
  /** Address of the v3 API. */
  readonly keystone: string
  readonly notices: readonly string[]
  /**
   * Whether services show this account the resources of all projects. Neutron restricts other accounts to their own project
   * in the database query, and says nothing about what it left out.
   */
  readonly seesAllProjects: boolean
}

export interface KeystoneSessionOptions {
  readonly authUrl: string
  readonly auth: KeystoneAuth
  readonly interface: EndpointInterface
  /** Empty: any, if the catalogue has only one. */
  readonly region: string
  /** The cloud's policy lets this account see all projects although it has none of the roles that do by default. */
  readonly seesAllProjects?: boolean
  /** By service type; used instead of the catalogue. */
  readonly endpoints?: Readonly<Record<string, string>>
  readonly http: HttpClient
  readonly clock?: Clock
  readonly onNotice?: (text: string) => void
}

/** Neutron's own exceptions from the restriction to one project: `admin`, and `service` or `advsvc` for other services. */
const ROLES_THAT_SEE_ALL = new Set(['admin', 'service', 'advsvc'])
const TRIES = { attempts: 3, firstMs: 500, capMs: 4_000, longestWaitMs: 10_000 }

export function keystoneSession(options: KeystoneSessionOptions): KeystoneSession {
  const { http, clock = systemClock } = options
  const notices: string[] = []
  const tokens = tokenSource({
    http,
    authUrl: options.authUrl,
    auth: options.auth,
    clock,
    onNotice: (text) => {
      notices.push(text)
      options.onNotice?.(text)
    },
  })

  const endpoint = async (service: Service): Promise<string> => {
    const override = options.endpoints?.[service.type]?.trim()
    if (override !== undefined && override !== '') return versioned(override, service)
    const { catalog } = await tokens.current()
    const types = new Set(catalog.map(({ type }) => type))
    const type = [service.type, ...(service.aliases ?? [])].find((name) => types.has(name)) ?? service.type
    return versioned(selectEndpoint(catalog, { type, interface: options.interface, region: options.region }), service)
  }

  const send = async (service: Service, request: ServiceRequest) => {
    const base = await endpoint(service)
    const { path, ...rest } = request
    const once = async () => {
      const token = await tokens.current()
      const response = await http.request({
        method: rest.method,
        url: `${base}${path}`,
        headers: {
          accept: 'application/json',
          ...rest.headers,
          'x-auth-token': token.value,
          ...(rest.body === undefined ? {} : { 'content-type': 'application/json' }),
        },
        ...(rest.body === undefined ? {} : { body: rest.body }),
        ...(rest.timeoutMs === undefined ? {} : { timeoutMs: rest.timeoutMs }),
        ...(rest.maxBytes === undefined ? {} : { maxBytes: rest.maxBytes }),
        ...(rest.signal === undefined ? {} : { signal: rest.signal }),
      })
      return { token, response }
    }
    const first = await once()
    if (first.response.status !== 401 || !tokens.refused(first.token)) return first
    // 401 means that nothing was done, so any method may be repeated.
    return once()
  }

  return {
    endpoint,
    catalog: async () => (await tokens.current()).catalog,
    async request(service, request) {
      const what = `${service.name}: ${request.method} ${request.path.split('?')[0]}`
      const reading = request.method === 'GET' || request.method === 'HEAD'
      const attempt = async (): Promise<Attempt<HttpResponse>> => {
        try {
          const { response, token } = await send(service, request)
          if (response.status >= 200 && response.status < 300) return { done: true, value: response }
          const waitMs = retryAfterMs(response.headers, clock.now())
          const error = refusal(what, response, [token.value], waitMs)
          if (!reading || !isTemporary(response.status)) throw error
          return { done: false, error, waitMs }
        } catch (thrown) {
          if (thrown instanceof HttpError && repeatable(thrown, reading)) return { done: false, error: thrown }
          throw thrown
        }
      }
      return retrying(attempt, { ...TRIES, clock, signal: request.signal })
    },
    async identity() {
      const { identity } = await tokens.current()
      const byRole = identity.roles.some((role) => ROLES_THAT_SEE_ALL.has(role.toLowerCase()))
      return {
        ...identity,
        keystone: await tokens.identityUrl(),
        notices,
        seesAllProjects: byRole || options.seesAllProjects === true,
      }
    },
    async keystone({ path, signal, ...rest }) {
      return http.request({
        ...rest,
        url: `${await tokens.identityUrl()}${path}`,
        ...(signal === undefined ? {} : { signal }),
      })
    },
    close: () => http.close(),
  }
}

/** For an account that is not usable: every request says why. */
export function refusingSession(error: Error): KeystoneSession {
  const refuse = () => Promise.reject(error)
  return {
    request: refuse,
    endpoint: refuse,
    catalog: refuse,
    identity: refuse,
    keystone: refuse,
    close: () => Promise.resolve(),
  }
}

function repeatable(error: HttpError, reading: boolean): boolean {
  return error.code === 'HTTP_CONNECT' || (reading && error.code === 'HTTP_INTERRUPTED')
}

function versioned(url: string, service: Service): string {
  const problem = () =>
    new OpenStackError('KEYSTONE_CATALOG', `The endpoint of ${service.name} is not an http or https address.`, {
      retryable: true,
      remedy: 'Correct the catalogue, or set the endpoint in the account node.',
    })
  if (!URL.canParse(url)) throw problem()
  const { protocol, origin, pathname } = new URL(url)
  if (protocol !== 'https:' && protocol !== 'http:') throw problem()
  const path = pathname.replace(/\/+$/, '')
  return service.version === '' || /\/v\d+(\.\d+)?(\/|$)/.test(path)
    ? `${origin}${path}`
    : `${origin}${path}/${service.version}`
}
