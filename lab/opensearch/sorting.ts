import { illegal, only, parsing, single } from './failure'
import type { Field, Indexed, Value } from './fields'

export type SortValue = Value | null

export interface Order {
  readonly values: (document: Indexed) => SortValue[]
  /** Below zero: a comes first. */
  readonly compare: (a: readonly SortValue[], b: readonly SortValue[]) => number
  readonly length: number
}

export function orderOf(sort: unknown, fields: ReadonlyMap<string, Field>): Order {
  if (!Array.isArray(sort)) throw parsing('[sort] must be an array')
  const keys = sort.map((one: unknown) => {
    const [field, options] = single(one, 'sort')
    const {
      order = 'asc',
      missing = '_last',
      unmapped_type,
    } = only(options, 'sort', ['order', 'missing', 'unmapped_type'])
    if (order !== 'asc' && order !== 'desc') throw parsing(`Unknown SortOrder [${String(order)}]`)
    if (missing !== '_last') throw parsing('only missing: _last is here')
    const type = fields.get(field)?.type
    if (type === undefined && fields.size > 0 && unmapped_type === undefined) {
      throw new Error(`No mapping found for [${field}] in order to sort on`)
    }
    if (type === 'text') throw illegal(`Text fields are not optimised for sorting: [${field}]`)
    return { field, sign: order === 'asc' ? 1 : -1 }
  })
  return {
    length: keys.length,
    values: ({ values }) => keys.map(({ field }) => values.get(field)?.[0] ?? null),
    compare: (a, b) => {
      for (const [at, { sign }] of keys.entries()) {
        const [x, y] = [a[at] ?? null, b[at] ?? null]
        if (x === y) continue
        // Missing ones come last, whichever way.
        if (x === null) return 1
        if (y === null) return -1
        return sign * compareValues(x, y)
      }
      return 0
    },
  }
}

/** Texts by their bytes, as Lucene orders terms. */
export function compareValues(a: Value, b: Value): number {
  if (typeof a === 'number' && typeof b === 'number') return a - b
  return Buffer.compare(Buffer.from(String(a)), Buffer.from(String(b)))
}
