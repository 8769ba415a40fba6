import { asciiJson } from '../syslog/visible'

/**
 * One line of osel's audit log, schema `osel1.1`: its keys in its order (shared reference "osel", §5), so that searches made
 * for osel keep working. Two things are mended: `qualys_scan_error` is empty when the scan was launched (osel put Qualys'
 * success text there), and changes without addresses or with unknown rules get a line as well.
 */
export interface OselLine {
  readonly address: string
  readonly changeType: string
  /** Qualys' reference, or empty. */
  readonly scanId: string
  readonly scanError: string
  /** Whatever is known of the rule; Neutron's own member names. */
  readonly rule: Readonly<Record<string, unknown>>
  /** osel wrote the name of its own machine, not of the bus. */
  readonly host: string
}

/** osel's text for an address that was not handed to Qualys. */
export const NOT_SCANNED = 'Not scanned by Qualys'

export function oselLine(line: OselLine): string {
  const { rule } = line
  return asciiJson({
    affected_ip_address: line.address,
    change_type: line.changeType,
    qualys_scan_id: line.scanId,
    qualys_scan_error: line.scanError,
    security_group_rule: {
      remote_group_id: rule['remote_group_id'] ?? null,
      direction: text(rule['direction']),
      protocol: rule['protocol'] ?? null,
      // Null became an empty string in osel, here and nowhere else.
      remote_ip_prefix: text(rule['remote_ip_prefix']),
      port_range_max: rule['port_range_max'] ?? null,
      // Never filled by Neutron.
      rule_direction: '',
      security_group_id: text(rule['security_group_id']),
      tenant_id: text(rule['tenant_id'] ?? rule['project_id']),
      port_range_min: rule['port_range_min'] ?? null,
      ethertype: text(rule['ethertype']),
      id: text(rule['id']),
    },
    source_type: 'osel1.1',
    source_message_bus: line.host,
  })
}

function text(value: unknown): string {
  return typeof value === 'string' ? value : ''
}
