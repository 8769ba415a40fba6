import { createHash } from 'node:crypto'
import {
  type AddressRange,
  addressesIn,
  type ChunkLimits,
  chunkRanges,
  formatRanges,
  mergeAddresses,
  parseRange,
} from './address-ranges'
import type { NotScanned, Targets } from './targets'

/**
 * What is to be launched for one message. Made once and journalled before the first launch: after a crash or a change of
 * settings the same launches are carried on, and none is made twice under another name.
 */
export interface ScanPlan {
  /** ISO 8601 */
  readonly at: string
  readonly groups: readonly PlannedGroup[]
  readonly notScanned: Readonly<Record<string, NotScanned>>
}

export interface PlannedGroup {
  readonly scanner: string
  /** Ranges of the addresses that stand for themselves. */
  readonly plain: string
  /** IPv6 address → the IPv4 address that stands for it. */
  readonly mapped: Readonly<Record<string, string>>
  readonly parts: readonly PlannedPart[]
}

/** One launch. */
export interface PlannedPart {
  readonly scanner: string
  /** Ends the title at Qualys; `<key of the message>` or `<key of the message>/<part>`. */
  readonly key: string
  /** As Qualys takes them: `198.51.100.7,198.51.100.20-198.51.100.22`. */
  readonly targets: string
}

export function makePlan(key: string, at: Date, targets: Targets, limits: ChunkLimits): ScanPlan {
  const chunked = targets.scanners.map((group) => ({
    group,
    chunks: chunkRanges(mergeAddresses([...group.plain, ...Object.values(group.mapped)]), limits),
  }))
  const only = chunked.reduce((count, { chunks }) => count + chunks.length, 0) === 1
  return {
    at: at.toISOString(),
    groups: chunked.map(({ group: { scanner, plain, mapped }, chunks }) => ({
      scanner,
      plain: formatRanges(mergeAddresses(plain)),
      mapped,
      parts: chunks.map((chunk) => {
        const part = partOf(key, scanner, chunk)
        return only ? { ...part, key } : part
      }),
    })),
    notScanned: targets.notScanned,
  }
}

/** A launch of some of a message's targets, named by what it launches. */
export function partOf(key: string, scanner: string, ranges: readonly AddressRange[]): PlannedPart {
  const targets = formatRanges(ranges)
  const digest = createHash('sha256').update(`${scanner}\n${targets}`).digest('hex').slice(0, 12)
  return { key: `${key}/${digest}`, scanner, targets }
}

export function rangesOf(targets: string): AddressRange[] {
  return targets === '' ? [] : targets.split(',').flatMap((text) => parseRange(text) ?? [])
}

/** Where an address of the message went: to a scanner, as this IPv4 address. */
export interface PlannedTarget {
  readonly scanner: string
  readonly target: string
}

/** By the address as the message has it; addresses that are not scanned are not in it. */
export function plannedTargets(plan: ScanPlan): ReadonlyMap<string, PlannedTarget> {
  const planned = new Map<string, PlannedTarget>()
  for (const { scanner, plain, mapped } of plan.groups) {
    for (const target of addressesIn(rangesOf(plain))) planned.set(target, { scanner, target })
    for (const [address, target] of Object.entries(mapped)) planned.set(address, { scanner, target })
  }
  return planned
}
