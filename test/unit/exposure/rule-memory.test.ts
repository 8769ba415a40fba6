import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { SecurityGroupRule } from '../../../src/exposure/model'
import { journalRuleMemory, processRuleMemory } from '../../../src/exposure/rule-memory'
import { openJournal } from '../../../src/journal/sqlite-journal'

const rule = (id: string): SecurityGroupRule => ({
  id,
  security_group_id: 'g',
  direction: 'ingress',
  ethertype: 'IPv4',
  protocol: null,
  port_range_min: null,
  port_range_max: null,
  remote_ip_prefix: null,
  remote_group_id: null,
  remote_address_group_id: null,
})

describe('The memory of rules', () => {
  let directory: string
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'rule-memory-'))
  })
  afterEach(() => rmSync(directory, { recursive: true, force: true }))

  it('outlives the process in the journal, and is kept apart by node', async () => {
    const path = join(directory, 'journal.sqlite')
    let journal = await openJournal(path)
    await journalRuleMemory(journal, 'node-1').remember([rule('a'), rule('b')])
    await journal.close()
    journal = await openJournal(path)
    try {
      assert.deepEqual([...(await journalRuleMemory(journal, 'node-1').recall(['a', 'x']))], [['a', rule('a')]])
      assert.equal((await journalRuleMemory(journal, 'node-2').recall(['a'])).size, 0)
    } finally {
      await journal.close()
    }
  })

  it('forgets deleted rules after a week, not before', async () => {
    const journal = await openJournal(join(directory, 'journal.sqlite'))
    try {
      let now = Date.now()
      const memory = journalRuleMemory(journal, 'node', () => now)
      await memory.remember([rule('a'), rule('b')])
      await memory.deleted([rule('a')])
      assert.equal((await memory.recall(['a'])).size, 1)
      assert.equal(await journal.count('node', 'rule'), 1)
      now += 8 * 24 * 3_600_000
      await memory.deleted([rule('b')])
      assert.deepEqual([...(await memory.recall(['a'])).keys()], [])
    } finally {
      await journal.close()
    }
  })

  it('without a journal keeps the latest', async () => {
    const memory = processRuleMemory(2)
    await memory.remember([rule('a'), rule('b')])
    await memory.remember([rule('a'), rule('c')])
    assert.deepEqual([...(await memory.recall(['a', 'b', 'c'])).keys()], ['a', 'c'])
  })
})
