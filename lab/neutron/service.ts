import type { LabClock } from '../clock'
import { asObject, parseJson } from '../decode'
import { json, type LabHandler, type LabReply, type LabRequest } from '../http/exchange'
import type { Identity } from '../keystone/identity'
import type { Notifier } from '../notifications/notifier'
import { addressGroups } from './address-groups'
import { enforcePolicy, readBody } from './attributes'
import { type CallContext, callContext } from './context'
import type { Document } from './documents'
import { extensions } from './extensions'
import { badRequest, disallowedByPolicy, NeutronFailure, unauthorized } from './failure'
import { floatingips } from './floating-ips'
import { listing, only } from './listing'
import type { StandardAttributes } from './model'
import { networks, subnets } from './networks'
import { forwardings } from './port-forwardings'
import { ports } from './ports'
import { rbacPolicies } from './rbac-policies'
import type { ResourceKind } from './resource'
import { routers } from './routers'
import { securityGroupRules } from './security-group-rules'
import { securityGroups } from './security-groups'
import { tags } from './tags'
import type { NeutronWorld } from './world'

export interface NeutronOptions {
  readonly world: NeutronWorld
  readonly identity: Identity
  readonly clock: LabClock
  readonly notifier: Notifier
  readonly keystoneOrigin: () => string
  /** Neutron's `pagination_max_limit`; 0: no limit, the default. */
  readonly paginationMaxLimit?: number
  /** Aliases of extensions that this cloud lacks, e.g. `port-security-groups-filtering`, `filter-validation`. */
  readonly withoutExtensions?: readonly string[]
}

/** The server in front of Neutron refuses longer request lines (eventlet's default). */
const longestTarget = 8192

function resourceNotFound(): NeutronFailure {
  return new NeutronFailure(404, 'HTTPNotFound', 'The resource could not be found.')
}

