import type { ListRequest, Page } from '../audit/model'
import type { AuditStore } from '../audit/store'

/** Taken from the store at once. */
export const PORTION = 500

/**
 * The first page, which was asked for with at most a portion, and what follows it up to the request's limit. By cursor where the
 * order allows it, so that nothing is shown twice though events arrive meanwhile.
 */
export async function* portionsFrom(store: AuditStore, first: Page, request: ListRequest): AsyncGenerator<Page> {
  const { limit, offset = 0, sort } = request
  const { offset: _offset, after: _after, ...rest } = request
  const byCursor = sort.every(({ by }) => by === 'time')
  let asked = Math.min(limit, PORTION)
  let shown = first.events.length
  let page = first
  yield page
  while (shown < limit && page.events.length === asked) {
    const place = byCursor && page.cursor !== undefined ? { after: page.cursor } : { offset: offset + shown }
    asked = Math.min(limit - shown, PORTION)
    page = await store.list({ ...rest, limit: asked, total: false, ...place })
    if (page.events.length === 0) return
    shown += page.events.length
    yield page
  }
}
