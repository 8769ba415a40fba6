import assert from 'node:assert/strict'
import type { PceClient } from '../../../src/illumio/client'
import { wholeWindow } from '../../support/whole-window'

type Served = Pick<PceClient, 'events' | 'allEvents'>

const at = (ms: number, name = `e${ms}`) => ({ href: `/orgs/7/events/${name}`, timestamp: new Date(ms).toISOString() })

/** A PCE's collection: the newest of a window, at most so many. */
function pce(events: readonly { timestamp: string }[], jobGives = events.length) {
  const asked: [number, number, number][] = []
  let jobs = 0
  const within = (from: number, to: number) =>
    events.filter(({ timestamp }) => Date.parse(timestamp) >= from && Date.parse(timestamp) <= to)
  const client: Served = {
    events: async (from, to, most) => {
      asked.push([from, to, most])
      const all = within(from, to)
      return { events: all.slice(-most), full: all.length >= most, at: 5000 }
    },
    allEvents: async (from, to) => {
      jobs += 1
      return within(from, to).slice(0, jobGives)
    },
  }
  return { client, asked, jobs: () => jobs }
}

describe('reading a window of a PCE', () => {
  it('asks once where not more happened than fits', async () => {
    const { client, asked } = pce([at(3), at(1), at(2)])
    const { events } = await wholeWindow(client, 0, 10, 100)
    assert.deepEqual(
      events.map(({ time }) => time),
      [1, 2, 3],
    )
    assert.equal(asked.length, 1)
  })

  for (const [count, size] of [
    [101, 100],
    [10_001, 1000],
    [997, 10],
  ] as const) {
    it(`reads ${count} events by ${size}, each once`, async () => {
      const { client } = pce(Array.from({ length: count }, (_, index) => at(index * 7)))
      const { events, gaps } = await wholeWindow(client, 0, count * 7, size)
      assert.equal(events.length, count)
      assert.equal(new Set(events.map(({ key }) => key)).size, count)
      assert.deepEqual(gaps, [])
    })
  }

  it('reads three events of one moment across a split', async () => {
    const { client } = pce([at(4), at(5, 'a'), at(5, 'b'), at(5, 'c'), at(6)])
    const { events } = await wholeWindow(client, 0, 10, 4)
    assert.deepEqual(
      events.map(({ key }) => key.slice(-2)),
      ['e4', '/a', '/b', '/c', 'e6'],
    )
  })

  it('asks for the most there is, and then for a job, where one moment is too full', async () => {
    const many = Array.from({ length: 10_500 }, (_, index) => at(5, `m${index}`))
    const { client, asked, jobs } = pce(many)
    const { events, gaps } = await wholeWindow(client, 5, 5, 1000)
    assert.equal(events.length, 10_500)
    assert.deepEqual([jobs(), gaps.length], [1, 0])
    assert.ok(asked.some(([, , most]) => most === 10_000))
  })

  it('says so where not even the job gives all', async () => {
    const many = Array.from({ length: 10_500 }, (_, index) => at(5, `m${index}`))
    const { client } = pce(many, 100)
    assert.deepEqual((await wholeWindow(client, 5, 5, 1000)).gaps, [{ from: 5, to: 5 }])
  })

  it('keeps apart what is no event', async () => {
    const client: Served = {
      events: async () => ({ events: [at(1), 'text', { href: '/x' }, null], full: false, at: undefined }),
      allEvents: async () => [],
    }
    const { events, strange } = await wholeWindow(client, 0, 10, 100)
    assert.deepEqual([events.length, strange.length], [1, 3])
  })

  it('knows an event without an href by its content', async () => {
    const bare = { timestamp: '1970-01-01T00:00:00.001Z', event_type: 'a.b', nested: { x: 1, y: [2] } }
    const client: Served = {
      events: async () => ({
        events: [bare, { nested: { y: [2], x: 1 }, event_type: 'a.b', timestamp: bare.timestamp }],
        full: false,
        at: undefined,
      }),
      allEvents: async () => [],
    }
    assert.equal((await wholeWindow(client, 0, 10, 100)).events.length, 1)
  })
})
