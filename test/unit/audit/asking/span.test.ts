import assert from 'node:assert/strict'
import { describe, it } from 'mocha'
import { boundsOf } from '../../../../src/audit/asking/span'

const NOW = Date.parse('2026-11-21T12:00:00Z')
const us = (text: string) => Date.parse(text) * 1000

describe('The time that a dialog asks for', () => {
  it('is the last so and so long, until now', () => {
    const { from, to } = boundsOf({ by: 'last', count: 2, unit: 'days' }, NOW)
    assert.deepEqual([from, to], [us('2026-11-19T12:00:00Z'), NOW * 1000])
    assert.equal(boundsOf({ by: 'last', count: 0.5, unit: 'hours' }, NOW).from, us('2026-11-21T11:30:00Z'))
  })

  for (const [from, to, begin, end] of [
    ['2026-11-21', '2026-11-22', '2026-11-21T00:00:00Z', '2026-11-22T00:00:00Z'],
    ['2026-11-21T06:30', '', '2026-11-21T06:30:00Z', undefined],
    ['2026-11-21 06:30+02:00', '', '2026-11-21T04:30:00Z', undefined],
    ['', '2026-11-21T06:30:15.5-01:00', undefined, '2026-11-21T07:30:15.500Z'],
    ['', '', undefined, undefined],
  ] as const) {
    it(`is from "${from}" until before "${to}"`, () => {
      const bounds = boundsOf({ by: 'between', from, to }, NOW)
      assert.equal(bounds.from, begin === undefined ? undefined : us(begin))
      assert.equal(bounds.to, end === undefined ? undefined : us(end))
    })
  }

  for (const from of ['yesterday', '2026-13-01', '2026-11-21,lt:2026-11-22T00:00:00Z', '21.11.2026', '2026-02-30']) {
    it(`is not understood from "${from}"`, () => {
      assert.throws(() => boundsOf({ by: 'between', from, to: '' }, NOW), { code: 'AUDIT_BAD_TIME' })
    })
  }
})
