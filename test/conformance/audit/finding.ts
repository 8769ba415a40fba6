import assert from 'node:assert/strict'
import { indexedValue } from '../../../src/audit/indexed-value'
import { keptText, recordKey } from '../../../src/audit/record/record-of'
import type { OpenStore } from '../audit-store'
import { asStored, auditRecord, EVERYTHING, withoutSequence } from './records'
import { sharedStore } from './with-store'

export function finding(open: OpenStore): void {
  const uuid = '7c4dd9e2-90f6-4dbe-9ff3-3d9b6cf2a3c1'
  const record = auditRecord({ id: uuid.replaceAll('-', ''), notification: { messageId: 'Message-1' }, tenants: ['a'] })
  const namesake = auditRecord({ id: 'message-id-and-id', tenants: ['a'] })
  const referring = auditRecord({ notification: { messageId: 'message-id-and-id' }, tenants: ['a'] })
  const twin = { ...auditRecord({ cloud: 'other', tenants: ['b'], body: '{"twin":true}' }), id: record.id }
  const odd = auditRecord({ id: 'Not a UUID/*?"\n', tenants: ['a'] })
  const longId = `id-${'x'.repeat(3_000)}`
  const longMessage = `message-${'y'.repeat(3_000)}`
  const long = auditRecord({
    id: recordKey(longId),
    notification: { messageId: keptText(longMessage) },
    attributes: { cloud: 'lab', message_id: indexedValue(longMessage) },
    tenants: ['a'],
  })
  const store = sharedStore(open, (store) => store.insert([record, namesake, referring, twin, odd, long]))
  const inLab = { tenants: 'all', cloud: 'lab' } as const

  for (const [spelling, id] of [
    ['with dashes', uuid],
    ['without dashes', uuid.replaceAll('-', '')],
    ['in capitals', uuid.toUpperCase()],
    ['with the prefix of older producers', `openstack:${uuid}`],
    ['as a URN', `urn:uuid:${uuid}`],
    ['by the id of its message', 'Message-1'],
  ] as const) {
    it(`is found ${spelling}`, async () => {
      const got = await store().get(inLab, id)
      assert.deepEqual(got && withoutSequence(got.event), asStored(record))
      assert.equal(got?.pending, undefined)
    })
  }

  it('is found by an id that is no UUID', async () => {
    assert.equal((await store().get(inLab, odd.id))?.event.id, odd.id)
  })

  it('is found by an id of any length, its own or that of its message', async () => {
    for (const id of [longId, longMessage]) assert.equal((await store().get(inLab, id))?.event.id, long.id)
    assert.equal(await store().get(inLab, `${longId}x`), undefined)
  })

  it('is found by its own id before another by the id of its message', async () => {
    assert.equal((await store().get(inLab, 'message-id-and-id'))?.event.id, namesake.id)
  })

  it('is the one of the cloud that was asked for', async () => {
    const got = await store().get({ tenants: 'all', cloud: 'other' }, uuid)
    assert.deepEqual(got && withoutSequence(got.event), asStored(twin))
    assert.equal((await store().get({ tenants: ['b'], cloud: 'other' }, uuid))?.event.cloud, 'other')
  })

  it('is not there for who may not see it, by neither id', async () => {
    for (const id of [uuid, 'Message-1']) {
      assert.equal(await store().get({ tenants: ['b'], cloud: 'lab' }, id), undefined)
      assert.equal(await store().get({ tenants: [], cloud: 'lab' }, id), undefined)
    }
  })

  it('is not there when nothing has that id', async () => {
    for (const id of ['', '*', 'message-1', uuid.replace('7', '8'), `${uuid} `, 'x'.repeat(100_000), '\u0000']) {
      assert.equal(await store().get(EVERYTHING, id), undefined, JSON.stringify(id.slice(0, 50)))
    }
  })
}
