/** `state` of a row of `listed` and `listed_by_tenant`. */
export const LIVE = 0
/** A pending phase whose final one is stored. */
export const SUPERSEDED = 1

type Row = Readonly<Record<string, unknown>>

/** Numbers of all that may see an event, whenever it was filed under them. */
export function tenantsOf(row: Row): number[] {
  return [...hashedTenants(row), ...addedTenants(row)]
}

/** Those under which it was stored, in the order in which they were given. */
export function hashedTenants({ tenant, tenants }: Row): number[] {
  if (tenant === null) return []
  return [Number(tenant), ...(tenants === null ? [] : numbersIn(String(tenants).split(LATER)[0]))]
}

/** Those that look-ups brought later; behind a semicolon. */
export function addedTenants({ tenants }: Row): number[] {
  return tenants === null ? [] : numbersIn(String(tenants).split(LATER)[1])
}

/** The column `tenants`, which the first of them is not in. */
export function tenantsText(hashed: readonly number[], added: readonly number[]): string | null {
  const more = hashed.slice(1).join()
  if (added.length > 0) return `${more}${LATER}${added.join()}`
  return more === '' ? null : more
}

const LATER = ';'

function numbersIn(text: string | undefined): number[] {
  return text === undefined || text === '' ? [] : text.split(',').map(Number)
}
