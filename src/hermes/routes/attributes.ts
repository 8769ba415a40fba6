import { attributeNamed } from '../../audit/query/names'
import { firstValue, type QueryParameters } from '../../audit/query/parameters'
import { quote } from '../../errors/redact'
import { type Answer, jsonAnswer } from '../answer'
import { badRequest } from '../failure'
import type { KnownRoute } from '../model'
import { checkWindow } from '../paging'
import { recordRead } from '../record-read'

const DEFAULT_LIMIT = 10_000

/**
 * The different values of an attribute. As in Hermes no filter applies, not even the time, and `limit` counts values before
 * `max_depth` shortens them.
 */
export const attributes: KnownRoute = async (call): Promise<Answer> => {
  const attribute = attributeOf(call.members['attribute_name'] ?? '')
  const limit = leniently(call.parameters, 'limit') || DEFAULT_LIMIT
  const depth = leniently(call.parameters, 'max_depth')
  const reading = call.reading()
  checkWindow(limit)
  if (reading.kind === 'nothing') return jsonAnswer(200, [])
  const filter = { scope: reading.scope, where: [] }
  const found = await call.trail.store.distinct({ filter, attribute, limit, order: 'value', counts: false })
  await recordRead(call, reading, 'read/list')
  const values = found.map(({ value }) => value)
  return jsonAnswer(200, depth === 0 ? values : [...new Set(values.map((value) => shortened(value, depth)))])
}

/** @throws ApiFailure 400 */
export function attributeOf(name: string): Exclude<ReturnType<typeof attributeNamed>, 'time' | undefined> {
  const attribute = attributeNamed(name)
  if (attribute === 'time') {
    throw badRequest('BAD_ATTRIBUTE', 'Times are not listed one by one.', 'See /v1/histogram for events over time.')
  }
  if (attribute === undefined) throw badRequest('BAD_ATTRIBUTE', `There is no attribute "${quote(name, 60)}".`)
  return attribute
}

/** What is no number is as if it were not given; Hermes has it so here, unlike in lists. */
function leniently(parameters: QueryParameters, name: string): number {
  const text = firstValue(parameters, name) ?? ''
  return /^\d{1,9}$/.test(text) ? Number(text) : 0
}

/** The first so many parts between slashes; a slash in front of the first stays. */
export function shortened(value: string, depth: number): string {
  const start = value.startsWith('/') ? 1 : 0
  return value.slice(0, start) + value.slice(start).split('/', depth).join('/')
}
