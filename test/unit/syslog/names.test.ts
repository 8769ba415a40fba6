import assert from 'node:assert/strict'
import { describe, it } from 'mocha'
import { facilityNumber, severityNumber } from '../../../src/syslog/names'
import { DEFAULT_SEVERITIES, severityOf } from '../../../src/syslog/severity'

describe('facility and severity', () => {
  const severities: [unknown, number | undefined][] = [
    [0, 0],
    [7, 7],
    [8, undefined],
    [-1, undefined],
    [2.5, undefined],
    ['3', 3],
    ['err', 3],
    [' ERROR ', 3],
    ['warn', 4],
    ['critical', 2],
    ['INFO', 6],
    ['constructor', undefined],
    ['', undefined],
    [null, undefined],
    [{}, undefined],
  ]
  for (const [given, expected] of severities) {
    it(`reads severity ${JSON.stringify(given)} as ${expected}`, () => assert.equal(severityNumber(given), expected))
  }

  it('reads facilities by name and number', () => {
    assert.deepEqual(['audit', 'local0', '23', 24, 'kern', 'nonsense'].map(facilityNumber), [
      13,
      16,
      23,
      undefined,
      0,
      undefined,
    ])
  })

  it('takes the severity from the outcome', () => {
    const rule = { by: 'outcome', map: DEFAULT_SEVERITIES } as const
    assert.deepEqual(
      (['success', 'failure', 'unknown', 'pending', undefined] as const).map((outcome) => severityOf(rule, outcome)),
      [6, 4, 5, 6, 5],
    )
  })

  it('takes the severity from a value, and from the outcome where the value names none', () => {
    const rule = { by: 'value', map: DEFAULT_SEVERITIES } as const
    assert.equal(severityOf(rule, 'success', 'crit'), 2)
    assert.equal(severityOf(rule, 'failure', 'whatever'), 4)
  })

  it('takes a fixed severity whatever happened', () => {
    assert.equal(severityOf({ by: 'fixed', severity: 1 }, 'success'), 1)
  })
})
