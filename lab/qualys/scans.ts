import { isoSeconds } from '../clock'
import { json, type LabReply } from '../http/exchange'
import { QualysFailure } from './failure'
import type { Parameters } from './parameters'
import type { LabScan, Subscription } from './subscription'
import { overlaps, parseTargets, rangeText } from './targets'
import { cdata, document, element, simpleReturn, type Xml, xmlReply } from './xml'

const thirtyDays = 30 * 24 * 3_600_000
const filters = [
  'scan_ref',
  'state',
  'processed',
  'type',
  'target',
  'user_login',
  'launched_after_datetime',
  'launched_before_datetime',
  'scan_type',
  'client_id',
  'client_name',
  'show_ags',
  'show_op',
  'show_status',
  'show_last',
  'ignore_target',
]

/** `action=list` of the scan API: the last 30 days unless a time is given; there is no filter for titles and no paging. */
export function listScans(subscription: Subscription, parameters: Parameters, at: Date, version: string): LabReply {
  parameters.allow(...filters)
  const list = (name: string): string[] | undefined =>
    parameters
      .get(name)
      ?.split(',')
      .map((each) => each.trim())
  const references = list('scan_ref')
  const states = list('state')
  const types = list('type')
  const target = parameters.get('target')
  const wanted = target === undefined ? undefined : parseTargets('target', target)
  const after = time(parameters, 'launched_after_datetime') ?? new Date(at.getTime() - thirtyDays)
  const before = time(parameters, 'launched_before_datetime')
  const processed = parameters.get('processed')
  const user = parameters.get('user_login')
  const found = subscription.scans.filter(
    (scan) =>
      (references === undefined || references.includes(scan.reference)) &&
      (states === undefined || states.includes(subscription.stateOf(scan))) &&
      // All of them were launched through the API.
      (types === undefined || types.includes('API')) &&
      (wanted === undefined || overlaps(scan.targets, wanted)) &&
      (user === undefined || user === scan.userLogin) &&
      scan.launchedAt >= after &&
      (before === undefined || scan.launchedAt <= before) &&
      (processed === undefined || (processed === '1') === subscription.isProcessed(scan)),
  )
  const shown = found.reverse().map((scan) => scanElement(subscription, parameters, scan, at))
  return xmlReply(
    200,
    document(
      'SCAN_LIST_OUTPUT',
      `${version}/fo/scan/scan_list_output.dtd`,
      ...echo(parameters, at),
      element(
        'RESPONSE',
        element('DATETIME', isoSeconds(at)),
        shown.length === 0 ? undefined : element('SCAN_LIST', ...shown),
      ),
    ),
  )
}

function echo(parameters: Parameters, at: Date): Xml[] {
  if (parameters.get('echo_request') !== '1') return []
  const given = parameters
    .entries()
    .map(([key, value]) => element('PARAM', element('KEY', key), element('VALUE', value)))
  return [element('REQUEST', element('DATETIME', isoSeconds(at)), element('PARAM_LIST', ...given))]
}

function time(parameters: Parameters, name: string): Date | undefined {
  const text = parameters.get(name)
  if (text === undefined) return undefined
  if (!/^\d{4}-\d\d-\d\d(T\d\d:\d\d:\d\dZ)?$/.test(text)) {
    throw new QualysFailure('1905', `parameter ${name} has invalid value: ${text} (Use YYYY-MM-DD[THH:MM:SSZ])`)
  }
  return new Date(text)
}

