import { randomUUID } from 'node:crypto'
import type { LabClock } from '../clock'
import { type Caller, callerOf, isTrue, unauthenticated } from '../http/caller'
import { json, type LabHandler, type LabReply, type LabRequest } from '../http/exchange'
import { markerPage } from '../http/marker-pages'
import type { Identity } from '../keystone/identity'

/** A volume as Cinder's database holds it. */
export interface Volume {
  readonly id: string
  readonly name: string
  readonly projectId: string
  readonly userId: string
  /** GiB */
  readonly size: number
  /** The server that has it, if one has. */
  attachedTo: string | undefined
}

export interface CinderOptions {
  readonly volumes: Map<string, Volume>
  readonly identity: Identity
  readonly clock: LabClock
  readonly keystoneOrigin: () => string
}

/** Cinder's `osapi_max_limit`. */
const LARGEST_PAGE = 1000

/** Cinder v3, with the project in the path as its catalogue entries have it: volumes are listed, shown and deleted. */
export function cinderService({ volumes, identity, clock, keystoneOrigin }: CinderOptions): LabHandler {
  const made = `${clock.now().toISOString().slice(0, 23)}000`
  return (request) => {
    const caller = callerOf(identity, request)
    if (caller === undefined) return unauthenticated(keystoneOrigin())
    const reply = answer(request, caller)
    const requestId = `req-${randomUUID()}`
    return {
      ...reply,
      headers: { ...reply.headers, 'x-openstack-request-id': requestId, 'x-compute-request-id': requestId },
    }
  }

  function answer(request: LabRequest, caller: Caller): LabReply {
    const [, version, project, collection, id, more] = request.path.replace(/\/+$/, '').split('/')
    if (version !== 'v3' || collection !== 'volumes' || more !== undefined) {
      return fault('itemNotFound', 404, 'The resource could not be found.')
    }
    // Only the token's own project may stand in the path.
    if (project !== caller.projectId) return fault('badRequest', 400, 'Malformed request url')
    if (request.method === 'GET' && (id === undefined || id === 'detail')) return list(request, caller, id === 'detail')
    const volume = volumes.get(id ?? '')
    if (volume === undefined || !(caller.isAdmin || volume.projectId === caller.projectId)) {
      return fault('itemNotFound', 404, `Volume ${id} could not be found.`)
    }
    if (request.method === 'GET') return json(200, { volume: document(volume, request) })
    if (request.method !== 'DELETE')
      return fault('badMethod', 405, 'The method specified is not allowed for this resource.')
    if (volume.attachedTo !== undefined) {
      const message =
        'Invalid volume: Volume status must be available or error or error_restoring or error_extending or ' +
        'error_managing and must not be migrating, attached, belong to a group, have snapshots, awaiting a transfer, ' +
        'or be disassociated from snapshots after volume transfer.'
      return fault('badRequest', 400, message)
    }
    volumes.delete(volume.id)
    return { status: 202 }
  }

  /** Unlike Nova, Cinder passes `all_tenants` over in silence for everybody but administrators. */
  function list(request: LabRequest, caller: Caller, detail: boolean): LabReply {
    const { query } = request
    const all = caller.isAdmin && query.has('all_tenants') && isTrue(query.get('all_tenants'))
    const project = all ? query.get('project_id') : caller.projectId
    const found = [...volumes.values()]
      .filter((volume) => project === null || volume.projectId === project)
      .sort((one, other) => (one.id < other.id ? 1 : -1))
    const page = markerPage(found, request, LARGEST_PAGE)
    if (page === undefined) return fault('itemNotFound', 404, `Volume ${query.get('marker')} could not be found.`)
    return json(200, {
      volumes: page.shown.map((volume) => (detail ? document(volume, request) : brief(volume, request))),
      ...(page.next !== undefined && { volumes_links: [{ rel: 'next', href: page.next }] }),
    })
  }

  function brief(volume: Volume, { origin, path }: LabRequest): Record<string, unknown> {
    const at = `${path.split('/')[2]}/volumes/${volume.id}`
    const links = [
      { rel: 'self', href: `${origin}/v3/${at}` },
      { rel: 'bookmark', href: `${origin}/${at}` },
    ]
    return { id: volume.id, name: volume.name, links }
  }

  function document(volume: Volume, request: LabRequest): Record<string, unknown> {
    const { attachedTo } = volume
    return {
      ...brief(volume, request),
      status: attachedTo === undefined ? 'available' : 'in-use',
      size: volume.size,
      availability_zone: 'nova',
      created_at: made,
      updated_at: made,
      description: '',
      volume_type: '__DEFAULT__',
      snapshot_id: null,
      source_volid: null,
      metadata: {},
      user_id: volume.userId,
      bootable: 'false',
      encrypted: false,
      replication_status: null,
      consistencygroup_id: null,
      multiattach: false,
      attachments:
        attachedTo === undefined
          ? []
          : [{ id: volume.id, volume_id: volume.id, server_id: attachedTo, device: '/dev/vdb' }],
      'os-vol-tenant-attr:tenant_id': volume.projectId,
    }
  }
}

function fault(kind: string, code: number, message: string): LabReply {
  return json(code, { [kind]: { code, message } })
}
