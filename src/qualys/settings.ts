import { OperatorError } from '../errors/operator-error'
import { quote } from '../errors/redact'
import { DEFAULT_CHUNK } from './address-ranges'
import type { ScanSettings } from './scan'
import type { Ipv6Policy } from './targets'

const IPV6: readonly Ipv6Policy[] = ['drop', 'map', 'fail']

/**
 * Reads the settings of a scan node as the dialog, an environment variable or an imported flow has them: numbers may be
 * texts, empty is the default. Throws `QUALYS_CONFIG`.
 */
export function readScanSettings(config: Readonly<Record<string, unknown>>): ScanSettings {
  const profile = text(config['profile'])
  if (profile === '') throw wrong('option profile', 'is missing: Qualys scans by one')
  const by = config['profileBy'] === 'id' ? 'id' : 'title'
  if (by === 'id' && !/^\d+$/.test(profile)) throw wrong('option profile', 'is chosen by id, which is a number')
  const ipv6 = text(config['ipv6']) || 'drop'
  if (!isPolicy(ipv6)) throw wrong('IPv6 policy', `"${quote(ipv6, 30)}" is none of ${IPV6.join(', ')}`)
  const appliances = text(config['appliances'])
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '')
  if (appliances.some((name) => name.toLowerCase() === 'external' || name === '0')) {
    throw wrong('appliances', 'name External: private addresses would go to scanners on the Internet')
  }
  return {
    profile: { by, value: profile },
    external: config['external'] !== false,
    appliances,
    ipv6,
    priority: number(config, 'priority', 0, { least: 0, most: 9 }),
    titlePrefix: text(config['titlePrefix']) || 'openstack',
    chunk: {
      addresses: number(config, 'chunkAddresses', DEFAULT_CHUNK.addresses, { least: 1, most: 65_536 }),
      bytes: number(config, 'chunkBytes', DEFAULT_CHUNK.bytes, { least: 31, most: 1_000_000 }),
    },
    floor: number(config, 'floor', 5, { least: 0, most: 100_000 }),
    // Below the two minutes after which a launch without an answer may be repeated.
    timeoutMs: number(config, 'timeout', 60, { least: 1, most: 110 }) * 1000,
    dryRun: config['dryRun'] === true,
  }
}

function number(
  config: Readonly<Record<string, unknown>>,
  name: string,
  fallback: number,
  { least, most }: { least: number; most: number },
): number {
  const value = text(config[name])
  if (value === '') return fallback
  const parsed = Number(value)
  if (!Number.isInteger(parsed) || parsed < least || parsed > most) {
    throw wrong(name, `"${quote(value, 30)}" is not a whole number from ${least} to ${most}`)
  }
  return parsed
}

function text(value: unknown): string {
  if (typeof value === 'number') return String(value)
  return typeof value === 'string' ? value.trim() : ''
}

function isPolicy(value: string): value is Ipv6Policy {
  return (IPV6 as readonly string[]).includes(value)
}

function wrong(setting: string, why: string): OperatorError {
  return new OperatorError('QUALYS_CONFIG', `The setting "${setting}" ${why}.`)
}
