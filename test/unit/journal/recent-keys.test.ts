import assert from 'node:assert/strict'
import { beforeEach, describe, it } from 'mocha'
import { RecentKeys } from '../../../src/journal/recent-keys'
import type { Timers } from '../../../src/time/timers'
import { type MemoryJournal, memoryJournal } from '../../support/memory-journal'

describe('recent keys', () => {
  let now: number
  let journal: MemoryJournal
  const timers: Timers = { now: () => now, after: () => () => {} }

  beforeEach(() => {
    now = Date.parse('2026-11-21T07:00:00Z')
    journal = memoryJournal(() => now)
  })

  const load = (bounds: { maxAgeMs?: number; maxKeys?: number } = {}) =>
    RecentKeys.load({ journal, owner: 'n1', kind: 'sent', timers, ...bounds })

  async function remember(keys: RecentKeys, ...names: string[]): Promise<void> {
    await journal.write(keys.operations(names))
    keys.remembered(names)
  }

  it('are known after they were written, and after a restart', async () => {
    const keys = await load()
    assert.equal(keys.has('a'), false)
    await remember(keys, 'a', 'b')
    assert.equal(keys.has('a'), true)
    const again = await load()
    assert.deepEqual(
      ['a', 'b', 'c'].map((key) => again.has(key)),
      [true, true, false],
    )
  })

  it('belong to one node', async () => {
    await remember(await load(), 'a')
    const other = await RecentKeys.load({ journal, owner: 'n2', kind: 'sent', timers })
    assert.equal(other.has('a'), false)
  })

  it('are forgotten after their age, in memory and in the journal', async () => {
    const keys = await load({ maxAgeMs: 1000 })
    await remember(keys, 'old')
    now += 1001
    assert.equal(keys.has('old'), false)
    await remember(keys, 'new')
    assert.equal(await journal.count('n1', 'sent'), 1)
  })

  it('are bounded in number: the oldest go', async () => {
    const keys = await load({ maxKeys: 100 })
    for (let index = 0; index < 250; index += 1) {
      now += 10
      await remember(keys, `k${index}`)
    }
    assert.ok((await journal.count('n1', 'sent')) <= 100)
    assert.equal(keys.has('k249'), true)
    assert.equal(keys.has('k200'), true)
    assert.equal(keys.has('k0'), false)
  })

  it('load in pages', async () => {
    const many = Array.from({ length: 25_000 }, (_, index) => `k${index}`)
    await remember(await load(), ...many)
    const again = await load()
    assert.ok(many.every((key) => again.has(key)))
  })
})
