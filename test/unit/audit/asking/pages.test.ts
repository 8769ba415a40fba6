import assert from 'node:assert/strict'
import { pagesOf } from '../../../../src/audit/asking/pages'
import type { Page, StoredEvent } from '../../../../src/audit/model'

const EVENTS = 1234

function event(n: number): StoredEvent {
  return { cloud: 'c', id: `e${n}`, phase: 'final', time: n, body: '{}', notification: {}, tenants: [], sequence: n }
}

const store = {
  async list({ limit, offset = 0, after }: { limit: number; offset?: number; after?: string }): Promise<Page> {
    const from = after === undefined ? offset : Number(after)
    const count = Math.max(0, Math.min(limit, EVENTS - from))
    const events = Array.from({ length: count }, (_, n) => event(from + n))
    return { events, total: EVENTS, cursor: String(from + count) }
  },
}
const question = { filter: { scope: { tenants: 'all' as const }, where: [] }, sort: [], limit: undefined, offset: 0 }

describe('The pages of a question', () => {
  it('hand out all events in their order, a hundred at most in a turn of the event loop', async () => {
    const seen: number[] = []
    let inTurn = 0
    let most = 0
    let over = false
    const next = () => {
      inTurn = 0
      if (!over) setImmediate(next)
    }
    next()
    for await (const { events, total } of pagesOf(store, question)) {
      assert.equal(total, EVENTS)
      seen.push(...events.map(({ sequence }) => sequence))
      inTurn += events.length
      most = Math.max(most, inTurn)
    }
    over = true
    assert.deepEqual(
      seen,
      Array.from({ length: EVENTS }, (_, n) => n),
    )
    assert.ok(most <= 200, `${most}`)
  })

  it('tell that there is nothing, and end at the limit', async () => {
    const none = { list: async () => ({ events: [], total: 0 }) }
    const pages: unknown[] = []
    for await (const page of pagesOf(none, question)) pages.push(page)
    assert.deepEqual(pages, [{ events: [], total: 0 }])
    let count = 0
    for await (const { events } of pagesOf(store, { ...question, limit: 750 })) count += events.length
    assert.equal(count, 750)
  })
})
