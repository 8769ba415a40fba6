import assert from 'node:assert/strict'
import { zonedTime } from '../../../src/notification/zoned-time'

describe('A time from OpenStack', () => {
  const cases: [sent: unknown, kept: string | undefined][] = [
    ['2026-11-21 06:51:16.704739', '2026-11-21T06:51:16.704739+00:00'],
    ['2026-11-21 06:51:16', '2026-11-21T06:51:16+00:00'],
    ['2026-11-21T06:51:16.704739', '2026-11-21T06:51:16.704739+00:00'],
    ['2026-11-21T06:47:36.704578+0000', '2026-11-21T06:47:36.704578+00:00'],
    ['2026-11-21T06:51:16Z', '2026-11-21T06:51:16+00:00'],
    ['2026-11-21T06:51:16.5-0330', '2026-11-21T06:51:16.5-03:30'],
    ['2026-11-21T06:51:16+02', '2026-11-21T06:51:16+02:00'],
    ['2026-11-21T06:51:16+02:00', '2026-11-21T06:51:16+02:00'],
    ['2026-13-41 06:51:16', undefined],
    ['2026-11-21', undefined],
    ['yesterday', undefined],
    ['', undefined],
    [1763707876, undefined],
    [null, undefined],
  ]
  for (const [sent, kept] of cases) {
    it(`${JSON.stringify(sent)} ${kept === undefined ? 'is none' : `becomes ${kept}`}`, () => {
      assert.equal(zonedTime(sent), kept)
    })
  }
})
