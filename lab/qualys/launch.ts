import type { LabReply } from '../http/exchange'
import { QualysFailure } from './failure'
import type { Parameters } from './parameters'
import type { OptionProfile, Subscription } from './subscription'
import { missing, parseTargets, rangeText } from './targets'
import { simpleReturn, xmlReply } from './xml'

const known = [
  'scan_title',
  'option_id',
  'option_title',
  'target_from',
  'ip',
  'asset_groups',
  'asset_group_ids',
  'fqdn',
  'exclude_ip_per_scan',
  'iscanner_name',
  'iscanner_id',
  'default_scanner',
  'scanners_in_ag',
  'priority',
  'ip_network_id',
  'runtime_http_header',
  'client_id',
  'client_name',
]

/** `action=launch` of the scan API. */
export function launch(subscription: Subscription, parameters: Parameters, at: Date): LabReply {
  parameters.allow(...known)
  const title = parameters.get('scan_title') ?? `Vulnerability Scan - ${at.toISOString().slice(0, 10)}`
  if (title.length > 2000 || /[^\x20-\x7e]/.test(title)) {
    throw new QualysFailure('1905', 'parameter scan_title has invalid value: (Must be at most 2000 ASCII characters)')
  }
  const profile = profileOf(subscription, parameters)
  const scanner = scannerOf(subscription, parameters)
  const priority = parameters.get('priority') ?? '0'
  if (!/^[0-9]$/.test(priority)) {
    throw new QualysFailure('1905', `parameter priority has invalid value: ${priority}`)
  }
  parameters.atLeastOneOf('ip', 'asset_groups', 'asset_group_ids', 'fqdn')
  const targets = parseTargets('ip', parameters.get('ip') ?? '')
  const unapproved = missing(targets, subscription.approved)
  if (unapproved.length > 0) {
    const which = unapproved.map(rangeText).join(',')
    throw subscription.unapprovedAs === '1905'
      ? new QualysFailure('1905', `parameter ip has invalid value: ${which} (IP address not in subscription)`)
      : new QualysFailure('999', `Internal error: one or more IPs are not approved for your account: ${which}`)
  }
  const scan = subscription.launch({ title, targets, profile, scanner, priority: Number(priority) })
  return xmlReply(
    200,
    simpleReturn({ at, text: 'New vm scan launched', items: { ID: scan.id, REFERENCE: scan.reference } }),
  )
}

function profileOf(subscription: Subscription, parameters: Parameters): OptionProfile {
  const by = parameters.oneOf('option_id', 'option_title')
  if (by === undefined) parameters.atLeastOneOf('option_id', 'option_title')
  const wanted = parameters.get(by ?? '') ?? ''
  const found = subscription.profiles.find((each) => (by === 'option_id' ? String(each.id) : each.title) === wanted)
  if (found !== undefined) return found
  throw new QualysFailure('1905', `parameter ${by} has invalid value: ${wanted} (Option profile does not exist)`)
}

function scannerOf(subscription: Subscription, parameters: Parameters): string {
  const by = parameters.oneOf('iscanner_name', 'iscanner_id', 'default_scanner', 'scanners_in_ag')
  const wanted = parameters.get(by ?? '') ?? ''
  if (by === undefined || wanted === 'External' || (by === 'iscanner_id' && wanted === '0')) return 'External'
  if (by === 'default_scanner' || by === 'scanners_in_ag') return subscription.appliances[0]?.name ?? 'External'
  const found = subscription.appliances.find((each) =>
    by === 'iscanner_id' ? String(each.id) === wanted : each.name === wanted,
  )
  if (found === undefined) {
    throw new QualysFailure('1905', `parameter ${by} has invalid value: ${wanted} (Scanner appliance does not exist)`)
  }
  return found.name
}
