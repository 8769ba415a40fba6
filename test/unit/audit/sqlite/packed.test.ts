import assert from 'node:assert/strict'
import { packed, packedHash, packedStamp, unpacked, unpackedStamp } from '../../../../src/audit/sqlite/packed'

const UUID = '7c4dd9e2-90f6-4dbe-9ff3-3d9b6cf2a3c1'

describe('packed ids', () => {
  const cases: [string, string, number | 'text'][] = [
    ['a UUID without dashes', UUID.replaceAll('-', ''), 16],
    ['a UUID', UUID, 17],
    ['a request id', `req-${UUID}`, 17],
    ['a UUID in capitals', UUID.toUpperCase(), 'text'],
    ['a UUID with a letter that is no digit', UUID.replace('7', 'g'), 'text'],
    ['dashes elsewhere', '7c4dd9e29-0f6-4dbe-9ff3-3d9b6cf2a3c1', 'text'],
    ['32 other characters', 'x'.repeat(32), 'text'],
    ['36 digits', '0'.repeat(36), 'text'],
    ['40 characters that begin otherwise', `rep-${UUID}`, 'text'],
    ['characters beyond ASCII', 'ä'.repeat(32), 'text'],
    ['nothing', '', 'text'],
    ['a name', 'network.vm', 'text'],
  ]
  for (const [sentence, text, size] of cases) {
    it(`are ${sentence} again`, () => {
      const value = packed(text)
      assert.equal(typeof value === 'string' ? 'text' : value.length, size)
      assert.equal(unpacked(value), text)
    })
  }

  it('keep half of a hash, and whatever is none', () => {
    const hash = 'ab'.repeat(32)
    assert.deepEqual(
      packedHash(hash),
      Uint8Array.from({ length: 16 }, () => 0xab),
    )
    assert.equal(packedHash('same'), 'same')
    assert.equal(packedHash('x'.repeat(64)), 'x'.repeat(64))
  })
})

describe('packed times of notifications', () => {
  const eventTime = Date.parse('2026-11-21T06:51:16Z') * 1000
  const cases: [string, string, 'number' | 'string'][] = [
    ['as oslo.messaging writes them', '2026-11-21 06:51:19.925256', 'number'],
    ['with a T', '2026-11-21T06:51:19.925256', 'number'],
    ['before the event', '2026-11-20 23:59:59.999999', 'number'],
    ['long before', '1969-12-31 23:59:59.000001', 'number'],
    ['with a zone', '2026-11-21 06:51:19.925256+00:00', 'string'],
    ['without a fraction', '2026-11-21 06:51:19', 'string'],
    ['on a day that there is not', '2026-02-30 06:51:19.925256', 'string'],
    ['on a day that there is in some years', '2024-02-29 06:51:19.925256', 'number'],
    ['at 24 o’clock', '2026-11-21 24:00:00.000000', 'string'],
    ['in a leap second', '2026-11-21 23:59:60.000000', 'string'],
    ['that are no times', 'yesterday', 'string'],
  ]
  for (const [sentence, text, kind] of cases) {
    it(`are the same text again: ${sentence}`, () => {
      const value = packedStamp(text, eventTime)
      assert.equal(typeof value, kind)
      assert.equal(unpackedStamp(value, eventTime), text)
    })
  }
})
