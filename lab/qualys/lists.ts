import { isoSeconds } from '../clock'
import type { LabReply } from '../http/exchange'
import type { Parameters } from './parameters'
import type { Subscription } from './subscription'
import { address, overlaps, parseTargets } from './targets'
import { cdata, document, element, xmlReply } from './xml'

/** `/api/2.0/fo/subscription/option_profile/vm/?action=list` */
export function listProfiles(subscription: Subscription, parameters: Parameters): LabReply {
  parameters.allow('id', 'title')
  const found = subscription.profiles.filter(
    (each) =>
      (parameters.get('id') ?? String(each.id)) === String(each.id) &&
      (parameters.get('title') ?? each.title) === each.title,
  )
  const shown = found.map((each) =>
    element(
      'OPTION_PROFILE',
      element(
        'BASIC_INFO',
        element('ID', each.id),
        element('GROUP_NAME', cdata(each.title)),
        element('GROUP_TYPE', 'user'),
        element('USER_ID', cdata(`${subscription.username} (Manager)`)),
        element('UNIT_ID', 0),
        element('IS_DEFAULT', each.isDefault ? 1 : 0),
        element('IS_GLOBAL', 1),
        element('IS_OFFLINE_SYNCABLE', 0),
      ),
    ),
  )
  return xmlReply(
    200,
    document('OPTION_PROFILES', '2.0/fo/subscription/option_profile/option_profile_info.dtd', ...shown),
  )
}

/** `/api/2.0/fo/asset/ip/?action=list`: what may be scanned. */
export function listAddresses(subscription: Subscription, parameters: Parameters, at: Date): LabReply {
  parameters.allow('ips', 'network_id', 'tracking_method', 'compliance_enabled')
  const asked = parameters.get('ips')
  const wanted = asked === undefined ? undefined : parseTargets('ips', asked)
  const found =
    wanted === undefined ? subscription.approved : subscription.approved.filter((each) => overlaps([each], wanted))
  // Asked for some, Qualys names these and not the range they lie in.
  const shown = wanted === undefined ? found : found.flatMap((known) => wanted.flatMap((range) => common(known, range)))
  const set = shown.map(({ from, to }) =>
    from === to ? element('IP', address(from)) : element('IP_RANGE', `${address(from)}-${address(to)}`),
  )
  return xmlReply(
    200,
    document(
      'IP_LIST_OUTPUT',
      '2.0/fo/asset/ip/ip_list_output.dtd',
      element('RESPONSE', element('DATETIME', isoSeconds(at)), set.length > 0 ? element('IP_SET', ...set) : undefined),
    ),
  )
}

function common(
  one: { from: number; to: number },
  other: { from: number; to: number },
): { from: number; to: number }[] {
  const from = Math.max(one.from, other.from)
  const to = Math.min(one.to, other.to)
  return from <= to ? [{ from, to }] : []
}

/** `/api/2.0/fo/appliance/?action=list` */
export function listAppliances(subscription: Subscription, parameters: Parameters, at: Date): LabReply {
  parameters.allow('output_mode', 'type', 'name', 'ids', 'network_id', 'busy')
  const shown = subscription.appliances.map((each) =>
    element(
      'APPLIANCE',
      element('ID', each.id),
      element('NAME', each.name),
      element('SOFTWARE_VERSION', '3.11'),
      element(
        'RUNNING_SCAN_COUNT',
        subscription.scans.filter((scan) => scan.scanner === each.name && subscription.isGoing(scan)).length,
      ),
      element('STATUS', each.online ? 'Online' : 'Offline'),
    ),
  )
  return xmlReply(
    200,
    document(
      'APPLIANCE_LIST_OUTPUT',
      '2.0/fo/appliance/appliance_list_output.dtd',
      element('RESPONSE', element('DATETIME', isoSeconds(at)), element('APPLIANCE_LIST', ...shown)),
    ),
  )
}
