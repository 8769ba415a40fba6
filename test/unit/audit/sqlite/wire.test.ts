import assert from 'node:assert/strict'
import { ATTRIBUTES } from '../../../../src/audit/attributes'
import type { AuditRecord } from '../../../../src/audit/model'
import { DETAIL, KIND, PARTY } from '../../../../src/audit/sqlite/columns'
import { recordsOf, type WireRecord, wireOf } from '../../../../src/audit/sqlite/wire'

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

  /** As the record was before it was taken apart. */
  function whole({ kind, party, details, added, ...record }: WireRecord): AuditRecord {
    assert.equal(kind[0], record.cloud)
    const names = [...KIND, ...PARTY, ...DETAIL]
    const values = [...kind.slice(1), ...party, ...details]
    assert.equal(values.length, names.length)
    const attributes = Object.fromEntries(
      names.flatMap((name, index) => (values[index] === null ? [] : [[name, values[index]]])),
    )
    return { ...record, attributes, ...(added === null ? {} : { added: JSON.parse(added) }) }
  }

  it('are the same afterwards', () => {
    assert.deepEqual(recordsOf(wireOf([plain, full])).map(whole), [plain, full])
  })

  it('hold no empty values of attributes, which tell as little as none', () => {
    const records = recordsOf(wireOf([{ ...plain, attributes: { action: '', outcome: 'success' } }]))
    assert.deepEqual(records.map(whole), [{ ...plain, attributes: { outcome: 'success' } }])
  })
})
