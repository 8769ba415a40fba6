import assert from 'node:assert/strict'
import { ATTRIBUTES } from '../../../../src/audit/attributes'
import type { AuditRecord } from '../../../../src/audit/model'
import { recordsOf, wireOf } from '../../../../src/audit/sqlite/wire'

describe('records between threads', () => {
  const plain: AuditRecord = {
    cloud: 'lab',
    id: 'a',
    phase: 'pending',
    time: -1,
    body: '{}',
    notification: {},
    tenants: [],
    attributes: {},
    contentHash: 'x',
  }
  const full: AuditRecord = {
    ...plain,
    phase: 'final',
    time: 1_795_243_876_590_561,
    notification: { messageId: 'm', eventType: 't', publisherId: 'p', priority: 'INFO', timestamp: 'now' },
    // An id with what parts texts elsewhere must not become two tenants.
    tenants: ['a\u0000b', 'c","d', ''],
    attributes: Object.fromEntries(ATTRIBUTES.map((name) => [name, `${name} ä\u0000`])),
    added: { 'initiator.project_name': 'billing' },
  }

  it('are the same afterwards', () => {
    const [first, second] = recordsOf(wireOf([plain, full]))
    assert.deepEqual({ ...first, added: undefined }, { ...plain, added: undefined })
    assert.deepEqual({ ...second, added: JSON.parse(second?.added ?? 'null') }, full)
  })

  it('hold no empty values of attributes, which tell as little as none', () => {
    const [record] = recordsOf(wireOf([{ ...plain, attributes: { action: '', outcome: 'success' } }]))
    assert.deepEqual(record?.attributes, { outcome: 'success' })
  })
})
