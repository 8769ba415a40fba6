/** `state` of a row of `listed` and `listed_by_tenant`. */
export const LIVE = 0
/** A pending phase whose final one is stored. */
export const SUPERSEDED = 1

/** Numbers of an event's tenants, in the order in which they were given. */
export function tenantsOf(row: Readonly<Record<string, unknown>>): number[] {
  const { tenant, tenants } = row
  if (tenant === null) return []
  return [Number(tenant), ...(tenants === null ? [] : String(tenants).split(',').map(Number))]
}
