import assert from 'node:assert/strict'
import { parseQuietHours, quietUntil } from '../../../src/notify/quiet-hours'

const until = (span: string, days: string, zone: string, at: string) => {
  const quiet = parseQuietHours(span, days, zone)
  assert.ok(quiet)
  const end = quietUntil(quiet, Date.parse(at))
  return end === undefined ? undefined : new Date(end).toISOString()
}

describe('quiet hours', () => {
  it('are none without a span', () => {
    assert.equal(parseQuietHours('', '', ''), undefined)
  })

  it('last over midnight', () => {
    assert.equal(until('22:00-07:00', '', 'UTC', '2026-03-02T23:30:00Z'), '2026-03-03T07:00:00.000Z')
    assert.equal(until('22:00-07:00', '', 'UTC', '2026-03-02T03:00:30Z'), '2026-03-02T07:00:00.000Z')
    assert.equal(until('22:00-07:00', '', 'UTC', '2026-03-02T07:00:00Z'), undefined)
    assert.equal(until('22:00-07:00', '', 'UTC', '2026-03-02T21:59:59Z'), undefined)
  })

  it('last within a day', () => {
    assert.equal(until('12:00-13:30', '', 'UTC', '2026-03-02T12:00:00Z'), '2026-03-02T13:30:00.000Z')
    assert.equal(until('12:00-13:30', '', 'UTC', '2026-03-02T13:30:00Z'), undefined)
  })

  it('reach to midnight', () => {
    assert.equal(until('18:00-24:00', '', 'UTC', '2026-03-02T20:00:00Z'), '2026-03-03T00:00:00.000Z')
  })

  it('begin on the days that are named, and last into the next', () => {
    // 2026-03-06 is a Friday.
    assert.equal(until('22:00-07:00', 'fri', 'UTC', '2026-03-07T06:00:00Z'), '2026-03-07T07:00:00.000Z')
    assert.equal(until('22:00-07:00', 'fri', 'UTC', '2026-03-07T23:00:00Z'), undefined)
    assert.equal(until('22:00-07:00', 'mon-thu', 'UTC', '2026-03-06T23:00:00Z'), undefined)
    assert.equal(until('22:00-07:00', 'sat-mon', 'UTC', '2026-03-08T23:00:00Z'), '2026-03-09T07:00:00.000Z')
  })

  it('are those of the time zone, also in the nights in which clocks change', () => {
    assert.equal(until('22:00-07:00', '', 'Europe/Berlin', '2026-03-02T22:00:00Z'), '2026-03-03T06:00:00.000Z')
    assert.equal(until('22:00-07:00', '', 'Europe/Berlin', '2026-03-28T22:00:00Z'), '2026-03-29T05:00:00.000Z')
    assert.equal(until('22:00-07:00', '', 'Europe/Berlin', '2026-10-24T22:00:00Z'), '2026-10-25T06:00:00.000Z')
  })

  for (const [span, days, zone] of [
    ['22-7', '', 'UTC'],
    ['22:00-22:00', '', 'UTC'],
    ['25:00-07:00', '', 'UTC'],
    ['22:00-24:30', '', 'UTC'],
    ['22:00-07:00', 'someday', 'UTC'],
    ['22:00-07:00', '', 'Mars/Olympus'],
  ] as const) {
    it(`are refused as ${span} ${days} ${zone}`, () => {
      assert.throws(() => parseQuietHours(span, days, zone), { code: 'NOTIFY_CONFIG' })
    })
  }
})
