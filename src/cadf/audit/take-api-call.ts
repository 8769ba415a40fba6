import type { Notification } from '../../notification/model'
import type { Draft, Fields } from '../draft'
import { type CadfResource, UNKNOWN } from '../event'
import { isKnown } from '../identity'
import { type NamedResource, resourceOfPath } from './request-path'
import type { ServicePaths } from './service-paths'

/**
 * Whether a CADF payload reports an API call as keystonemiddleware's audit filter does: with the service for its target and
 * the resource only in the path. Other middleware (SAP's) names the resource itself.
 */
export function isApiCall(notification: Notification, payload: Fields): boolean {
  if (typeof payload['requestPath'] !== 'string') return false
  if (notification.eventType.startsWith('audit.http.')) return true
  const observer = payload['observer']
  return typeof observer === 'object' && observer !== null && (observer as Fields)['id'] === 'target'
}

/**
 * Gives the event of an API call the resource that its path names as target, and the service, which was the target as sent,
 * as observer. Both events of a request become the same operation on the same target.
 */
export function takeApiCall({ notification, event, added, flags }: Draft, paths: ServicePaths): void {
  const { target: service, requestPath = '' } = event
  if (service.typeURI !== UNKNOWN && !service.typeURI.startsWith('service/')) return
  event.initiator = withoutPlaceholders(event.initiator)
  const name = isKnown(service.name) ? service.name : undefined
  const api = paths.serviceOf(notification, service.typeURI, name, requestPath)
  const resource = resourceOfPath(requestPath, api.words)
  event.observer = observerOf(service, api.typeURI, notification, added)
  if (resource === undefined) return
  event.target = targetOf(resource, added)
  const action = actionOf(event.action, service.typeURI, resource, paths)
  if (action === event.action) return
  flags.push(`action was ${event.action}`)
  event.action = action
}

/** The filter writes `unknown` for each header that the request lacks; what is absent is no tenant. */
function withoutPlaceholders(initiator: CadfResource): CadfResource {
  const absent = PLACED.filter((member) => initiator[member] !== undefined && !isKnown(initiator[member]))
  if (absent.length === 0) return initiator
  // It may be the payload's own.
  const rest = { ...initiator }
  for (const member of absent) delete rest[member]
  return rest
}
const PLACED = ['name', 'project_id'] as const

function observerOf(service: CadfResource, typeURI: string, notification: Notification, added: string[]): CadfResource {
  const { id: _id, typeURI: _typeURI, name, ...rest } = service
  let id = service.id
  // A service that is not in its own catalog has no id.
  if (!isKnown(id)) {
    id = notification.publisherId ?? UNKNOWN
    added.push('observer.id')
  }
  return isKnown(name) ? { id, typeURI, name, ...rest } : { id, typeURI, ...rest }
}

function targetOf(resource: NamedResource, added: string[]): CadfResource {
  const target: CadfResource = { id: resource.id ?? UNKNOWN, typeURI: resource.typeURI }
  if (resource.id === undefined) added.push('target.id')
  if (resource.projectId !== undefined) target.project_id = resource.projectId
  if (resource.parent !== undefined) target['parent'] = parentOf(resource.parent)
  return target
}

function parentOf({ id, typeURI, parent }: NamedResource): CadfResource {
  const resource: CadfResource = { id: id ?? UNKNOWN, typeURI }
  if (parent !== undefined) resource['parent'] = parentOf(parent)
  return resource
}

/** Collections that are set as a whole: a change of them is no creation. */
const SET_AS_A_WHOLE = new Set(['tags', 'metadata', 'members', 'traits', 'quotas', 'os-extra_specs', 'extra_specs'])
const VERB = /^[A-Za-z][A-Za-z0-9_-]{0,63}$/

/**
 * The action, where the service's audit map did not know the end of the path: the filter then calls a creation `update`, a
 * list `read`, and does not name what was done to the resource. An action that says more is left as it is.
 */
function actionOf(sent: string, sentType: string, resource: NamedResource, paths: ServicePaths): string {
  const { end, aspect, knownCollection } = resource
  const custom = paths.customAction(end, sent)
  if (custom !== undefined) return custom
  if (aspect !== undefined) {
    const verb = aspect.slice(aspect.lastIndexOf('/') + 1)
    const isTag = resource.typeURI.endsWith('/tag')
    // A map that has `status` among its collections makes a list of it.
    if (sent === 'read/list' && !isTag && resource.id !== undefined) return 'read'
    return sent === 'update' && !isTag && VERB.test(verb) ? `update/${verb}` : sent
  }
  if (!knownCollection || resource.id !== undefined || sentType.endsWith(`/${end}`)) return sent
  if (sent === 'read') return 'read/list'
  return sent === 'update' && !SET_AS_A_WHOLE.has(end) ? 'create' : sent
}
