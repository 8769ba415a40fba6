import { createHash } from 'node:crypto'
import { type CadfEvent, type CadfResource, EVENT_TYPE_URI, type Outcome, UNKNOWN } from '../cadf/event'
import type { Change, ChangeKind, ExposedAddress } from '../exposure/model'
import type { AuditRecord, ScanLaunch } from './model'
import { type PlannedTarget, plannedTargets, type ScanPlan } from './plan'
import type { FinishedScan } from './scan'
import type { Occurrence, ScanRequest } from './scan-request'

/** An audit record with the CADF event that says the same, and the occurrence that it is about. */
export interface Audited {
  readonly record: AuditRecord
  readonly event: CadfEvent
  readonly occurrence: Occurrence
}

/** The node that scanned: the observer of its audit events. */
export interface Observer {
  readonly id: string
  readonly name: string
}

/** Everything but the change, the rule and the address. */
type Verdict = Pick<AuditRecord, 'scan' | 'status' | 'code' | 'message' | 'scannedAs'> & { readonly at: string }

/**
 * One record for each change and address, whether it was scanned or not, and why; one for a change without addresses and
 * for an event that changes nothing. The same message always gives records with the same event ids.
 */
export function auditRecords(request: ScanRequest, finished: FinishedScan, observer: Observer): Audited[] {
  const { plan, scan } = finished
  const launchOf = launchIndex(scan.launches)
  const planned = plannedTargets(plan)
  const audited: Audited[] = []
  const ids = new Map<string, number>()
  const told = request.occurrences.some(
    ({ incomplete, changes }) => incomplete !== undefined || changes.some(isIncomplete),
  )
  for (const occurrence of request.occurrences) {
    // What is said of a change is exact; what is said of the whole stands only where nothing closer is known.
    const own = occurrence.changes.some(isIncomplete) ? undefined : occurrence.incomplete
    const whole = own ?? (told ? undefined : request.incomplete)
    const add = (change: Change | undefined, address: ExposedAddress | undefined, verdict: Verdict) => {
      const { at, ...said } = verdict
      const incomplete = change?.incomplete ?? whole
      const record: AuditRecord = {
        change: change?.kind ?? occurrence.topic,
        ...(change?.rule === undefined ? {} : { rule: change.rule }),
        address: address?.address ?? null,
        ...said,
        ...(incomplete === undefined ? {} : { incomplete, message: `${said.message}; ${incomplete}` }),
      }
      const event = eventOf(record, { occurrence, change, address, at, observer, key: scan.key })
      // Changes of a bulk request may lack the ids that would tell them apart.
      const alike = ids.get(event.id) ?? 0
      ids.set(event.id, alike + 1)
      if (alike > 0) event.id = recordId([event.id, String(alike)])
      audited.push({ record, event, occurrence })
    }
    if (occurrence.changes.length === 0) add(undefined, undefined, withoutAddress(undefined, whole, plan.at))
    for (const change of occurrence.changes) {
      if (change.addresses.length === 0) {
        add(change, undefined, withoutAddress(change, change.incomplete ?? whole, plan.at))
      }
      for (const address of change.addresses) {
        const text = address.address
        const verdict = change.scan ? verdictOf(text, planned.get(text), plan, launchOf) : notNeeded(change, plan.at)
        add(change, address, verdict)
      }
    }
  }
  return audited
}

function isIncomplete({ incomplete }: Change): boolean {
  return incomplete !== undefined
}

function withoutAddress(change: Change | undefined, incomplete: string | undefined, at: string): Verdict {
  if (incomplete !== undefined) {
    return { scan: null, status: 'incomplete', code: 'INCOMPLETE', message: 'Not scanned: no address known', at }
  }
  if (change === undefined) {
    const message = 'Not scanned: the event changes no exposure'
    return { scan: null, status: 'not-scanned', code: 'NO_CHANGE', message, at }
  }
  if (!change.scan) return notNeeded(change, at)
  const message = 'Not scanned: the change touches no address'
  return { scan: null, status: 'not-scanned', code: 'NO_ADDRESSES', message, at }
}

function notNeeded({ noScanReason }: Change, at: string): Verdict {
  const message = `Not scanned: ${noScanReason ?? 'not needed'}`
  return { scan: null, status: 'not-scanned', code: 'NOT_NEEDED', message, at }
}

function verdictOf(
  address: string,
  planned: PlannedTarget | undefined,
  plan: ScanPlan,
  launchOf: LaunchIndex,
): Verdict {
  const reason = Object.hasOwn(plan.notScanned, address) ? plan.notScanned[address] : undefined
  if (reason !== undefined) return { scan: null, status: 'not-scanned', ...reason, at: plan.at }
  const launch = planned && launchOf(planned.scanner, planned.target)
  if (planned === undefined || launch === undefined) {
    const message = 'Not scanned: not part of the scan that was planned'
    return { scan: null, status: 'not-scanned', code: 'NOT_PLANNED', message, at: plan.at }
  }
  const scannedAs = planned.target === address ? {} : { scannedAs: planned.target }
  const at = launch.at ?? plan.at
  const { reference = null, scanner } = launch
  switch (launch.status) {
    case 'launched':
      return { scan: reference, status: 'scanned', message: `Scan launched from ${scanner}`, ...scannedAs, at }
    case 'possibly-duplicated': {
      const message = `Scan launched from ${scanner}, possibly twice: the first launch had no clear answer`
      return { scan: reference, status: 'possibly-duplicated', message, ...scannedAs, at }
    }
    case 'dry-run': {
      const message = `Not scanned: dry run, would go to ${scanner}`
      return { scan: null, status: 'dry-run', code: 'DRY_RUN', message, ...scannedAs, at }
    }
    case 'refused': {
      const message = `Not scanned: ${launch.message ?? 'refused by Qualys'}`
      const code = launch.code === undefined ? {} : { code: launch.code }
      return { scan: null, status: 'refused', ...code, message, ...scannedAs, at }
    }
  }
}

