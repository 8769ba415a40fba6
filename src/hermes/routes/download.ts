import { filterFrom } from '../../audit/query/filter-from'
import { firstValue } from '../../audit/query/parameters'
import { parseSort } from '../../audit/query/sort'
import { type Answer, JSON_TYPE } from '../answer'
import type { KnownRoute } from '../model'
import { LARGEST_LIMIT } from '../paging'
import { PORTION, portionsFrom } from '../portions'
import { recordRead } from '../record-read'
import { shapeOf } from '../shape/shapes'
import { whileTokenIsGood } from '../while-token-is-good'
import { emptyList, listBody } from './list-body'

/** What the list would show, as one file, up to Hermes' window; `total` tells whether that is all. */
export const download: KnownRoute = async (call, options): Promise<Answer> => {
  const { parameters } = call
  const sort = parseSort(firstValue(parameters, 'sort') ?? '')
  const shape = shapeOf(parameters, options.shape)
  const reading = call.reading()
  const headers = {
    'content-type': JSON_TYPE,
    'content-disposition': 'attachment; filename="audit-events.json"',
  }
  if (reading.kind === 'nothing') return { status: 200, headers, body: emptyList() }
  const { store } = call.trail
  const filter = filterFrom(parameters, reading.scope)
  const request = { filter, sort, limit: LARGEST_LIMIT, total: true }
  const first = await store.list({ ...request, limit: PORTION })
  const total = first.total ?? (await store.count(filter))
  await recordRead(call, reading, 'read/list')
  const showing = { shape, details: call.query.has('details') }
  const portions = whileTokenIsGood(call, options, portionsFrom(store, first, request))
  const links = () => Promise.resolve({})
  return {
    status: 200,
    headers,
    body: await listBody({ portions, first, limit: LARGEST_LIMIT, total, links, showing }),
  }
}
