import assert from 'node:assert/strict'
import { describe, it } from 'mocha'
import { compileRules } from '../../../../src/cadf/rules/compile'

const DASHED = '5f6a3e0e-1b54-4a3e-9f0d-0a6c2f4f7b11'
const BARE = DASHED.replaceAll('-', '')
const PREFIXED = `openstack:${DASHED}`
const OTHER = 'openstack:6f6a3e0e-1b54-4a3e-9f0d-0a6c2f4f7b11'
const SPELLINGS = [DASHED, BARE, PREFIXED, `openstack:${BARE}`, `urn:uuid:${DASHED}`, DASHED.toUpperCase()]

function first(conditions: object[], message: unknown): number {
  return compileRules([{ conditions }]).first(message)
}

describe('Ids in their different spellings', () => {
  for (const written of SPELLINGS) {
    for (const sent of SPELLINGS) {
      it(`${written} and ${sent} are equal`, () => {
        const message = { event: { initiator: { project_id: sent } } }
        const path = 'event.initiator.project_id'
        assert.equal(first([{ path, op: 'equals', value: written }], message), 0)
        assert.equal(first([{ path, op: 'one-of', value: `${OTHER}\n${written}` }], message), 0)
        assert.equal(first([{ path, op: 'equals', value: written, not: true }], message), -1)
        assert.equal(first([{ path, op: 'equals', value: OTHER }], message), -1)
      })
    }
  }

  const places: readonly [path: string, message: unknown][] = [
    ['event.id', { event: { id: PREFIXED } }],
    ['event.target.id', { event: { target: { id: PREFIXED } } }],
    ['event.observerId', { event: { observerId: PREFIXED } }],
    ['event.project', { event: { project: PREFIXED } }],
    ['payload.role', { payload: { role: PREFIXED } }],
    ['payload.ports.*.id', { payload: { ports: [{ id: 'x' }, { id: PREFIXED }] } }],
    ['payload.ids.0', { payload: { ids: [PREFIXED] } }],
    ['event.initiator.credential.user', { event: { initiator: { credential: { user: PREFIXED } } } }],
  ]
  for (const [path, message] of places) {
    it(`are known at ${path}`, () => assert.equal(first([{ path, op: 'equals', value: BARE }], message), 0))
  }

  it('are known in groups, as members of an element and as the element itself', () => {
    const message = { event: { initiator: { name: 'dana', id: PREFIXED } }, payload: { ports: [{ id: PREFIXED }] } }
    const inGroup = (within: string, path: string) =>
      first([{ match: 'all', within, conditions: [{ path, op: 'one-of', value: BARE }] }], message)
    assert.equal(inGroup('payload.ports.*', '.id'), 0)
    assert.equal(inGroup('event.initiator.name, event.initiator.id', '.'), 0)
    assert.equal(inGroup('event.initiator.name', '.'), -1)
  })

  it('are texts like others elsewhere', () => {
    for (const path of ['event.initiator.name', 'event.valid', 'topic']) {
      const message = { topic: PREFIXED, event: { initiator: { name: PREFIXED }, valid: PREFIXED } }
      assert.equal(first([{ path, op: 'equals', value: BARE }], message), -1, path)
      assert.equal(first([{ path, op: 'equals', value: PREFIXED }], message), 0, path)
    }
  })

  it('that are no UUIDs keep their capitals, and are found with any if asked', () => {
    const message = { event: { initiator: { domain_id: 'openstack:Users' } } }
    const condition = { path: 'event.initiator.domain_id', op: 'equals', value: 'users' }
    assert.equal(first([condition], message), -1)
    assert.equal(first([{ ...condition, value: 'Users' }], message), 0)
    assert.equal(first([{ ...condition, ignoreCase: true }], message), 0)
  })

  it('can be missing', () => {
    const condition = { path: 'event.target.id', op: 'one-of', value: 'x\nnull' }
    assert.equal(first([condition], { event: {} }), 0)
    assert.equal(first([{ ...condition, value: 'x' }], { event: {} }), -1)
  })
})
