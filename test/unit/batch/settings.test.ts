import assert from 'node:assert/strict'
import { describe, it } from 'mocha'
import { batchKey } from '../../../src/batch/key'
import { readBatchSettings } from '../../../src/batch/settings'

describe('the settings of the batch node', () => {
  it('have defaults', () => {
    assert.deepEqual(readBatchSettings({}), { policy: { windowMs: 600_000, count: 1000, held: 10_000 }, keyPaths: [] })
  })

  const windows: [string, string, number][] = [
    ['0.5', 'seconds', 500],
    ['10', 'minutes', 600_000],
    ['2', 'hours', 7_200_000],
    ['0', 'minutes', 0],
  ]
  for (const [window, windowUnit, windowMs] of windows) {
    it(`read ${window} ${windowUnit}`, () => {
      assert.equal(readBatchSettings({ window, windowUnit }).policy.windowMs, windowMs)
    })
  }

  const wrong: [string, Record<string, unknown>][] = [
    ['window', { window: '200', windowUnit: 'hours' }],
    ['window', { window: '-1' }],
    ['window', { window: 'soon' }],
    ['windowUnit', { windowUnit: 'weeks' }],
    ['count', { count: '0' }],
    ['count', { count: '10001' }],
    ['count', { count: '1.5' }],
    ['held', { count: '100', held: '99' }],
    ['key', { key: 'a..b' }],
    ['key', { key: 'a b' }],
  ]
  for (const [name, config] of wrong) {
    it(`refuse ${JSON.stringify(config)} and name "${name}"`, () => {
      assert.throws(() => readBatchSettings(config), { code: 'BATCH_CONFIG', message: new RegExp(`"${name}"`) })
    })
  }
})

describe('the key of a batch', () => {
  const message = {
    event: { initiator: { project_id: 'p1', id: 'unknown', name: 'unavailable' }, tags: ['a', 'b'] },
    size: 3,
  }
  const keys: [string[], string][] = [
    [[], ''],
    [['event.initiator.project_id'], 'p1'],
    [['size', 'event.initiator.project_id'], '3 p1'],
    [['event.initiator.id'], ''],
    [['event.initiator.name'], ''],
    [['event.missing.deep'], ''],
    [['event.tags'], '["a","b"]'],
    [['event.constructor.name'], ''],
  ]
  for (const [paths, key] of keys) {
    it(`of ${JSON.stringify(paths)} is ${JSON.stringify(key)}`, () => assert.equal(batchKey(message, paths), key))
  }
})
