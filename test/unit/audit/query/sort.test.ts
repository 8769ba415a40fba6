import assert from 'node:assert/strict'
import { attributeNamed } from '../../../../src/audit/query/names'
import { parseSort } from '../../../../src/audit/query/sort'

describe('The sort order', () => {
  const understood: [string, string][] = [
    ['', ''],
    ['time', 'time ascending'],
    ['time:desc', 'time descending'],
    ['action:asc, time:desc', 'action ascending, time descending'],
    ['initiator_name,request_path:desc', 'initiator_name ascending, request_path descending'],
    // the names of the older Hermes
    ['source,resource_type:desc', 'observer_type ascending, target_type descending'],
    ['resource_name,event_type', 'target_id ascending, action ascending'],
    // the first counts
    ['time:desc,time:asc', 'time descending'],
    ['source:desc,observer_type', 'observer_type descending'],
  ]
  for (const [text, expected] of understood) {
    it(`understands ${JSON.stringify(text)}`, () =>
      assert.equal(
        parseSort(text)
          .map(({ by, descending }) => `${by} ${descending ? 'descending' : 'ascending'}`)
          .join(', '),
        expected,
      ))
  }
  for (const text of [
    'time,',
    ',time',
    'time:',
    ':desc',
    'time:up',
    'time:DESC',
    'time:desc:asc',
    'observer_id',
    'address',
    'toString',
    'time desc',
    'x'.repeat(100_000),
  ]) {
    it(`refuses ${JSON.stringify(text.slice(0, 60))}`, () =>
      assert.throws(() => parseSort(text), { code: 'AUDIT_BAD_SORT' }))
  }
})

describe('Names of attributes', () => {
  it('are those of this package, and the older ones of Hermes', () => {
    assert.equal(attributeNamed('target_type'), 'target_type')
    assert.equal(attributeNamed('resource_type'), 'target_type')
    assert.equal(attributeNamed('event_type'), 'event_type')
    assert.equal(attributeNamed('time'), 'time')
    for (const name of ['', 'payload', 'constructor', '__proto__', 'Action']) {
      assert.equal(attributeNamed(name), undefined)
    }
  })
})
