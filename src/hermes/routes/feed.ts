import { atom } from '../../audit/export/atom'
import { filterFrom } from '../../audit/query/filter-from'
import { firstValue } from '../../audit/query/parameters'
import type { Answer } from '../answer'
import type { KnownRoute } from '../model'
import { checkWindow, wholeNumber, withParameter } from '../paging'
import { recordRead } from '../record-read'

const DEFAULT_LIMIT = 50
const LARGEST_FEED = 500
const PATH = '/v1/events/feed'

/** The newest events as an Atom feed, with all filters of the list; `next` pages on to older ones (RFC 5005). */
export const feed: KnownRoute = async (call, { clock = Date }): Promise<Answer> => {
  const { parameters, query } = call
  const limit = Math.min(wholeNumber(parameters, 'limit') || DEFAULT_LIMIT, LARGEST_FEED)
  const cursor = firstValue(parameters, 'cursor')
  const reading = call.reading()
  checkWindow(limit)
  const page =
    reading.kind === 'nothing'
      ? { events: [] }
      : await call.trail.store.list({
          filter: filterFrom(parameters, reading.scope),
          sort: [],
          limit,
          total: false,
          ...(cursor === undefined ? {} : { after: cursor }),
        })
  await recordRead(call, reading, 'read/list')
  const first = new URLSearchParams(query)
  first.delete('cursor')
  first.sort()
  const whose = new URLSearchParams([...query].filter(([name]) => name === 'project_id' || name === 'domain_id'))
  const more = 'cursor' in page && page.events.length === limit ? page.cursor : undefined
  const body = atom([page.events], {
    id: call.link(PATH, first),
    title: 'Audit events',
    updated: page.events[0]?.time ?? clock.now() * 1000,
    links: {
      self: call.link(PATH, query),
      first: call.link(PATH, first),
      ...(more === undefined ? {} : { next: call.link(PATH, withParameter(query, 'cursor', more)) }),
    },
    linkOf: ({ id }) => call.link(`/v1/events/${encodeURIComponent(id)}`, whose),
  })
  return { status: 200, headers: { 'content-type': 'application/atom+xml; charset=utf-8' }, body: await whole(body) }
}

async function whole(pieces: AsyncIterable<string>): Promise<string> {
  let text = ''
  for await (const piece of pieces) text += piece
  return text
}