function scanElement(subscription: Subscription, parameters: Parameters, scan: LabScan, at: Date): Xml {
  const state = subscription.stateOf(scan)
  const subStates: Partial<Record<LabScan['outcome'], string>> = { 'no-vuln': 'No_Vuln', 'no-host': 'No_Host' }
  const subState = state === 'Finished' ? subStates[scan.outcome] : undefined
  const ran = Math.max(0, Math.min(at.getTime() - scan.launchedAt.getTime(), scan.times.finished) - scan.times.running)
  return element(
    'SCAN',
    element('REF', scan.reference),
    element('TYPE', 'API'),
    element('TITLE', cdata(scan.title)),
    element('USER_LOGIN', scan.userLogin),
    element('LAUNCH_DATETIME', isoSeconds(scan.launchedAt)),
    element('DURATION', state === 'Queued' ? 'Pending' : new Date(ran).toISOString().slice(11, 19)),
    element('PROCESSING_PRIORITY', scan.priority === 0 ? '0 - No Priority' : String(scan.priority)),
    element('PROCESSED', subscription.isProcessed(scan) ? 1 : 0),
    parameters.get('show_status') === '0'
      ? undefined
      : element('STATUS', element('STATE', state), subState === undefined ? undefined : element('SUB_STATE', subState)),
    parameters.get('ignore_target') === '1'
      ? undefined
      : element('TARGET', cdata(scan.targets.map(rangeText).join(', '))),
    parameters.get('show_op') === '1'
      ? element(
          'OPTION_PROFILE',
          element('TITLE', cdata(scan.profile.title)),
          element('DEFAULT_FLAG', scan.profile.isDefault ? 1 : 0),
        )
      : undefined,
  )
}

export function cancelScan(subscription: Subscription, parameters: Parameters, at: Date): LabReply {
  parameters.allow('scan_ref')
  const scan = scanOf(subscription, parameters)
  if (!subscription.isGoing(scan)) {
    throw new QualysFailure('1905', `parameter scan_ref has invalid value: ${scan.reference} (Scan is not running)`)
  }
  subscription.cancel(scan)
  return xmlReply(200, simpleReturn({ at, text: 'Canceling scan', items: { ID: scan.id, REFERENCE: scan.reference } }))
}

/** `action=fetch`, as JSON: header objects, then findings, then where the targets were scanned from. */
export function fetchScan(subscription: Subscription, parameters: Parameters): LabReply {
  parameters.allow('scan_ref', 'ips', 'mode', 'output_format', 'client_id', 'client_name')
  const scan = scanOf(subscription, parameters)
  const state = subscription.stateOf(scan)
  if (state !== 'Finished' && state !== 'Canceled') {
    throw new QualysFailure('1905', `parameter scan_ref has invalid value: ${scan.reference} (Scan is ${state})`)
  }
  const format = parameters.get('output_format') ?? 'csv'
  const addresses = scan.targets.map(rangeText)
  const alive = state === 'Finished' && scan.outcome !== 'no-host'
  const findings = alive
    ? addresses.map((ip) => ({
        ip: ip.split('-')[0],
        dns: '',
        netbios: '',
        os: 'Linux',
        ip_status: 'host scanned, found vuln',
        qid: 82023,
        title: 'Open TCP Services List',
        type: 'Ig',
        severity: '1',
        port: '',
        protocol: 'tcp',
        fqdn: '',
        ssl: '',
        results:
          'Port\tIANA Assigned Ports/Services\tDescription\tService Detected\n22\tssh\tSSH Remote Login Protocol\tssh\n',
      }))
    : []
  if (format !== 'json' && format !== 'json_extended') {
    const rows = findings.map((each) => `"${each.ip}","${each.qid}","${each.title}"`)
    return {
      status: 200,
      headers: { 'content-type': 'text/csv' },
      body: ['"IP","QID","Title"', ...rows, ''].join('\n'),
    }
  }
  return json(200, [
    { company: 'Pocket', city: '', country: '', launch_date: isoSeconds(scan.launchedAt) },
    {
      status: state,
      reference: scan.reference,
      launch_date: isoSeconds(scan.launchedAt),
      ips: addresses.join(', '),
      excluded_ips: '',
      option_profile: scan.profile.title,
      total_hosts: String(addresses.length),
      active_hosts: String(findings.length),
      type: 'API',
      scan_title: scan.title,
      scanner_appliance: scan.scanner,
      network: 'Global Default Network',
    },
    ...findings,
    { target_distribution_across_scanner_appliances: `${scan.scanner} : ${addresses.join(', ')}` },
  ])
}

function scanOf(subscription: Subscription, parameters: Parameters): LabScan {
  const reference = parameters.required('scan_ref')
  const scan = subscription.scans.find((each) => each.reference === reference)
  if (scan === undefined) {
    throw new QualysFailure('1905', `parameter scan_ref has invalid value: ${reference} (Scan does not exist)`)
  }
  return scan
}
