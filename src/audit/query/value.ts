/** One value of a filter, understood. */
export interface FilterValue {
  readonly negated: boolean
  readonly how: 'exact' | 'prefix'
  readonly text: string
}

/** As Hermes: a `!` in front inverts the filter, everything else is meant literally. */
export function plainValue(value: string): FilterValue {
  const negated = value.startsWith('!')
  return { negated, how: 'exact', text: negated ? value.slice(1) : value }
}

/**
 * Where the request opts in: a `*` at the end also means "begins with". A backslash before the `!` or the `*` takes the meaning
 * from it; elsewhere it is a backslash.
 */
export function extendedValue(value: string): FilterValue {
  const negated = value.startsWith('!')
  const rest = negated || value.startsWith('\\!') ? value.slice(1) : value
  if (rest.endsWith('\\*')) return { negated, how: 'exact', text: `${rest.slice(0, -2)}*` }
  if (rest.endsWith('*')) return { negated, how: 'prefix', text: rest.slice(0, -1) }
  return { negated, how: 'exact', text: rest }
}
