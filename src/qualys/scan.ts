import type { ChunkLimits } from './address-ranges'
import { addressesIn } from './address-ranges'
import { correlationKey, scanTitle } from './correlation-key'
import { type Ipv6Mappings, readIpv6Mappings } from './ipv6-mappings'
import { launchPart } from './isolate'
import type { LaunchContext, LaunchOrder } from './launch'
import type { Scan, ScanLaunch, ScanStatus } from './model'
import { makePlan, type PlannedPart, rangesOf, type ScanPlan } from './plan'
import type { ScanRequest } from './scan-request'
import { assignTargets, type NotScanned, type ScannerChoice, wantedAddresses } from './targets'

/** The settings of a scan node. */
export interface ScanSettings extends ScannerChoice {
  readonly profile: LaunchOrder['profile']
  readonly priority: number
  /** First part of the scan's title. */
  readonly titlePrefix: string
  readonly chunk: ChunkLimits
  /** Calls of Qualys' window that are left to others; 0: none. */
  readonly floor: number
  /** One launch call, ms. */
  readonly timeoutMs: number
  /** Everything but the calls. */
  readonly dryRun: boolean
}

export interface ScanContext extends Pick<LaunchContext, 'client' | 'journal' | 'owner' | 'signal' | 'onWait'> {
  readonly isGlobal: (address: string) => boolean
}

/** A scan and the plan behind it: together they say of each address what became of it. */
export interface FinishedScan {
  readonly scan: Scan
  readonly plan: ScanPlan
}

export const PLAN_KIND = 'qualys-plan'

/** The same for the same message, settings of chunks and titles notwithstanding. */
export function scanKey(request: ScanRequest, { profile }: Pick<ScanSettings, 'profile'>): string {
  return correlationKey({
    cloud: request.cloud,
    targets: wantedAddresses(request).map(({ address }) => address),
    profile: `${profile.by}:${profile.value}`,
    occasion: request.occasion,
  })
}

/**
 * Scans what a message asks for, and carries on where an earlier try stopped: the plan and every launch are journalled.
 * Rejects as `launchOnce` does; nothing is lost by calling it again.
 */
export async function runScan(
  key: string,
  request: ScanRequest,
  settings: ScanSettings,
  context: ScanContext,
): Promise<FinishedScan> {
  const title = scanTitle(settings.titlePrefix, request.cloud, key)
  const plan = await planOf(key, request, settings, context)
  const launches: ScanLaunch[] = []
  for (const part of plan.groups.flatMap(({ parts }) => parts)) {
    if (settings.dryRun) launches.push(dryLaunch(part))
    else launches.push(...(await launchPart(part, partContext(key, title, settings, context))))
  }
  return { plan, scan: { key, title, status: statusOf(launches), launches } }
}

/** The outcome of a message that cannot be scanned at all: every address is named, none is scanned. */
export function givenUp(
  key: string,
  request: ScanRequest,
  settings: Pick<ScanSettings, 'titlePrefix'>,
  at: Date,
  why: string,
): FinishedScan {
  const reason: NotScanned = { code: 'GIVEN_UP', message: `Not scanned: ${why}` }
  return refusedWhole(key, request, settings, at, () => reason)
}

/** What is recorded where IPv6 is set to fail and the message has some; undefined where it may be scanned. */
export function refusedForIpv6(request: ScanRequest, settings: ScanSettings, at: Date): FinishedScan | undefined {
  if (settings.ipv6 !== 'fail' || !wantedAddresses(request).some(({ family }) => family === 6)) return undefined
  return refusedWhole(scanKey(request, settings), request, settings, at, (family) => ({
    code: 'IPV6_REFUSED',
    message: `Not scanned: ${family === 6 ? 'IPv6 is set to fail' : 'IPv6 in the same message is set to fail'}`,
  }))
}

function refusedWhole(
  key: string,
  request: ScanRequest,
  { titlePrefix }: Pick<ScanSettings, 'titlePrefix'>,
  at: Date,
  reason: (family: 4 | 6) => NotScanned,
): FinishedScan {
  const notScanned = Object.fromEntries(
    wantedAddresses(request).map(({ address, family }) => [address, reason(family)]),
  )
  return {
    plan: { at: at.toISOString(), groups: [], notScanned },
    scan: { key, title: scanTitle(titlePrefix, request.cloud, key), status: 'refused', launches: [] },
  }
}

function partContext(key: string, title: string, settings: ScanSettings, context: ScanContext) {
  const { profile, priority, floor, timeoutMs } = settings
  return {
    ...context,
    floor,
    timeoutMs,
    messageKey: key,
    order: ({ key: partKey, scanner, targets }: PlannedPart): LaunchOrder => ({
      key: partKey,
      title: title + partKey.slice(key.length),
      scanner,
      profile,
      targets,
      priority,
    }),
  }
}

async function planOf(
  key: string,
  request: ScanRequest,
  settings: ScanSettings,
  { client, journal, owner, isGlobal, signal, onWait }: ScanContext,
): Promise<ScanPlan> {
  const known = settings.dryRun ? undefined : await journal.get(owner, PLAN_KIND, key)
  if (known !== undefined) return known.value as ScanPlan
  const wanted = wantedAddresses(request)
  let mappings: Ipv6Mappings | undefined
  const mustMap = settings.ipv6 === 'map' && settings.appliances.length > 0 && wanted.some(({ family }) => family === 6)
  if (mustMap && !settings.dryRun) mappings = await readIpv6Mappings(client, { signal, onWait })
  const targets = assignTargets(wanted, settings, isGlobal, mappings)
  const plan = makePlan(key, new Date(client.clock.now()), targets, settings.chunk)
  if (!settings.dryRun) {
    await journal.write([{ do: 'put', owner, kind: PLAN_KIND, key, value: plan }])
  }
  return plan
}

function dryLaunch({ scanner, targets }: PlannedPart): ScanLaunch {
  return { status: 'dry-run', scanner, addresses: addressesIn(rangesOf(targets)) }
}

function statusOf(launches: readonly ScanLaunch[]): ScanStatus {
  if (launches.length === 0) return 'not-needed'
  if (launches.some(({ status }) => status === 'dry-run')) return 'dry-run'
  const refused = launches.filter(({ status }) => status === 'refused').length
  if (refused === 0) return 'launched'
  return refused === launches.length ? 'refused' : 'partial'
}
