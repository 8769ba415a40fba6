import type { HttpRequest } from '../../src/http/client'
import { type KeystoneSession, keystoneSession } from '../../src/openstack/session'
import { type FakeAnswer, type FakeClock, fakeClock, fakeHttp } from './fake-http'

type Resource = Record<string, unknown> & { id: string }
const COLLECTIONS = ['ports', 'floatingips', 'security_group_rules'] as const
type Collection = (typeof COLLECTIONS)[number]

/** A Neutron whose answers follow what its notifications say has happened; it lists as the real one was recorded to. */
export interface NeutronWorld {
  readonly resources: Readonly<Record<Collection, Map<string, Resource>>>
  /** Listings asked for, in order: `ports?security_groups=…`. */
  readonly calls: string[]
  /** An `.end` notification changes the state; everything else leaves it. */
  apply(topic: string, payload: unknown): void
  answer(request: HttpRequest): FakeAnswer
  /** `pagination_max_limit` */
  pageLimit: number
  /** Scheme and host in the links that it sends. */
  linkOrigin: string
}

export function neutronWorld(): NeutronWorld {
  const resources = { ports: new Map(), floatingips: new Map(), security_group_rules: new Map() } as Record<
    Collection,
    Map<string, Resource>
  >
  const calls: string[] = []
  const world: NeutronWorld = {
    resources,
    calls,
    pageLimit: 1000,
    linkOrigin: 'http://127.0.0.1:9696',
    apply(topic, payload) {
      const [, single = '', action] = /^(port|floatingip|security_group_rule)\.(\w+)\.end$/.exec(topic) ?? []
      const collection = COLLECTIONS.find((name) => name === `${single}s`)
      if (collection === undefined) return
      const body = payload as Record<string, unknown>
      if (action === 'delete') {
        const id = String(body[`${single}_id`])
        resources[collection].delete(id)
        if (collection !== 'ports') return
        for (const address of resources.floatingips.values()) {
          if (address['port_id'] === id) Object.assign(address, { port_id: null, fixed_ip_address: null })
        }
        return
      }
      const changed = (body[`${single}s`] ?? [body[single]]) as Resource[]
      for (const resource of changed) resources[collection].set(resource.id, structuredClone(resource))
    },
    answer(request) {
      const url = new URL(request.url)
      const name = url.pathname.split('/').at(-1)?.replaceAll('-', '_')
      const collection = COLLECTIONS.find((known) => known === name)
      if (collection === undefined) return { status: 404, json: { NeutronError: { message: 'no such resource' } } }
      calls.push(`${collection}${url.search}`)
      return page(world, collection, url)
    },
  }
  return world
}

function page(world: NeutronWorld, collection: Collection, url: URL): FakeAnswer {
  const query = new URLSearchParams(url.search)
  const reserved = ['fields', 'limit', 'marker', 'sort_key', 'sort_dir']
  const filters = [...new Set(query.keys())].filter((key) => !reserved.includes(key))
  const all = [...world.resources[collection].values()]
    .filter((item) =>
      filters.every((key) => {
        const have = [item[key]].flat()
        return query.getAll(key).some((wanted) => have.includes(wanted))
      }),
    )
    .sort((a, b) => (a.id < b.id ? -1 : 1))
  const marker = query.get('marker')
  const after = marker === null ? 0 : all.findIndex((item) => item.id === marker) + 1
  if (marker !== null && after === 0) return { status: 404, json: { NeutronError: { message: `${marker} not found` } } }
  const limit = Math.min(Number(query.get('limit') ?? world.pageLimit), world.pageLimit)
  const items = all.slice(after, after + limit)
  const fields = query.getAll('fields')
  const shown = items.map((item) =>
    fields.length === 0 ? item : Object.fromEntries(fields.filter((key) => key in item).map((key) => [key, item[key]])),
  )
  const links: { rel: string; href: string }[] = []
  const last = items.at(-1)
  if (last !== undefined && after + limit < all.length) {
    query.set('marker', last.id)
    links.push({ rel: 'next', href: `${world.linkOrigin}${url.pathname}?${query}` })
  }
  return { json: { [collection]: shown, [`${collection}_links`]: links } }
}

/** A session whose Keystone gives `token-1`, `token-2`, … and whose Neutron is `answer`. */
export function sessionTo(
  answer: (request: HttpRequest, number: number) => FakeAnswer | Promise<FakeAnswer>,
  {
    lifeMs = 3_600_000,
    clock = fakeClock(),
    roles = ['admin'],
  }: { lifeMs?: number; clock?: FakeClock; roles?: string[] } = {},
): KeystoneSession & { readonly logins: () => number; readonly clock: FakeClock } {
  let logins = 0
  let calls = 0
  const http = fakeHttp((request) => {
    if (!request.url.endsWith('/auth/tokens')) {
      calls += 1
      return answer(request, calls)
    }
    logins += 1
    const issued = clock.now()
    return {
      status: 201,
      headers: { 'x-subject-token': `token-${logins}` },
      json: {
        token: {
          issued_at: new Date(issued).toISOString(),
          expires_at: new Date(issued + lifeMs).toISOString(),
          catalog: [],
          project: { id: 'ops', name: 'ops' },
          roles: roles.map((name) => ({ name })),
        },
      },
    }
  })
  const session = keystoneSession({
    authUrl: 'http://keystone:5000/v3',
    auth: { method: 'application_credential', credential: { id: 'c' }, secret: 'secret' },
    interface: 'public',
    region: '',
    endpoints: { network: 'http://127.0.0.1:9696' },
    http,
    clock,
  })
  return { ...session, logins: () => logins, clock }
}
