import { OperatorError } from '../errors/operator-error'
import type { Change, Exposure } from '../exposure/model'
import type { AuditRecord } from '../qualys/model'
import { NOT_SCANNED, oselLine } from './line'

/**
 * osel's lines for a message: one for an audit record of `qualys-scan`, else one for each change and address that
 * `openstack-port-lookup` found.
 * @throws OperatorError SYSLOG_NOT_OSEL for anything else
 */
export function oselLines(message: { readonly [member: string]: unknown }, host: string): string[] {
  if (isAuditRecord(message['payload'])) return [recordLine(message['payload'], host)]
  const exposure = message['exposure']
  if (isExposure(exposure) && message['scan'] === undefined) {
    return exposure.changes.flatMap((change) => changeLines(change, host))
  }
  throw new OperatorError('SYSLOG_NOT_OSEL', "osel's line needs an audit record or the addresses of a change.", {
    remedy: 'Wire the second output of qualys-scan, or the output of openstack-port-lookup, to this node.',
  })
}

function recordLine(record: AuditRecord, host: string): string {
  const address = record.address ?? ''
  return oselLine({
    address,
    changeType: record.change,
    scanId: isScanned(record) ? (record.scan ?? '') : '',
    scanError: scanError(record),
    rule: isRecord(record.rule) ? record.rule : {},
    host,
  })
}

function isScanned(record: AuditRecord): boolean {
  return record.scan !== null && record.scan !== ''
}

/** Empty for a launched scan; osel's own sentence where nothing was handed to Qualys; else what Qualys said. */
function scanError(record: AuditRecord): string {
  switch (record.status) {
    case 'scanned':
    case 'possibly-duplicated':
      return isScanned(record) ? '' : NOT_SCANNED
    case 'not-scanned':
    case 'dry-run':
      return NOT_SCANNED
    case 'refused':
    case 'incomplete':
      return record.code === undefined ? record.message : `${record.code}: ${record.message}`
  }
}

function changeLines(change: Change, host: string): string[] {
  const addresses = change.addresses.length === 0 ? [''] : change.addresses.map((exposed) => exposed.address)
  const rule: Record<string, unknown> = {
    ...(change.securityGroupId === undefined ? {} : { security_group_id: change.securityGroupId }),
    ...(change.projectId === undefined ? {} : { tenant_id: change.projectId }),
    ...(change.kind.startsWith('sg_rule') ? { id: change.resourceId } : {}),
    ...change.rule,
  }
  return addresses.map((address) =>
    oselLine({ address, changeType: change.kind, scanId: '', scanError: NOT_SCANNED, rule, host }),
  )
}

const AUDIT_STATUSES: ReadonlySet<unknown> = new Set<AuditRecord['status']>([
  'scanned',
  'not-scanned',
  'refused',
  'incomplete',
  'dry-run',
  'possibly-duplicated',
])

function isAuditRecord(value: unknown): value is AuditRecord {
  return (
    isRecord(value) &&
    typeof value['change'] === 'string' &&
    typeof value['message'] === 'string' &&
    AUDIT_STATUSES.has(value['status']) &&
    (value['address'] === null || typeof value['address'] === 'string') &&
    (value['scan'] === null || typeof value['scan'] === 'string')
  )
}

function isExposure(value: unknown): value is Exposure {
  return isRecord(value) && Array.isArray(value['changes']) && Array.isArray(value['addresses'])
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
