import { ROOT_ACTIONS } from './action'
import { EVENT_TYPE_URI } from './event'

/** One departure from DSP0262: the dotted path of the member, and what is wrong with it. */
export interface Violation {
  readonly path: string
  readonly problem: string
}

type Fields = Readonly<Record<string, unknown>>

const EVENT_TYPES = new Set(['activity', 'monitor', 'control'])
const STEP_ROLES = new Set(['observer', 'modifier', 'relay'])
const REFERENCES = new Set(['target', 'initiator', 'observer'])
const OUTCOMES = new Set(['success', 'failure', 'unknown', 'pending'])
/** Roots of the resource taxonomy; whatever stands below one of them is allowed. */
const RESOURCE_ROOTS = new Set(['storage', 'compute', 'network', 'service', 'data', 'unknown'])
/** pycadf compares by the beginning of the text, which is why Keystone's `created.project` passes. */
const ACTION = new RegExp(`^(${[...ROOT_ACTIONS].join('|')})`)
const PATH = /^[A-Za-z0-9][\w.:~-]*(\/[\w.:~-]+)*$/
/** The offset is mandatory, with its colon; `Z` is not allowed. */
const TIMESTAMP = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d+)?[+-]\d{2}:\d{2}$/
const TAG = /^\S/
/** Longest path of an event that is checked: `target.parent.parent.parent`. */
const DEEPEST = 6

/**
 * Checks a CADF event against DSP0262 and pycadf's rules as this package promises it: every required member, the taxonomies,
 * ids and times, and what `added` says. One sentence for each problem, beginning with the member's path; an empty list means
 * that it is valid.
 */
export function cadfProblems(event: unknown): string[] {
  return cadfViolations(event).map(({ path, problem }) => (path === '' ? problem : `${path} ${problem}`))
}

/** The same, with the path apart. */
export function cadfViolations(event: unknown): Violation[] {
  const found: Violation[] = []
  const fields = fieldsOf(event)
  if (fields === undefined) return [{ path: '', problem: 'is no object' }]
  const complain = (path: string, problem: string) => found.push({ path, problem })

  if (fields['typeURI'] !== EVENT_TYPE_URI) complain('typeURI', `is not ${EVENT_TYPE_URI}`)
  if (!isText(fields['id'])) complain('id', 'is no identifier')
  if (!isOneOf(EVENT_TYPES, fields['eventType'])) complain('eventType', 'is none of activity, monitor, control')
  checkTime(fields['eventTime'], 'eventTime', complain)
  const action = fields['action']
  if (!isText(action) || !PATH.test(action) || !ACTION.test(action)) complain('action', 'is not in the taxonomy')
  if (!isOneOf(OUTCOMES, fields['outcome'])) complain('outcome', 'is none of success, failure, unknown, pending')
  for (const role of ['initiator', 'target', 'observer']) {
    checkResource(fields[role], role, complain)
    if (fields[`${role}Id`] !== undefined) complain(`${role}Id`, 'is there beside the resource')
  }
  if (fields['reason'] !== undefined) checkReason(fields['reason'], complain)
  if (fields['eventType'] === 'control' && fields['reason'] === undefined) complain('reason', 'is required for control')
  if (fields['eventType'] === 'monitor' && !Array.isArray(fields['measurements'])) {
    complain('measurements', 'are required for monitor')
  }
  checkList(fields['tags'], 'tags', (tag, path) => {
    if (!isText(tag) || !TAG.test(tag)) complain(path, 'is no tag')
  })
  checkList(fields['attachments'], 'attachments', (attachment, path) => checkAttachment(attachment, path, complain))
  checkList(fields['measurements'], 'measurements', (measurement, path) =>
    checkMeasurement(measurement, path, complain),
  )
  checkList(fields['reporterchain'], 'reporterchain', (step, path) => checkStep(step, path, complain))
  checkList(fields['added'], 'added', (path, at) => {
    if (typeof path !== 'string' || valueAt(fields, path) === undefined)
      complain(at, 'names a member that is not there')
  })
  return found

  function checkList(value: unknown, path: string, check: (member: unknown, path: string) => void): void {
    if (value === undefined) return
    if (!Array.isArray(value)) return void complain(path, 'is no list')
    for (const [index, member] of value.entries()) check(member, `${path}.${index}`)
  }
}

type Complain = (path: string, problem: string) => void

