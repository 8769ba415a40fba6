import assert from 'node:assert/strict'
import { describe, it } from 'mocha'
import { checkRules, compileRules } from '../../../../src/cadf/rules/compile'
import { messagesOf } from './recorded-messages'

const optedOut = (list: string, not = false) =>
  compileRules([{ conditions: [{ path: 'topic', op: 'opt-out', value: list, not }] }])

function message(topic: unknown, outcome?: unknown) {
  return { topic, event: { outcome } }
}

describe('What is opted out', () => {
  const cases: readonly [sentence: string, list: string, topic: string, outcome: string | undefined, is: boolean][] = [
    ['is what has the event type', 'identity.user.created', 'identity.user.created', 'success', true],
    ['is nothing else', 'identity.user.created', 'identity.user.created2', 'success', false],
    [
      'is what has the event type and the outcome',
      'identity.user.created.success',
      'identity.user.created',
      'success',
      true,
    ],
    ['is not what has another outcome', 'identity.authenticate.success', 'identity.authenticate', 'failure', false],
    ['is a success', 'identity.authenticate.success', 'identity.authenticate', 'success', true],
    ['is a pending one', 'identity.authenticate.pending', 'identity.authenticate', 'pending', true],
    [
      'is a failure in the spelling of the list',
      'identity.authenticate.failed',
      'identity.authenticate',
      'failure',
      true,
    ],
    [
      'is a failure in the spelling of the event',
      'identity.authenticate.failure',
      'identity.authenticate',
      'failure',
      true,
    ],
    ['is no success that is called failed', 'identity.authenticate.failed', 'identity.authenticate', 'success', false],
    ['is every login where no outcome is given', 'identity.authenticate', 'identity.authenticate', 'failure', true],
    ['is on one of several lines', ' a.b \n\nc.d.failed\n', 'c.d', 'failure', true],
    ['is matched by stars', 'identity.*.deleted', 'identity.OS-TRUST:trust.deleted', 'success', true],
    ['is every failure', '*.failed', 'audit.http.response', 'failure', true],
    ['is an event type that itself ends in failed', 'backup.failed', 'backup.failed', undefined, true],
    [
      'may be a line of keystone.conf',
      'notification_opt_out = identity.group.updated',
      'identity.group.updated',
      'success',
      true,
    ],
    ['takes dots for dots', 'identity.user', 'identityXuser', 'success', false],
  ]
  for (const [sentence, list, topic, outcome, is] of cases) {
    it(`${sentence}: ${JSON.stringify(list)}, ${topic} ${outcome ?? ''}`, () => {
      assert.equal(optedOut(list).first(message(topic, outcome)), is ? 0 : -1)
      assert.equal(optedOut(list, true).first(message(topic, outcome)), is ? -1 : 0)
    })
  }

  it('is no message without an event type', () => {
    assert.equal(optedOut('*').first({ payload: 1 }), -1)
    assert.equal(optedOut('*').first(message(7, 'success')), -1)
  })

  it("by Keystone's own list are all logins that it can name so; with its default Keystone sends the failed ones all the same", () => {
    const DEFAULT = ['success', 'pending', 'failed'].map((outcome) => `identity.authenticate.${outcome}`)
    const count = (list: string, file: string) =>
      messagesOf(file).filter((one) => optedOut(list).first(one) === 0).length
    assert.equal(count(DEFAULT.join('\n'), 'keystone-cadf.jsonl'), 17)
    assert.equal(count(DEFAULT.slice(0, 2).join('\n'), 'keystone-cadf.jsonl'), 12)
    assert.equal(count(DEFAULT.slice(2).join('\n'), 'keystone-cadf.jsonl'), 5)
    assert.equal(count(DEFAULT.slice(2).join('\n'), 'keystone-cadf-default-optout.jsonl'), 1)
  })

  it('is asked of the event type only, with at least one pattern', () => {
    const fault = (condition: object) => checkRules([{ conditions: [condition] }]).map(({ code }) => code)
    assert.deepEqual(fault({ path: 'event.action', op: 'opt-out', value: 'a' }), ['CONDITION_PATH'])
    assert.deepEqual(fault({ path: 'topic', op: 'opt-out', value: ' \n' }), ['CONDITION_VALUE'])
    assert.deepEqual(fault({ path: 'topic', op: 'opt-out', value: 'a.b' }), [])
  })
})
