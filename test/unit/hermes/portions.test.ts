import assert from 'node:assert/strict'
import { describe, it } from 'mocha'
import type { ListRequest, Page, SortKey, StoredEvent } from '../../../src/audit/model'
import type { AuditStore } from '../../../src/audit/store'
import { PORTION, portionsFrom } from '../../../src/hermes/portions'

/** A store of numbers, newest first, to which one is added in front with every question. */
function growing(count: number) {
  const numbers = Array.from({ length: count }, (_, n) => count - n)
  const asked: ListRequest[] = []
  const list = async (request: ListRequest): Promise<Page> => {
    asked.push(request)
    const { offset = 0, after, limit } = request
    const from = after === undefined ? offset : numbers.findIndex((number) => number < Number(after))
    const shown = from < 0 ? [] : numbers.slice(from, from + limit)
    numbers.unshift((numbers[0] ?? 0) + 1)
    const events = shown.map((sequence) => ({ sequence }) as StoredEvent)
    const last = shown.at(-1)
    return { events, ...(last === undefined ? {} : { cursor: String(last) }) }
  }
  return { asked, list, store: { list } as unknown as AuditStore }
}

async function read(count: number, limit: number, sort: readonly SortKey[] = [], offset?: number) {
  const { asked, list, store } = growing(count)
  const request = { filter: { scope: { tenants: 'all' as const }, where: [] }, sort, limit, total: false }
  const place = offset === undefined ? {} : { offset }
  const first = await list({ ...request, ...place, limit: Math.min(limit, PORTION) })
  const seen: number[] = []
  for await (const { events } of portionsFrom(store, first, { ...request, ...place })) {
    seen.push(...events.map(({ sequence }) => sequence))
  }
  return { seen, asked }
}

describe('A page that is larger than what is taken from the store at once', () => {
  it('shows every event once though events arrive between the portions', async () => {
    const { seen, asked } = await read(1800, 1700, [], 10)
    assert.deepEqual(
      seen,
      Array.from({ length: 1700 }, (_, n) => 1790 - n),
    )
    assert.deepEqual(
      asked.map(({ limit, offset, after }) => [limit, offset, after]),
      [
        [500, 10, undefined],
        [500, undefined, '1291'],
        [500, undefined, '791'],
        [200, undefined, '291'],
      ],
    )
  })

  it('ends with what is there', async () => {
    for (const count of [0, 1, 499, 500, 501, 1000]) {
      const { seen } = await read(count, 5000)
      assert.equal(seen.length, count)
    }
  })

  it('goes by offset where cursors cannot be had', async () => {
    const { asked } = await read(1800, 1200, [{ by: 'action', descending: false }], 5)
    assert.deepEqual(
      asked.map(({ limit, offset, after }) => [limit, offset, after]),
      [
        [500, 5, undefined],
        [500, 505, undefined],
        [200, 1005, undefined],
      ],
    )
  })
})
