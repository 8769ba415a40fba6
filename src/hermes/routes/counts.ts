import { filterFrom } from '../../audit/query/filter-from'
import { type Answer, jsonAnswer } from '../answer'
import type { KnownRoute } from '../model'
import { checkWindow, wholeNumber } from '../paging'
import { recordRead } from '../record-read'
import { attributeOf } from './attributes'

const DEFAULT_LIMIT = 100

/** How many events have which value of an attribute, most first; unlike `/v1/attributes` with all filters of the list. */
export const counts: KnownRoute = async (call): Promise<Answer> => {
  const attribute = attributeOf(call.members['attribute_name'] ?? '')
  const limit = wholeNumber(call.parameters, 'limit') || DEFAULT_LIMIT
  const reading = call.reading()
  checkWindow(limit)
  const answer = (found: readonly unknown[]) => jsonAnswer(200, { attribute, counts: found })
  if (reading.kind === 'nothing') return answer([])
  const filter = filterFrom(call.parameters, reading.scope)
  const found = await call.trail.store.distinct({ filter, attribute, limit, order: 'count', counts: true })
  await recordRead(call, reading, 'read/list')
  return answer(found.map(({ value, count = 0 }) => ({ value, count })))
}