/** Neutron v2.0 over HTTP: state changes are published as the real one publishes them. */
export function neutronService(options: NeutronOptions): LabHandler {
  const { world, identity, clock, notifier, withoutExtensions = [] } = options
  const kinds: ResourceKind[] = [
    securityGroups(world),
    securityGroupRules(world),
    ports(world),
    floatingips(world),
    networks(world),
    subnets(world),
    routers(world),
    addressGroups(world),
    rbacPolicies(world),
  ]
  const listingOptions = {
    paginationMaxLimit: options.paginationMaxLimit ?? 0,
    filterValidation: !withoutExtensions.includes('filter-validation'),
    missingFilters: withoutExtensions.includes('port-security-groups-filtering') ? ['security_groups'] : [],
  }

  return async (request) => {
    if (request.target.length > longestTarget) return { status: 414, headers: { connection: 'close' } }
    const path = request.path.replace(/\/+$/, '')
    if (path === '') return versions(request)
    const token = identity.find(request.headers['x-auth-token'])
    if (token === undefined) return unauthorized(options.keystoneOrigin())
    const context = callContext(token, clock.now())
    let reply: LabReply
    try {
      reply = await answer(context, request, path)
    } catch (error) {
      if (!(error instanceof NeutronFailure)) throw error
      reply = error.reply()
    }
    const line = `127.0.0.1 "${request.method} ${request.target} HTTP/1.1" status: ${reply.status}`
    await notifier.note(context, 'neutron.wsgi', `${line}  len: ${reply.body?.length ?? 0} time: 0.0300000`)
    return { ...reply, headers: { ...reply.headers, 'x-openstack-request-id': context.requestId } }
  }

  async function answer(context: CallContext, request: LabRequest, path: string): Promise<LabReply> {
    if (path === '/v2.0') return resources(request)
    const [, version, collection, id, part, partId] = path.split('/')
    if (version !== 'v2.0') throw resourceNotFound()
    if (collection === 'extensions' && request.method === 'GET') return extension(id)
    const kind = kinds.find((each) => each.path === collection)
    if (kind === undefined) throw resourceNotFound()
    if (part === 'port_forwardings' && kind.singular === 'floatingip' && id !== undefined) {
      const floating = found(kind, context, id)
      return forwardings(world, notifier, context, request, floating.id, partId)
    }
    if (part === 'tags' && id !== undefined) {
      const row = found(kind, context, id)
      if (request.method !== 'GET') owned(kind, context, row, 'update')
      return tags(world, notifier, context, request, kind, row, partId)
    }
    if (part !== undefined && id !== undefined) return member(kind, context, id, part, request)
    switch (request.method) {
      case 'GET':
        if (id === undefined) return json(200, listing(kind, context, request, listingOptions))
        return json(200, { [kind.singular]: only(request.query, kind.document(context, found(kind, context, id))) })
      case 'POST':
        if (id === undefined) return create(kind, context, request)
        break
      case 'PUT':
        if (id !== undefined) return update(kind, context, id, request)
        break
      case 'DELETE':
        if (id !== undefined) return remove(kind, context, id)
    }
    throw resourceNotFound()
  }

  /** The body is checked first, then `.start` goes out, then come policy and the plugin's own checks, then `.end`. */
  async function create(kind: ResourceKind, context: CallContext, request: LabRequest): Promise<LabReply> {
    if (kind.create === undefined) throw resourceNotFound()
    const document = parsed(request)
    const body = readBody(kind, context, 'POST', document)
    await notifier.notify(context, `${kind.singular}.create.start`, document)
    enforcePolicy(kind, context, 'create', body)
    const made = kind.create(context, body.items).map((row) => (kind.created ?? kind.document)(context, row))
    const result: Document = body.bulk ? { [kind.plural]: made } : { [kind.singular]: made[0] }
    await notifier.notify(context, `${kind.singular}.create.end`, result)
    return json(201, result)
  }

  async function update(kind: ResourceKind, context: CallContext, id: string, request: LabRequest): Promise<LabReply> {
    if (kind.update === undefined) throw resourceNotFound()
    const document = parsed(request)
    const body = readBody(kind, context, 'PUT', document)
    await notifier.notify(context, `${kind.singular}.update.start`, { ...document, id })
    const row = found(kind, context, id)
    owned(kind, context, row, 'update')
    enforcePolicy(kind, context, 'update', body)
    kind.update(context, row, body.items[0] ?? {})
    const result = { [kind.singular]: kind.document(context, row) }
    await notifier.notify(context, `${kind.singular}.update.end`, result)
    return json(200, result)
  }

  async function remove(kind: ResourceKind, context: CallContext, id: string): Promise<LabReply> {
    if (kind.remove === undefined) throw resourceNotFound()
    const named = { [`${kind.singular}_id`]: id }
    await notifier.notify(context, `${kind.singular}.delete.start`, named)
    const row = found(kind, context, id)
    owned(kind, context, row, 'delete')
    const last = structuredClone(kind.lastState(context, row))
    kind.remove(context, row)
    await notifier.notify(context, `${kind.singular}.delete.end`, { ...named, [kind.singular]: last })
    return { status: 204 }
  }

  async function member(
    kind: ResourceKind,
    context: CallContext,
    id: string,
    action: string,
    request: LabRequest,
  ): Promise<LabReply> {
    if (request.method !== 'PUT') throw resourceNotFound()
    const row = found(kind, context, id)
    owned(kind, context, row, 'update')
    const done = kind.member?.(context, row, action, parsed(request))
    if (done === undefined) throw resourceNotFound()
    if (done.event !== undefined) await notifier.notify(context, done.event.type, done.event.payload)
    return json(200, done.answer)
  }

  function found(kind: ResourceKind, context: CallContext, id: string): StandardAttributes {
    const row = kind.row(id)
    if (row === undefined || !kind.readable(context, row)) throw kind.notFound(id)
    return row
  }

  /** What one may see but does not own is forbidden, not missing. */
  function owned(kind: ResourceKind, context: CallContext, row: StandardAttributes, action: string): void {
    if (context.isAdmin || row.project_id === context.projectId) return
    throw disallowedByPolicy(`rule:${action}_${kind.singular}`)
  }

  function versions(request: LabRequest): LabReply {
    const links = [{ rel: 'self', href: `${request.origin}/v2.0/` }]
    return json(200, { versions: [{ id: 'v2.0', status: 'CURRENT', links }] })
  }

  function resources(request: LabRequest): LabReply {
    return json(200, {
      resources: kinds.map((kind) => ({
        links: [{ rel: 'self', href: `${request.origin}/v2.0/${kind.path}` }],
        name: kind.singular,
        collection: kind.path,
      })),
    })
  }

  function extension(alias: string | undefined): LabReply {
    const present = extensions.filter((each) => !withoutExtensions.includes(each.alias))
    if (alias === undefined) return json(200, { extensions: present })
    const one = present.find((each) => each.alias === alias)
    if (one === undefined) {
      throw new NeutronFailure(404, 'HTTPNotFound', `Extension with alias ${alias} does not exist`)
    }
    return json(200, { extension: one })
  }
}

function parsed(request: LabRequest): Document {
  const document = asObject(parseJson(request.body))
  if (document === undefined) throw badRequest('Body contains invalid data')
  return document
}
