import assert from 'node:assert/strict'
import { JournalMemory } from '../../../src/notify/channel-memory'
import { memoryJournal } from '../../support/memory-journal'

const DAY = 86_400_000

describe('what a channel remembers', () => {
  let now = 0
  beforeEach(() => {
    now = Date.parse('2026-11-21T06:00:00Z')
  })

  function memory(journal = memoryJournal(() => now), owner = 'n1') {
    const troubles: unknown[] = []
    const made = new JournalMemory(() => now)
    made.keepIn(journal, owner, (thrown) => troubles.push(thrown))
    return { made, journal, troubles }
  }

  it('is there for the next process, and for no other node', async () => {
    const { made, journal } = memory()
    await made.put('k', { ticket: 'SEC-1' })
    assert.deepEqual(await memory(journal).made.get('k'), { ticket: 'SEC-1' })
    assert.equal(await memory(journal, 'n2').made.get('k'), undefined)
    await made.forget('k')
    assert.equal(await memory(journal).made.get('k'), undefined)
  })

  it('goes after 30 days without a word of it', async () => {
    const { made, journal } = memory()
    await made.put('old', 1)
    now += 20 * DAY
    await made.put('kept', 1)
    now += 11 * DAY
    await made.put('new', 1)
    assert.deepEqual(
      (await journal.list('n1', 'channel')).map(({ key }) => key),
      ['kept', 'new'],
    )
  })

  it('is known until the process ends where the disk fails, and the failure is told', async () => {
    const { made, journal, troubles } = memory()
    await made.put('k', 1)
    journal.beforeWrite = () => {
      throw new Error('disk full')
    }
    await made.put('k', 2)
    assert.deepEqual([await made.get('k'), troubles.length], [2, 1])
    await made.forget('k')
    assert.equal(await made.get('k'), undefined)
    journal.beforeWrite = undefined
    await made.put('k', 3)
    assert.equal(await memory(journal).made.get('k'), 3)
  })

  it('is in memory only without a journal', async () => {
    const made = new JournalMemory(() => now)
    assert.equal(await made.get('k'), undefined)
    await made.put('k', 1)
    assert.equal(await made.get('k'), 1)
  })
})