function checkResource(value: unknown, path: string, complain: Complain, depth = 0): void {
  const resource = fieldsOf(value)
  if (resource === undefined) {
    complain(path, 'is no resource')
    return
  }
  if (!isText(resource['id'])) complain(`${path}.id`, 'is no identifier')
  const type = resource['typeURI']
  if (!isText(type) || !PATH.test(type) || !RESOURCE_ROOTS.has(type.split('/', 1)[0] ?? '')) {
    complain(`${path}.typeURI`, 'is not in the taxonomy')
  }
  for (const name of TEXTS) {
    const text = resource[name]
    if (text !== undefined && typeof text !== 'string') complain(`${path}.${name}`, 'is no text')
  }
  for (const name of ['request_id', 'global_request_id']) {
    const id = resource[name]
    if (id !== undefined && !isText(id)) complain(`${path}.${name}`, 'is no identifier')
  }
  if (resource['addresses'] !== undefined) {
    const addresses = Array.isArray(resource['addresses']) ? resource['addresses'] : [undefined]
    if (!addresses.every((address) => isText(fieldsOf(address)?.['url']))) complain(`${path}.addresses`, 'lack a url')
  }
  checkHost(resource['host'], `${path}.host`, complain)
  const { credential, geolocation } = resource
  if (credential !== undefined && !isText(fieldsOf(credential)?.['token'])) {
    complain(`${path}.credential`, 'has no token, not even a masked one')
  }
  if (geolocation !== undefined) {
    const members = fieldsOf(geolocation)
    if (members === undefined || !Object.values(members).every((member) => typeof member === 'string')) {
      complain(`${path}.geolocation`, 'has members that are no texts')
    }
  }
  if (resource['attachments'] !== undefined) {
    if (!Array.isArray(resource['attachments'])) complain(`${path}.attachments`, 'is no list')
    else {
      for (const [index, member] of resource['attachments'].entries()) {
        checkAttachment(member, `${path}.attachments.${index}`, complain)
      }
    }
  }
  if (resource['parent'] !== undefined) {
    if (depth < DEEPEST) checkResource(resource['parent'], `${path}.parent`, complain, depth + 1)
    else complain(`${path}.parent`, 'is nested too deeply')
  }
}

const TEXTS = [
  'name',
  'domain',
  'ref',
  'project_id',
  'project_name',
  'domain_id',
  'domain_name',
  'user_id',
  'username',
  'user_name',
  'application_credential_id',
]

function checkHost(value: unknown, path: string, complain: Complain): void {
  if (value === undefined) return
  const host = fieldsOf(value)
  if (host === undefined) {
    complain(path, 'is no host')
    return
  }
  for (const name of ['id', 'address', 'agent', 'platform']) {
    if (host[name] !== undefined && typeof host[name] !== 'string') complain(`${path}.${name}`, 'is no text')
  }
}

function checkMeasurement(value: unknown, path: string, complain: Complain): void {
  const measurement = fieldsOf(value)
  if (measurement === undefined || !('result' in measurement)) {
    complain(path, 'has no result')
    return
  }
  const metric = fieldsOf(measurement['metric'])
  if ((measurement['metric'] === undefined) === (measurement['metricId'] === undefined)) {
    complain(path, 'needs either a metric or its id')
  } else if (measurement['metric'] !== undefined && !(isText(metric?.['metricId']) && isText(metric['unit']))) {
    complain(`${path}.metric`, 'lacks its id or unit')
  }
}

function checkReason(value: unknown, complain: Complain): void {
  const reason = fieldsOf(value)
  const whole =
    reason !== undefined &&
    ((isText(reason['reasonType']) && isText(reason['reasonCode'])) ||
      (isText(reason['policyType']) && isText(reason['policyId'])))
  if (!whole) complain('reason', 'has neither type and code nor policy type and id')
}

function checkAttachment(value: unknown, path: string, complain: Complain): void {
  const attachment = fieldsOf(value)
  if (
    attachment === undefined ||
    !isText(attachment['typeURI']) ||
    !isText(attachment['name']) ||
    !('content' in attachment)
  ) {
    complain(path, 'is no attachment')
  }
}

function checkStep(value: unknown, path: string, complain: Complain): void {
  const step = fieldsOf(value)
  if (!isOneOf(STEP_ROLES, step?.['role'])) complain(`${path}.role`, 'is unknown')
  if ((step?.['reporter'] === undefined) === (step?.['reporterId'] === undefined)) {
    complain(path, 'needs either a reporter or its id')
  }
  const reporter = step?.['reporter']
  if (reporter !== undefined && !isReference(reporter)) checkResource(reporter, `${path}.reporter`, complain)
  if (step?.['reporterTime'] !== undefined) checkTime(step['reporterTime'], `${path}.reporterTime`, complain)
}

/** A resource that is `{"id": "target"}` or the like means that part of the event. */
function isReference(value: unknown): boolean {
  const fields = fieldsOf(value)
  return fields !== undefined && !('typeURI' in fields) && isOneOf(REFERENCES, fields['id'])
}

function checkTime(value: unknown, path: string, complain: Complain): void {
  if (typeof value !== 'string' || !TIMESTAMP.test(value) || Number.isNaN(Date.parse(value))) {
    complain(path, 'is no time with its offset')
  }
}

function valueAt(fields: Fields, path: string): unknown {
  let value: unknown = fields
  for (const name of path.split('.')) value = fieldsOf(value)?.[name]
  return value
}

function isOneOf(values: ReadonlySet<string>, value: unknown): boolean {
  return typeof value === 'string' && values.has(value)
}

function isText(value: unknown): value is string {
  return typeof value === 'string' && value !== ''
}

function fieldsOf(value: unknown): Fields | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Fields) : undefined
}
