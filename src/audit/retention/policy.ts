import { OperatorError } from '../../errors/operator-error'
import type { Tenant, TenantSettings } from '../model'

/** What the operator decided for all; without either everything is kept. */
export interface RetentionPolicy {
  /** Events older than this go, by their own time, but for those that a tenant's own rule keeps longer. */
  readonly days?: number
  /** The oldest go until the store takes no more, whatever anybody's days say. */
  readonly bytes?: number
}

export type RetentionStep =
  | { readonly what: 'tenant'; readonly tenant: Tenant; readonly before: number }
  | { readonly what: 'others'; readonly exceptTenants: readonly Tenant[]; readonly before: number }
  | { readonly what: 'size'; readonly bytes: number }

/** A day is 24 hours; no calendar of any zone is meant. */
const DAY_MICROS = 24 * 60 * 60 * 1_000_000
/** A thousand years: more is a slip of the finger, and its time could not be written. */
const MOST_DAYS = 365_000
/** An empty store of either engine takes some hundred kB: less than this would remove each event as it comes. */
const FEWEST_BYTES = 10_000_000

/** Throws `AUDIT_RETENTION` for figures that cannot be meant: a mistake here destroys what an auditor will ask for. */
export function checkPolicy(policy: RetentionPolicy): RetentionPolicy {
  const { days, bytes } = policy
  if (days !== undefined && !isDays(days)) {
    throw new OperatorError('AUDIT_RETENTION', 'The retention is not a number of days from 1 to 365000.', {
      remedy: 'Leave it empty to keep events for ever.',
    })
  }
  if (bytes !== undefined && !(Number.isSafeInteger(bytes) && bytes >= FEWEST_BYTES)) {
    throw new OperatorError('AUDIT_RETENTION', 'The size to keep to is not a whole number of bytes from 10 MB.', {
      remedy: 'Leave it empty for no limit.',
    })
  }
  return policy
}

/** Whether retention can be set to so many days. */
export function isDays(days: number): boolean {
  return Number.isFinite(days) && days >= 1 && days <= MOST_DAYS
}

/**
 * What is to be removed now (µs since 1970), in order: by each tenant's own rule, by the rule for all others, by size. Identity and
 * role events have no exemption (docs/decisions).
 *
 * An event of several tenants goes when the last of them lets it go. Where all of them have fewer days than the operator's rule, that is
 * by the operator's rule: an engine is asked for the events of one tenant, or for all but those of some.
 */
export function retentionSteps(
  policy: RetentionPolicy,
  tenants: readonly { readonly tenant: Tenant; readonly settings: TenantSettings }[],
  now: number,
): readonly RetentionStep[] {
  const before = (days: number) => Math.floor(now - days * DAY_MICROS)
  const own = tenants.flatMap(({ tenant, settings: { retentionDays } }) =>
    retentionDays !== undefined && isDays(retentionDays) ? [{ tenant, days: retentionDays }] : [],
  )
  const general = policy.days ?? Number.POSITIVE_INFINITY
  const steps: RetentionStep[] = own
    .filter(({ days }) => days < general)
    .map(({ tenant, days }) => ({ what: 'tenant', tenant, before: before(days) }))
  const longer = own.map(({ days }) => days).filter((days) => days > general)
  for (const age of [...new Set(policy.days === undefined ? [] : [policy.days, ...longer])].sort((a, b) => a - b)) {
    const exceptTenants = own.filter(({ days }) => days > age).map(({ tenant }) => tenant)
    steps.push({ what: 'others', exceptTenants, before: before(age) })
  }
  if (policy.bytes !== undefined) steps.push({ what: 'size', bytes: policy.bytes })
  return steps
}
