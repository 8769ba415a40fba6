import assert from 'node:assert/strict'
import { Cursor } from '../../../src/illumio/cursor'
import { memoryJournal } from '../../support/memory-journal'

const HOUR = 3_600_000

describe('the cursor of a PCE', () => {
  async function load(journal = memoryJournal(), key = 'https://pce/orgs/7') {
    const troubles: unknown[] = []
    const options = { journal, owner: 'n1', key, overlapMs: 120_000 }
    const cursor = await Cursor.load({ ...options, onTrouble: (thrown) => troubles.push(thrown) })
    return { cursor, journal, troubles }
  }

  it('is where it was after a restart', async () => {
    const { cursor, journal } = await load()
    await cursor.begin(1000)
    cursor.finished('a', 2000)
    cursor.move(5000, { b: 2 })
    await cursor.flush()
    const { cursor: again } = await load(journal)
    assert.deepEqual([again.begun, again.watermark, again.failures, again.has('a')], [1000, 5000, { b: 2 }, true])
  })

  it('never moves back', async () => {
    const { cursor } = await load()
    cursor.move(5000, {})
    cursor.move(4000, {})
    assert.equal(cursor.watermark, 5000)
  })

  it('begins anew for another account, and is found again when the first comes back', async () => {
    const { cursor, journal } = await load()
    cursor.move(5000, {})
    await cursor.flush()
    assert.equal((await load(journal, 'https://pce/orgs/8')).cursor.watermark, undefined)
    assert.equal((await load(journal)).cursor.watermark, 5000)
  })

  it('forgets keys by the time of their event, and so does not grow', async () => {
    const { cursor, journal } = await load()
    for (let at = 0; at < 24 * HOUR; at += 60_000) {
      cursor.finished(`e${at}`, at)
      cursor.move(at, {})
    }
    await cursor.flush()
    assert.ok((await journal.count('n1', 'illumio-seen')) < 10)
    assert.ok(cursor.has(`e${24 * HOUR - 60_000}`))
  })

  it('writes nothing when nothing changed', async () => {
    const { cursor, journal } = await load()
    cursor.move(5000, {})
    let writes = 0
    journal.beforeWrite = () => {
      writes += 1
    }
    cursor.move(5000, {})
    await cursor.flush()
    assert.equal(writes, 0)
  })

  it('says once that it cannot be kept, and once that it can again; and writes then what it is', async () => {
    const { cursor, journal, troubles } = await load()
    journal.beforeWrite = () => {
      throw new Error('disk full')
    }
    // A journal rejects; it does not throw.
    const { write } = journal
    journal.write = async (operations) => write(operations)
    for (let at = 1000; at < 5000; at += 1000) cursor.move(at, {})
    await cursor.flush()
    assert.deepEqual(troubles.map(String), ['Error: disk full'])
    journal.beforeWrite = undefined
    cursor.move(4000, {})
    await cursor.flush()
    assert.deepEqual(troubles.slice(1), [undefined])
    assert.equal((await load(journal)).cursor.watermark, 4000)
  })
})