type LaunchIndex = (scanner: string, target: string) => ScanLaunch | undefined

function launchIndex(launches: readonly ScanLaunch[]): LaunchIndex {
  const index = new Map<string, ScanLaunch>()
  for (const launch of launches) {
    for (const address of launch.addresses) index.set(`${launch.scanner} ${address}`, launch)
  }
  return (scanner, target) => index.get(`${scanner} ${target}`)
}

const TARGET_TYPES: Readonly<Record<ChangeKind, string>> = {
  sg_rule_add: 'network/security-group-rule',
  sg_rule_del: 'network/security-group-rule',
  sg_create: 'network/security-group',
  sg_update: 'network/security-group',
  sg_delete: 'network/security-group',
  port_create: 'network/port',
  port_update: 'network/port',
  port_delete: 'network/port',
  fip_associate: 'network/floatingip',
  fip_disassociate: 'network/floatingip',
}

interface EventParts {
  readonly occurrence: Occurrence
  readonly change: Change | undefined
  readonly address: ExposedAddress | undefined
  readonly at: string
  readonly observer: Observer
  readonly key: string
}

function eventOf(record: AuditRecord, parts: EventParts): CadfEvent {
  const { occurrence, change, address, at, observer, key } = parts
  const cause = change?.messageId ?? occurrence.notification?.messageId ?? occurrence.event?.id
  const initiator = occurrence.event?.initiator
  const tags = [`correlation_id?value=${key}`, `change?value=${record.change}`]
  if (cause !== undefined) tags.push(`cause?value=${cause}`)
  if (record.scan !== null) tags.push(`scan?value=${record.scan}`)
  return {
    typeURI: EVENT_TYPE_URI,
    id: recordId([key, cause, change?.kind, change?.resourceId, address?.address, address?.portId]),
    eventType: 'activity',
    eventTime: at.replace(/Z$/, '+00:00'),
    action: 'evaluate/scan',
    outcome: outcomeOf(record),
    initiator: initiator ?? { id: UNKNOWN, typeURI: UNKNOWN },
    target: targetOf(occurrence, change, address),
    observer: { id: observer.id, typeURI: 'service/security', name: observer.name },
    ...(record.code === undefined ? {} : { reason: reasonOf(record.code) }),
    tags,
    attachments: [{ typeURI: 'mime:application/json', name: 'scan', content: record }],
    ...(initiator === undefined ? { added: ['initiator.id', 'initiator.typeURI'] } : {}),
  }
}

/** Qualys' own codes are numbers; everything else is said by this node or by HTTP. */
function reasonOf(code: string): { reasonType: string; reasonCode: string } {
  return { reasonType: /^\d+$/.test(code) ? 'Qualys' : 'qualys-scan', reasonCode: code }
}

/** Whether the exposure was looked after: a change that needs no scan is, one that could not be scanned is not. */
function outcomeOf({ status, code }: AuditRecord): Outcome {
  switch (status) {
    case 'scanned':
    case 'possibly-duplicated':
      return 'success'
    case 'not-scanned':
      return code === 'NOT_NEEDED' || code === 'NO_CHANGE' || code === 'NO_ADDRESSES' ? 'success' : 'failure'
    case 'refused':
      return 'failure'
    case 'incomplete':
    case 'dry-run':
      return 'unknown'
  }
}

function targetOf(
  { event }: Occurrence,
  change: Change | undefined,
  address: ExposedAddress | undefined,
): CadfResource {
  if (change === undefined) return event?.target ?? { id: UNKNOWN, typeURI: UNKNOWN }
  const target: CadfResource = { id: change.resourceId || UNKNOWN, typeURI: TARGET_TYPES[change.kind] }
  if (event?.target.id === change.resourceId && event.target.name !== undefined) target.name = event.target.name
  if (change.projectId !== undefined) target.project_id = change.projectId
  if (change.securityGroupId !== undefined) target['security_group_id'] = change.securityGroupId
  if (address === undefined) return target
  target.addresses = [{ url: address.address, name: address.kind }]
  if (address.portId !== undefined) target['port_id'] = address.portId
  if (address.deviceId !== undefined) target['device_id'] = address.deviceId
  return target
}

/** Shaped as a UUID, as other programs expect of an event's id. */
function recordId(parts: readonly (string | undefined)[]): string {
  const hex = createHash('sha256')
    .update(JSON.stringify(parts.map((part) => part ?? null)))
    .digest('hex')
  return [hex.slice(0, 8), hex.slice(8, 12), `8${hex.slice(13, 16)}`, `8${hex.slice(17, 20)}`, hex.slice(20, 32)].join(
    '-',
  )
}
