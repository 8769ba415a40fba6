import { OperatorError } from '../errors/operator-error'
import { type CompiledTemplate, compileTemplate } from '../notify/templates/engine'
import type { Framing } from './framing'
import { facilityNumber, severityNumber } from './names'
import { DEFAULT_SEVERITIES, type SeverityRule } from './severity'

/** Everything about a syslog sink but its TLS material, checked. */
export interface SyslogSettings {
  readonly host: string
  readonly port: number
  readonly transport: 'udp' | 'tcp' | 'tls'
  readonly framing: Framing
  readonly protocol: 'rfc5424' | 'rfc3164'
  readonly format: 'json' | 'text' | 'osel' | 'cef' | 'template'
  /** Of the format `template`, in Liquid. */
  readonly template?: CompiledTemplate
  readonly facility: number
  readonly severity: SeverityRule
  readonly hostname: string
  readonly appName: string
  readonly enterpriseId: string
  readonly bom: boolean
  /** Longest message in bytes; 0 for none. */
  readonly limit: number
  readonly time: 'event' | 'now'
  /** Lines held while the server is away. */
  readonly hold: number
  /** Lines already sent are journalled and not sent again. */
  readonly once: boolean
}

/** What every receiver should take in one datagram (RFC 5426 §3.2). */
export const UDP_LIMIT = 2048
/** What every receiver must take. */
const LEAST_LIMIT = 480
const MOST_UDP = 65_000
const DEFAULT_HOLD = 10_000
/** Reserved by IANA for documentation: it claims to be nobody. */
export const DOCUMENTATION_ENTERPRISE = '32473'

/** @throws OperatorError SYSLOG_CONFIG naming the setting that is wrong, NOTIFY_TEMPLATE */
export function readSettings(config: { readonly [setting: string]: unknown }, thisHost: string): SyslogSettings {
  const transport = oneOf(config['transport'], ['tcp', 'udp', 'tls'] as const, 'transport')
  const format = oneOf(config['format'], ['json', 'text', 'osel', 'cef', 'template'] as const, 'format')
  const host = text(config['host'])
  if (host === '') {
    throw new OperatorError('SYSLOG_CONFIG', 'No syslog server is named ("host" in the flow file).', {
      remedy: 'Open the node and fill in Server.',
    })
  }
  return {
    host,
    port: wholeNumber(config['port'], transport === 'tls' ? 6514 : 514, 1, 65_535, 'port'),
    transport,
    framing: oneOf(config['framing'], ['octet-counting', 'newline'] as const, 'framing'),
    protocol: oneOf(config['protocol'], ['rfc5424', 'rfc3164'] as const, 'protocol'),
    format,
    ...(format === 'template' ? { template: templateOf(config['template']) } : {}),
    facility: named(config['facility'], facilityNumber, 13, 'facility'),
    severity: severityRule(config),
    hostname: text(config['hostname']) || thisHost,
    appName: text(config['appName']) || 'openstack-events',
    enterpriseId: enterpriseId(config['enterpriseId']),
    bom: config['bom'] !== false,
    limit: limitOf(config['limit'], transport),
    time: oneOf(config['time'], ['event', 'now'] as const, 'time'),
    hold: wholeNumber(config['hold'], DEFAULT_HOLD, 1, 1_000_000, 'hold'),
    once: config['once'] !== false,
  }
}

/** A mistake in it is found at deploy. */
function templateOf(value: unknown): CompiledTemplate {
  const written = text(value)
  if (written === '') throw wrong('template', 'it is empty')
  return compileTemplate(written, 'none', 'syslog')
}

function severityRule(config: { readonly [setting: string]: unknown }): SeverityRule {
  const by = oneOf(config['severityBy'], ['outcome', 'value', 'fixed'] as const, 'severityBy')
  if (by === 'fixed') return { by, severity: named(config['severity'], severityNumber, 6, 'severity') }
  const of = (outcome: keyof typeof DEFAULT_SEVERITIES, setting: string) =>
    named(config[setting], severityNumber, DEFAULT_SEVERITIES[outcome], setting)
  return {
    by,
    map: {
      success: of('success', 'severitySuccess'),
      failure: of('failure', 'severityFailure'),
      unknown: of('unknown', 'severityUnknown'),
      pending: of('pending', 'severityPending'),
    },
  }
}

function limitOf(value: unknown, transport: SyslogSettings['transport']): number {
  if (transport === 'udp') return wholeNumber(value, UDP_LIMIT, LEAST_LIMIT, MOST_UDP, 'limit')
  if (text(value) === '0') return 0
  return wholeNumber(value, 0, LEAST_LIMIT, Number.MAX_SAFE_INTEGER, 'limit')
}

/** A private enterprise number, or one with sub-identifiers (RFC 5424 §7.2.2). */
function enterpriseId(value: unknown): string {
  const given = text(value)
  if (given === '') return DOCUMENTATION_ENTERPRISE
  if (!/^\d{1,10}(\.\d{1,10}){0,5}$/.test(given)) throw wrong('enterpriseId', 'an enterprise number is digits')
  return given
}

function named(value: unknown, read: (given: unknown) => number | undefined, fallback: number, name: string): number {
  if (text(value) === '') return fallback
  const number = read(value)
  if (number === undefined) throw wrong(name, 'it is neither a known name nor a number')
  return number
}

function oneOf<T extends string>(value: unknown, choices: readonly [T, ...T[]], name: string): T {
  if (text(value) === '') return choices[0]
  const choice = choices.find((known) => known === value)
  if (choice === undefined) throw wrong(name, `it must be one of ${choices.join(', ')}`)
  return choice
}

function wholeNumber(value: unknown, fallback: number, least: number, most: number, name: string): number {
  if (text(value) === '') return fallback
  const number = Number(value)
  if (!Number.isInteger(number) || number < least || number > most) {
    throw wrong(name, `it must be a whole number from ${least} to ${most}`)
  }
  return number
}

function text(value: unknown): string {
  return typeof value === 'string' ? value.trim() : typeof value === 'number' ? String(value) : ''
}

function wrong(name: string, why: string): OperatorError {
  return new OperatorError('SYSLOG_CONFIG', `The setting "${name}" cannot be used: ${why}.`)
}
