import assert from 'node:assert/strict'
import { describe, it } from 'mocha'
import { compileRules } from '../../../../src/cadf/rules/compile'
import { messagesOf } from './recorded-messages'

const valid = (path: string, not = false) => compileRules([{ conditions: [{ path, op: 'valid-cadf', not }] }])

describe('The condition "is valid CADF"', () => {
  const recorded = ['keystone-cadf.jsonl', 'neutron.jsonl', 'octavia-audit.jsonl'].flatMap(messagesOf)

  it('holds for every recorded event, and its opposite for none', () => {
    assert.equal(recorded.filter((message) => valid('event').first(message) === 0).length, 92 + 157 + 98)
    assert.equal(recorded.filter((message) => valid('event', true).first(message) === 0).length, 0)
  })

  it('does not hold for what a source sent, whose times have no colon in the offset', () => {
    const [login] = messagesOf('keystone-cadf.jsonl')
    assert.equal(valid('payload').first(login), -1)
    assert.equal(valid('payload', true).first(login), 0)
  })

  for (const event of [undefined, null, 'text', 7, [], {}]) {
    it(`does not hold for ${JSON.stringify(event)}`, () => {
      assert.equal(valid('event').first({ event }), -1)
      assert.equal(valid('event', true).first({ event }), 0)
    })
  }

  it('does not hold where one member departs from the standard', () => {
    const [message] = recorded
    const event = message?.['event'] as Record<string, unknown>
    for (const changed of [{ outcome: 'failed' }, { action: 'frobnicate' }, { initiator: 'dana' }, { id: undefined }]) {
      assert.equal(valid('event').first({ event: { ...event, ...changed } }), -1, JSON.stringify(changed))
    }
  })
})
