import assert from 'node:assert/strict'
import { afterEach, beforeEach, describe, it } from 'mocha'
import { decodeToken } from '../../../src/openstack/token'
import { decodeTokenFacts } from '../../../src/openstack/token-facts'

const NOW = Date.UTC(2026, 10, 21, 9, 0, 0)
const HOUR = 3_600_000

const headers = { 'x-subject-token': 't', date: new Date(NOW).toUTCString() }

describe('The end of a token, on a machine that is not in UTC', () => {
  let zone: string | undefined

  beforeEach(() => {
    zone = process.env['TZ']
    process.env['TZ'] = 'America/Los_Angeles'
    assert.equal(new Date(NOW).getTimezoneOffset(), 480, 'this machine knows the zone')
  })
  afterEach(() => {
    if (zone === undefined) delete process.env['TZ']
    else process.env['TZ'] = zone
  })

  for (const [spelling, expires_at] of [
    ['with Z', '2026-11-21T10:00:00.000000Z'],
    ['without a zone', '2026-11-21T10:00:00.000000'],
    ['without a zone and a fraction', '2026-11-21T10:00:00'],
    ['with a blank and no zone', '2026-11-21 10:00:00'],
    ['with an offset', '2026-11-21T12:00:00+02:00'],
  ] as const) {
    it(`is the same written ${spelling}: our own token`, () => {
      const token = { expires_at, issued_at: '2026-11-21T09:00:00.000000', user: { name: 'watcher' }, catalog: [] }
      const text = JSON.stringify({ token })
      assert.equal(decodeToken({ status: 201, headers, text }, NOW).expiresAt, NOW + HOUR)
      const withoutDate = { 'x-subject-token': 't' }
      assert.equal(decodeToken({ status: 201, headers: withoutDate, text }, NOW).expiresAt, NOW + HOUR)
    })

    it(`is the same written ${spelling}: somebody else's token`, () => {
      const body = { token: { expires_at, user: { id: 'u' } } }
      assert.equal(decodeTokenFacts(body, { headers }, NOW).expiresAt, NOW + HOUR)
    })
  }
})
