import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { afterEvent, afterNote, emptyChain, leafOf, linkOf, noteLeafOf } from '../../../../src/audit/chain/hash'
import type { HashedRecord } from '../../../../src/audit/chain/model'

const record: HashedRecord = {
  cloud: 'prod',
  id: 'a1',
  phase: 'final',
  time: 1_795_000_000_000_001,
  body: '{"id":"a1"}',
  notification: { messageId: 'm1', eventType: 'identity.user.created' },
  tenants: ['p1', 'd1'],
}
const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex')

describe('the leaf hash of an audit record', () => {
  it('is SHA-256 over the documented encoding', () => {
    const text = (value: string) => {
      const bytes = Buffer.from(value, 'utf8')
      const length = Buffer.alloc(4)
      length.writeUInt32BE(bytes.length)
      return Buffer.concat([length, bytes])
    }
    const integer = (value: bigint) => {
      const bytes = Buffer.alloc(8)
      bytes.writeBigInt64BE(value)
      return bytes
    }
    const absent = Buffer.from('ffffffff', 'hex')
    const encoded = Buffer.concat([
      text('openstack-audit/event/1'),
      text('writer-1'),
      integer(7n),
      text('prod'),
      text('a1'),
      Buffer.from([1]),
      integer(1_795_000_000_000_001n),
      text('{"id":"a1"}'),
      text('m1'),
      text('identity.user.created'),
      absent,
      absent,
      absent,
      Buffer.from([0, 0, 0, 2]),
      text('d1'),
      text('p1'),
    ])
    assert.equal(hex(leafOf('writer-1', 7, record)), createHash('sha256').update(encoded).digest('hex'))
  })

  const others: [string, Partial<HashedRecord>][] = [
    ['cloud', { cloud: 'test' }],
    ['id', { id: 'a2' }],
    ['phase', { phase: 'pending' }],
    ['time by a microsecond', { time: record.time - 1 }],
    ['time before 1970', { time: -1 }],
    ['body', { body: '{"id":"a1" }' }],
    ['an absent member of the notification', { notification: { ...record.notification, priority: '' } }],
    [
      'a member that moved within the notification',
      { notification: { messageId: 'm1', publisherId: 'identity.user.created' } },
    ],
    ['tenants', { tenants: ['p1'] }],
    ['tenants run together', { tenants: ['d1p1'] }],
    ['id and cloud with the boundary moved', { cloud: 'proda', id: '1' }],
  ]
  for (const [what, change] of others) {
    it(`differs by ${what}`, () => {
      assert.notEqual(hex(leafOf('w', 7, { ...record, ...change })), hex(leafOf('w', 7, record)))
    })
  }

  it('differs by writer and by position, beyond 32 bits too', () => {
    const leaves = [
      leafOf('w', 7, record),
      leafOf('v', 7, record),
      leafOf('w', 8, record),
      leafOf('w', 7 + 2 ** 32, record),
    ]
    assert.equal(new Set(leaves.map(hex)).size, 4)
  })

  it('is the same for tenants in another order, as a store may keep them as a set', () => {
    assert.equal(hex(leafOf('w', 7, { ...record, tenants: ['d1', 'p1'] })), hex(leafOf('w', 7, record)))
  })

  it('takes bodies of any length, and names in any script', () => {
    const body = '日本 🧊'.repeat(50_000)
    const large = leafOf('w', 7, { ...record, body })
    assert.equal(hex(large), hex(leafOf('w', 7, { ...record, body })))
    assert.notEqual(hex(large), hex(leafOf('w', 7, { ...record, body: `${body}.` })))
    assert.equal(hex(leafOf('w', 7, record)), hex(leafOf('w', 7, { ...record })))
  })

  it('is never that of a note with the same text', () => {
    assert.notEqual(hex(noteLeafOf('w', 7, record.body)), hex(leafOf('w', 7, record)))
  })
})

describe('a chain of links', () => {
  it('begins differently for each writer', () => {
    assert.notEqual(hex(emptyChain('a').link), hex(emptyChain('b').link))
    assert.equal(emptyChain('a').position, 0)
  })

  it('links each row to all before it', () => {
    const first = afterEvent(emptyChain('w'), record)
    const second = afterNote(first, 'a note')
    assert.deepEqual([first.position, second.position], [1, 2])
    assert.equal(hex(first.link), hex(linkOf(emptyChain('w').link, leafOf('w', 1, record))))
    assert.equal(hex(second.link), hex(linkOf(first.link, noteLeafOf('w', 2, 'a note'))))
    const other = afterNote(afterEvent(emptyChain('w'), { ...record, id: 'a2' }), 'a note')
    assert.notEqual(hex(other.link), hex(second.link))
  })
})
