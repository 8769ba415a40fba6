import type { Attribute } from '../attributes'
import { indexedPrefix, indexedValue } from '../indexed-value'
import type { AuditFilter, Condition, Match, Scope } from '../model'
import { anyOf, type Dsl, NOTHING, textDsl } from './text-query'

export const fieldOf = (attribute: Attribute) => `a.${attribute}`

/** What the asker may see, and operations once: what a final phase has superseded is left out. */
export function filterDsl(filter: AuditFilter): Dsl {
  const superseded = supersededFor(filter.scope, { exists: { field: 'superseded' } })
  return { bool: { filter: conditions(filter), must_not: [superseded] } }
}

/** Not for tenants that see the pending phase only: their deed must not vanish because its end concerns somebody else. */
export function supersededFor({ tenants }: Scope, superseded: Dsl): Dsl {
  if (tenants === 'all' || tenants.length === 0) return superseded
  return { bool: { filter: [superseded], must_not: [{ terms: { pending_for: [...tenants] } }] } }
}

/** Without regard to phases. */
export function conditions({ scope, where, from, to, text }: AuditFilter): Dsl[] {
  const span = { ...(from === undefined ? {} : { gte: from }), ...(to === undefined ? {} : { lt: to }) }
  return [
    ...scopeDsl(scope),
    ...where.map(conditionDsl),
    ...(from === undefined && to === undefined ? [] : [{ range: { time: span } }]),
    ...(text === undefined ? [] : [textDsl(text)]),
  ]
}

export function scopeDsl({ tenants, cloud }: Scope): Dsl[] {
  const ofCloud = cloud === undefined ? [] : [{ term: { cloud: { value: cloud } } }]
  if (tenants === 'all') return ofCloud
  // An empty list of terms matches nothing too, but it must not depend on that.
  return [...ofCloud, tenants.length === 0 ? NOTHING : { terms: { tenants: [...tenants] } }]
}

function conditionDsl({ negated, anyOf: matches }: Condition): Dsl {
  const matched = anyOf(matches.flatMap(matchDsl))
  return negated ? { bool: { must_not: [matched] } } : matched
}

function matchDsl({ attribute, how, values }: Match): Dsl[] {
  const field = fieldOf(attribute)
  if (how === 'exact') return values.length === 0 ? [] : [{ terms: { [field]: values.map(indexedValue) } }]
  return values.map((value) => ({ prefix: { [field]: { value: indexedPrefix(value) } } }))
}
