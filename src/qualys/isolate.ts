import { OperatorError } from '../errors/operator-error'
import { type AddressRange, addressesIn, countAddresses, mergeAddresses } from './address-ranges'
import { approvedAddresses } from './approved-addresses'
import { type LaunchContext, type LaunchOrder, type LaunchOutcome, launchOnce } from './launch'
import type { ScanLaunch } from './model'
import { type PlannedPart, partOf, rangesOf } from './plan'

export interface PartContext extends LaunchContext {
  /** Key of the message; launches of parts of a part are named after it. */
  readonly messageKey: string
  readonly order: (part: PlannedPart) => LaunchOrder
}

export const SPLIT_KIND = 'qualys-split'

/**
 * Launches one part. When Qualys refuses it for its addresses, those that it does not know are found and named, and the
 * others are launched: first by asking for the subscription's addresses (one call), and where that does not explain the
 * refusal by halving. Rejects as {@link launchOnce} does.
 */
export async function launchPart(part: PlannedPart, context: PartContext): Promise<ScanLaunch[]> {
  const outcome = await launchOnce(context.order(part), context)
  if (outcome.state !== 'refused' || !outcome.addresses) return [launchOf(part, outcome)]
  const ranges = rangesOf(part.targets)
  if (countAddresses(ranges) === 1) return [launchOf(part, outcome)]

  const unknown = await unknownAddresses(part, ranges, context)
  if (unknown.length === 0) return halve(part, ranges, context)
  const refused = launchOf({ ...part, targets: '' }, outcome)
  const known = addressesIn(ranges).filter((address) => !unknown.includes(address))
  const launches = known.length === 0 ? [] : await bisect(part, mergeAddresses(known), context)
  return [...launches, { ...refused, addresses: unknown }]
}

async function bisect(part: PlannedPart, ranges: AddressRange[], context: PartContext): Promise<ScanLaunch[]> {
  const piece = partOf(context.messageKey, part.scanner, ranges)
  const outcome = await launchOnce(context.order(piece), context)
  const divisible = outcome.state === 'refused' && outcome.addresses && countAddresses(ranges) > 1
  return divisible ? halve(part, ranges, context) : [launchOf(piece, outcome)]
}

async function halve(part: PlannedPart, ranges: AddressRange[], context: PartContext): Promise<ScanLaunch[]> {
  const addresses = addressesIn(ranges)
  const middle = Math.ceil(addresses.length / 2)
  const launches: ScanLaunch[] = []
  for (const half of [addresses.slice(0, middle), addresses.slice(middle)]) {
    launches.push(...(await bisect(part, mergeAddresses(half), context)))
  }
  return launches
}

/** Remembered: after a crash the same addresses must be launched together again, or some are scanned twice. */
async function unknownAddresses(
  part: PlannedPart,
  ranges: readonly AddressRange[],
  { client, journal, owner, signal, onWait }: PartContext,
): Promise<string[]> {
  const known = (await journal.get(owner, SPLIT_KIND, part.key))?.value
  if (Array.isArray(known)) return known.filter((address) => typeof address === 'string')
  const addresses = addressesIn(ranges)
  let unknown: string[] = []
  try {
    const approved = await approvedAddresses(client, ranges, { signal, onWait })
    unknown = addresses.filter((address) => !approved(address))
  } catch (thrown) {
    // The account may launch but not list addresses: halving finds them too.
    if (!(thrown instanceof OperatorError) || !['QUALYS_REFUSED', 'QUALYS_PATH'].includes(thrown.code)) throw thrown
  }
  await journal.write([{ do: 'put', owner, kind: SPLIT_KIND, key: part.key, value: unknown }])
  return unknown
}

function launchOf({ scanner, targets }: PlannedPart, outcome: LaunchOutcome): ScanLaunch {
  const addresses = addressesIn(rangesOf(targets))
  if (outcome.state === 'refused') {
    return { status: 'refused', scanner, addresses, code: outcome.code, message: outcome.message, at: outcome.at }
  }
  return {
    status: outcome.duplicated ? 'possibly-duplicated' : 'launched',
    reference: outcome.reference,
    scanner,
    addresses,
    ...(outcome.message === undefined ? {} : { message: outcome.message }),
    at: outcome.at,
  }
}
