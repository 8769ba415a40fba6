import { ATTRIBUTES } from '../../attributes'
import type { AuditFilter, Condition, Match, Scope, TextQuery } from '../../model'
import { wordsOf } from '../../query/words'
import { anyOf, type Dsl, EVERYTHING, NOTHING } from '../text-query'
import type { HermesLayout } from './layout'

/** Questions in terms of Hermes' documents. */
export class HermesFilter {
  readonly #layout: HermesLayout
  readonly #cloud: string

  constructor(layout: HermesLayout, cloud: string) {
    this.#layout = layout
    this.#cloud = cloud
  }

  dsl({ scope, where, from, to, text }: AuditFilter): Dsl {
    const span = { ...(from === undefined ? {} : { gte: iso(from) }), ...(to === undefined ? {} : { lt: iso(to) }) }
    const filter = [
      this.scope(scope),
      ...where.map((condition) => this.#condition(condition)),
      ...(from === undefined && to === undefined ? [] : [{ range: { eventTime: span } }]),
      ...(text === undefined ? [] : [this.#text(text)]),
    ]
    return { bool: { filter } }
  }

  scope({ tenants, cloud }: Scope): Dsl {
    if (cloud !== undefined && cloud !== this.#cloud) return NOTHING
    if (tenants === 'all') return EVERYTHING
    if (tenants.length === 0) return NOTHING
    const { tenantField } = this.#layout
    if (tenantField !== undefined) return { terms: { [tenantField]: [...tenants] } }
    const indices = tenants.flatMap((tenant) => this.#layout.indicesOf(tenant))
    return indices.length === 0 ? NOTHING : { terms: { _index: indices } }
  }

  #condition({ negated, anyOf: matches }: Condition): Dsl {
    const matched = anyOf(matches.flatMap((match) => this.#match(match)))
    return negated ? { bool: { must_not: [matched] } } : matched
  }

  #match({ attribute, how, values }: Match): Dsl[] {
    if (attribute === 'cloud') {
      const is = values.some((value) => (how === 'exact' ? value === this.#cloud : this.#cloud.startsWith(value)))
      return [is ? EVERYTHING : NOTHING]
    }
    const field = this.#layout.fieldOf(attribute)
    if (field === undefined || values.length === 0) return []
    if (how === 'exact') return [{ terms: { [field]: [...values] } }]
    return values.map((value) => ({ prefix: { [field]: { value } } }))
  }

  /** Hermes' fields are not cut into words: a word or phrase is the whole value, or its beginning. */
  #text(query: TextQuery): Dsl {
    switch (query.kind) {
      case 'word':
        return this.#values(wordsOf(query.text), query.prefix, ATTRIBUTES)
      case 'phrase':
        return this.#values(query.words.flatMap(wordsOf), query.prefix ?? false, ATTRIBUTES)
      case 'field':
        return this.#values(wordsOf(query.text), query.prefix, [query.attribute])
      case 'not':
        return { bool: { must_not: [this.#text(query.of)] } }
      case 'and':
        return query.of.length === 0 ? EVERYTHING : { bool: { filter: query.of.map((one) => this.#text(one)) } }
      case 'or':
        return anyOf(query.of.map((one) => this.#text(one)))
    }
  }

  #values(words: readonly string[], prefix: boolean, attributes: readonly (typeof ATTRIBUTES)[number][]): Dsl {
    if (words.length === 0) return NOTHING
    // What parted the words is not known any more.
    const values = [...new Set(['-', ' ', '.', '_', '/'].map((between) => words.join(between)))]
    const fields = attributes.map((attribute) => this.#layout.fieldOf(attribute)).filter((field) => field !== undefined)
    return anyOf(
      fields.flatMap((field): Dsl[] =>
        prefix ? values.map((value) => ({ prefix: { [field]: { value } } })) : [{ terms: { [field]: values } }],
      ),
    )
  }
}

/** Dates in Hermes' indices have milliseconds; a bound in between leaves out the whole millisecond before it. */
function iso(time: number): string {
  const ms = Math.min(Math.max(Math.ceil(time / 1000), -62_135_596_800_000), 253_402_300_799_999)
  return new Date(ms).toISOString()
}
