import type { IdentitySeed } from '../../lab/keystone/model'
import { busMessage, type PublishedNotification } from '../../lab/notifications/message'
import { type PocketCloud, type PocketCloudOptions, startPocketCloud } from '../../lab/pocket-cloud'
import { Likeness } from './likeness'
import { openEnvelope, type RecordedMessage, recordedLines } from './recorded-neutron'

const domain = { id: 'default', name: 'Default' }
const admin = { id: '7f8b6a42a5904f979bdd53bd5ac07f90', name: 'admin', domain }
const tenant = { id: 'd757b24e2b344b86b8386b985d716f6b', name: 'tenant-11bc36', domain }

/** The people of the recorded run, with their real ids, so that ids of projects and users must come out the same. */
export const recordedIdentity: IdentitySeed = {
  projects: [admin, tenant],
  users: [
    {
      id: 'c4549b2b3db24f66a6b1b161fda87bc8',
      name: 'admin',
      domain,
      password: 'admin',
      defaultProjectId: admin.id,
      roles: { [admin.id]: ['reader', 'admin', 'member'] },
    },
    {
      id: '34e17a4dad5e43c490596bbac659d9cf',
      name: 'member-11bc36',
      domain,
      password: 'member-11bc36',
      defaultProjectId: tenant.id,
      roles: { [tenant.id]: ['reader', 'member'] },
    },
  ],
  roles: ['reader', 'admin', 'member'].map((name) => ({ id: name.padEnd(32, '0'), name })),
  applicationCredentials: [],
}

export interface Step {
  /** Number of the line in the recording. */
  readonly at: number
  readonly recorded: RecordedMessage
}

export interface NeutronAnswer {
  readonly status: number
  readonly body: unknown
  readonly headers: Headers
}

const paths: Readonly<Record<string, string>> = {
  network: 'networks',
  subnet: 'subnets',
  security_group: 'security-groups',
  security_group_rule: 'security-group-rules',
  address_group: 'address-groups',
  port: 'ports',
  router: 'routers',
  floatingip: 'floatingips',
  rbac_policy: 'rbac-policies',
}

/**
 * Does to a pocket cloud what was done to the real one: every `.start` notification holds the request that set it off.
 * `step` after step the same must be published.
 */
export class PocketReplay {
  readonly likeness = new Likeness(['standard_attr_id', 'provider:segmentation_id'])
  readonly messages: RecordedMessage[]
  readonly cloud: PocketCloud
  readonly #tokens = new Map<string, string>()
  #forwarding = ''

  private constructor(cloud: PocketCloud) {
    this.cloud = cloud
    this.messages = recordedLines().map((line) => openEnvelope(line.body))
  }

  static async start(options: PocketCloudOptions = {}): Promise<PocketReplay> {
    return new PocketReplay(
      await startPocketCloud({
        certificate: false,
        identity: recordedIdentity,
        ...options,
        neutron: { fill: () => {} },
      }),
    )
  }

  /** Repeats the request behind the recorded message; what the pocket cloud answers. */
  async request(recorded: RecordedMessage): Promise<NeutronAnswer> {
    const [resource = '', action] = recorded.event_type.split('.')
    const payload = this.likeness.translated(recorded.payload)
    const user = recorded._context_user_name
    const base = `/v2.0/${paths[resource]}`
    if (recorded.event_type.startsWith('router.interface.')) {
      const { id, subnet_id } = payload['router_interface'] as { id: string; subnet_id: string }
      const member = recorded.event_type.endsWith('create') ? 'add_router_interface' : 'remove_router_interface'
      return this.call(user, 'PUT', `/v2.0/routers/${id}/${member}`, { subnet_id })
    }
    if (resource === 'tag') {
      const { parent_resource_id: id, tags } = payload as { parent_resource_id: string; tags: string[] }
      return this.call(user, 'PUT', `/v2.0/security-groups/${id}/tags/${tags[0]}`)
    }
    if (resource === 'port_forwarding') {
      const below = `/v2.0/floatingips/${this.#floatingForForwarding()}/port_forwardings`
      if (action === 'create') return this.call(user, 'POST', below, payload)
      return this.call(user, 'DELETE', `${below}/${String(payload['port_forwarding_id'])}`)
    }
    if (action === 'create') return this.call(user, 'POST', base, payload)
    if (action === 'delete') return this.call(user, 'DELETE', `${base}/${String(payload[`${resource}_id`])}`)
    const { id, ...body } = payload as { id: string }
    return this.call(user, 'PUT', `${base}/${id}`, body)
  }

  async call(user: string, method: string, path: string, body?: unknown): Promise<NeutronAnswer> {
    const headers = { 'x-auth-token': await this.token(user), 'content-type': 'application/json' }
    const response = await fetch(this.cloud.urls.neutron + path, {
      method,
      headers,
      ...(body !== undefined && { body: JSON.stringify(body) }),
    })
    const text = await response.text()
    return { status: response.status, body: text === '' ? undefined : JSON.parse(text), headers: response.headers }
  }

  async token(user: string): Promise<string> {
    const held = this.#tokens.get(user)
    if (held !== undefined) return held
    const identity = {
      methods: ['password'],
      password: { user: { name: user, domain: { id: 'default' }, password: user } },
    }
    const response = await fetch(`${this.cloud.urls.keystone}/auth/tokens`, {
      method: 'POST',
      body: JSON.stringify({ auth: { identity } }),
    })
    const token = response.headers.get('x-subject-token') ?? ''
    this.#tokens.set(user, token)
    return token
  }

  /** The message as the bus carries it. */
  message(published: PublishedNotification): Record<string, unknown> {
    return busMessage(published)
  }

  /** The recorded forwarding names no floating IP: it was the one described as `forwards`. */
  #floatingForForwarding(): string {
    for (const floating of this.cloud.world.floatingips.values()) {
      if (floating.description === 'forwards') this.#forwarding = floating.id
    }
    return this.#forwarding
  }
}
