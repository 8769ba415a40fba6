import assert from 'node:assert/strict'
import { parseTime } from '../../../../src/audit/query/time'

const NOON = Date.parse('2026-11-21T12:00:00Z') * 1000
const SECOND = 1_000_000

describe('The time filter', () => {
  const understood: [string, object][] = [
    ['', {}],
    ['  ', {}],
    ['gte:2026-11-21T12:00:00Z', { from: NOON }],
    ['lt:2026-11-21T12:00:00Z', { to: NOON }],
    // a second is the whole second: outward for lte, beyond it for gt
    ['lte:2026-11-21T12:00:00Z', { to: NOON + SECOND }],
    ['gt:2026-11-21T12:00:00Z', { from: NOON + SECOND }],
    ['gte:2026-11-21T12:00:00Z,lte:2026-11-21T12:00:00Z', { from: NOON, to: NOON + SECOND }],
    ['2026-11-21T12:00:00Z', { from: NOON, to: NOON + SECOND }],
    ['2026-11-21T12:00:00', { from: NOON, to: NOON + SECOND }],
    // fractions
    ['2026-11-21T12:00:00.5Z', { from: NOON + 500_000, to: NOON + 501_000 }],
    ['lte:2026-11-21T12:00:00.123Z', { to: NOON + 124_000 }],
    ['lte:2026-11-21T12:00:00.123456', { to: NOON + 123_457 }],
    ['gt:2026-11-21T12:00:00.123456+0000', { from: NOON + 123_457 }],
    ['gte:2026-11-21T12:00:00.1234567891+00:00', { from: NOON + 123_456 }],
    // offsets, also with the plus that a query string made a space of
    ['gte:2026-11-21T13:30:00+01:30', { from: NOON }],
    ['gte:2026-11-21T13:30:00+0130', { from: NOON }],
    ['gte:2026-11-21T13:30:00 01:30', { from: NOON }],
    ['gte:2026-11-21T13:30:00 0130', { from: NOON }],
    ['gte:2026-11-21T06:00:00-06:00', { from: NOON }],
    ['2026-11-21T13:00:00 01:00', { from: NOON, to: NOON + SECOND }],
    // several bounds all hold; blanks around elements do not count
    [' gte:2026-11-21T12:00:00Z , lt:2026-11-21T12:00:02Z ', { from: NOON, to: NOON + 2 * SECOND }],
    ['gt:2026-11-21T12:00:00Z,gte:2026-11-21T12:00:00Z', { from: NOON + SECOND }],
    ['lt:2026-11-21T12:00:00Z,lte:2026-11-21T12:00:00Z', { to: NOON }],
    // nothing, but no error
    ['gte:2026-11-21T12:00:02Z,lte:2026-11-21T12:00:00Z', { from: NOON + 2 * SECOND, to: NOON + SECOND }],
  ]
  for (const [text, bounds] of understood) {
    it(`understands ${JSON.stringify(text)}`, () => assert.deepEqual(parseTime(text), bounds))
  }

  const refused = [
    '2026-11-21',
    'gte:2026-11-21',
    'gte:1763726400',
    'gte:now-1d',
    'gte:',
    'gte',
    ':2026-11-21T12:00:00Z',
    'eq:2026-11-21T12:00:00Z',
    'GTE:2026-11-21T12:00:00Z',
    'gte:2026-11-21T12:00:00Z,',
    ',gte:2026-11-21T12:00:00Z',
    'gte:2026-11-21T12:00:00Z,,lt:2026-11-21T12:00:00Z',
    'gte:2026-11-21T12:00:00Z,gte:2026-11-21T12:00:00Z',
    '2026-11-21T12:00:00Z,2026-11-21T12:00:00Z',
    'gte:2026-02-30T12:00:00Z',
    'gte:2026-13-01T12:00:00Z',
    'gte:2026-11-21T24:00:00Z',
    'gte:2026-11-21T12:00:60Z',
    'gte:2026-11-21T12:00Z',
    'gte:2026-11-21 12:00:00Z',
    'gte:2026-11-21T12:00:00.Z',
    'gte:2026-11-21T12:00:00+25:00',
    'gte:2026-11-21T12:00:00+01',
    'gte:2026-11-21T12:00:00Z or 1=1',
    '!gte:2026-11-21T12:00:00Z',
    '__proto__',
    '9'.repeat(100_000),
  ]
  for (const text of refused) {
    it(`refuses ${JSON.stringify(text.slice(0, 60))}`, () =>
      assert.throws(() => parseTime(text), { code: 'AUDIT_BAD_TIME', retryable: false }))
  }

  it('stays within what can be compared exactly', () => {
    for (const text of ['lte:9999-12-31T23:59:59Z', 'gte:0000-01-01T00:00:00Z']) {
      for (const bound of Object.values(parseTime(text))) assert.ok(Number.isSafeInteger(bound))
    }
  })
})
