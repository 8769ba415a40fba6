import type { ExposedAddress } from '../exposure/model'
import { ipv4Number } from './address-ranges'
import { canonicalIpv6, type Ipv6Mappings } from './ipv6-mappings'
import type { ScanRequest } from './scan-request'

/** Qualys' own scanners on the Internet. */
export const EXTERNAL = 'External'

/** What is done with IPv6, which Qualys scans only through a mapped IPv4 address and only from an appliance. */
export type Ipv6Policy = 'drop' | 'map' | 'fail'

export interface ScannerChoice {
  /** Whether globally routable addresses go to {@link EXTERNAL}. */
  readonly external: boolean
  /** Names of scanner appliances, for everything that External must not have; empty: none. */
  readonly appliances: readonly string[]
  readonly ipv6: Ipv6Policy
}

/** Why an address is not scanned. `code` is stable. */
export interface NotScanned {
  readonly code:
    | 'NOT_NEEDED'
    | 'PRIVATE_NO_APPLIANCE'
    | 'PUBLIC_NO_SCANNER'
    | 'IPV6_DROPPED'
    | 'IPV6_NO_MAPPING'
    | 'IPV6_NO_APPLIANCE'
    | 'IPV6_REFUSED'
    | 'NOT_AN_ADDRESS'
    | 'GIVEN_UP'
  readonly message: string
}

/** What one scanner gets. */
export interface ScannerTargets {
  /** `External`, or appliance names joined by commas. */
  readonly scanner: string
  /** IPv4 addresses that stand for themselves. */
  readonly plain: readonly string[]
  /** IPv6 address → the IPv4 address that stands for it. */
  readonly mapped: Readonly<Record<string, string>>
}

export interface Targets {
  readonly scanners: readonly ScannerTargets[]
  readonly notScanned: Readonly<Record<string, NotScanned>>
}

/** The addresses of all changes that want a scan, each once. */
export function wantedAddresses(request: ScanRequest): ExposedAddress[] {
  const wanted = new Map<string, ExposedAddress>()
  for (const { changes } of request.occurrences) {
    for (const { scan, addresses } of changes) {
      if (!scan) continue
      for (const address of addresses) {
        // Told twice with another word on whether it is public: the careful one holds.
        const known = wanted.get(address.address)
        if (known === undefined || (known.global && !address.global)) wanted.set(address.address, address)
      }
    }
  }
  return [...wanted.values()]
}

/**
 * Sends each address to the scanner that may have it. External gets only addresses that both the message and the
 * registries call globally routable: a private address at a scanner on the Internet finds somebody else's host.
 *
 * @param isGlobal whether an address is globally routable by the IANA registries
 * @param mappings needed for the policy `map` only
 */
export function assignTargets(
  wanted: readonly ExposedAddress[],
  choice: ScannerChoice,
  isGlobal: (address: string) => boolean,
  mappings: Ipv6Mappings = new Map(),
): Targets {
  const appliances = choice.appliances.join(',')
  const external: string[] = []
  const internal: string[] = []
  const mapped: Record<string, string> = {}
  const notScanned: Record<string, NotScanned> = {}

  for (const { address, family, global } of wanted) {
    if (family === 6) {
      const place = placeIpv6(address, choice, mappings)
      if (typeof place === 'string') mapped[address] = place
      else notScanned[address] = place
    } else if (ipv4Number(address) === undefined) {
      notScanned[address] = { code: 'NOT_AN_ADDRESS', message: 'Not scanned: not an IPv4 address' }
    } else if (choice.external && global && isGlobal(address)) {
      external.push(address)
    } else if (appliances !== '') {
      internal.push(address)
    } else {
      notScanned[address] =
        global && isGlobal(address)
          ? { code: 'PUBLIC_NO_SCANNER', message: 'Not scanned: public address, no scanner chosen for it' }
          : { code: 'PRIVATE_NO_APPLIANCE', message: 'Not scanned: private address, no appliance' }
    }
  }
  const scanners: ScannerTargets[] = [
    { scanner: EXTERNAL, plain: external, mapped: {} },
    { scanner: appliances, plain: internal, mapped },
  ]
  return {
    scanners: scanners.filter((targets) => targets.plain.length > 0 || Object.keys(targets.mapped).length > 0),
    notScanned,
  }
}

function placeIpv6(address: string, { ipv6, appliances }: ScannerChoice, mappings: Ipv6Mappings): string | NotScanned {
  if (ipv6 === 'drop') return { code: 'IPV6_DROPPED', message: 'Not scanned: IPv6' }
  if (ipv6 === 'fail') return { code: 'IPV6_REFUSED', message: 'Not scanned: IPv6 is set to fail' }
  if (appliances.length === 0) {
    return { code: 'IPV6_NO_APPLIANCE', message: 'Not scanned: IPv6 needs an appliance' }
  }
  const v4 = mappings.get(canonicalIpv6(address) ?? '')
  if (v4 === undefined) return { code: 'IPV6_NO_MAPPING', message: 'Not scanned: IPv6 without a mapping at Qualys' }
  return v4
}
