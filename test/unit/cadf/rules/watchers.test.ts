import assert from 'node:assert/strict'
import { describe, it } from 'mocha'
import { checkRules, compileRules } from '../../../../src/cadf/rules/compile'
import { sampleMessage } from '../../../../src/cadf/rules/sample'
import { messageOfPceEvent } from '../../../../src/illumio/message'
import recorded from '../../../fixtures/illumio/events.json'
import { occurrence } from '../../../support/occurrence'

type Fields = Record<string, unknown>

const events = recorded as unknown as Fields[]
const messages = events.map((event) => messageOfPceEvent(event, 'pce.example.net'))

/** Event types of the PCE events that a condition lets through; each once. */
function found(...conditions: Fields[]): string[] {
  const rules = compileRules([{ conditions }])
  const matching = messages.filter((message) => rules.first(message) === 0)
  return [...new Set(matching.map(({ topic }) => topic))]
}

describe("A watcher for a PCE's events", () => {
  const cases: readonly [sentence: string, condition: Fields, types: readonly string[]][] = [
    ['takes one event type', { path: 'topic', op: 'equals', value: 'user.login' }, ['user.login']],
    [
      'takes a wildcard, in which a dot is a dot',
      { path: 'topic', op: 'wildcard', value: '*.create' },
      ['rule_set.create', 'sec_policy.create'],
    ],
    ['finds nothing where a dot is missing', { path: 'topic', op: 'wildcard', value: 'workload.*' }, []],
    [
      'takes a regular expression',
      { path: 'topic', op: 'regexp', value: '^(rule_set|sec_rule)\\.(create|update)$' },
      ['rule_set.create', 'sec_rule.update'],
    ],
    [
      'takes a status',
      { path: 'payload.status', op: 'equals', value: 'failure' },
      ['user.login', 'request.authentication_failed', 'request.authorization_failed'],
    ],
    [
      "takes the PCE's own null status",
      { path: 'payload.status', op: 'equals', value: 'null' },
      ['agent.tampering', 'system_task.agent_offline_check'],
    ],
    [
      'knows a null status as an unknown outcome',
      { path: 'event.outcome', op: 'equals', value: 'unknown' },
      ['agent.tampering', 'system_task.agent_offline_check'],
    ],
    [
      'takes a severity and what is worse, not what comes after it in the alphabet',
      { path: 'event.severity', op: 'at-least', value: 'err' },
      ['request.authentication_failed', 'agent.tampering'],
    ],
    [
      "takes syslog's long names",
      { path: 'payload.severity', op: 'at-least', value: 'Error' },
      ['request.authentication_failed', 'agent.tampering'],
    ],
    [
      'takes any of the resources that changed',
      { path: 'payload.resource_changes[*].resource.rule_set.name', op: 'equals', value: 'Payments prod' },
      ['rule_set.create'],
    ],
    [
      'takes the network of an address',
      { path: 'payload.action.src_ip', op: 'in-network', value: '203.0.113.0/24' },
      ['user.login', 'request.authentication_failed'],
    ],
  ]
  for (const [sentence, condition, types] of cases) {
    it(sentence, () => assert.deepEqual(found(condition), types))
    it(`${sentence}; or all the others`, () => {
      const yes = messages.filter((message) => compileRules([{ conditions: [condition] }]).first(message) === 0)
      const no = messages.filter(
        (message) => compileRules([{ conditions: [{ ...condition, not: true }] }]).first(message) === 0,
      )
      assert.deepEqual(new Set([...yes, ...no]), new Set(messages))
      assert.equal(yes.length + no.length, messages.length)
    })
  }

  it('can ask two things of the same resource', () => {
    const both = (change: string) => ({
      within: 'payload.resource_changes.*',
      match: 'all',
      conditions: [
        { path: '.change_type', op: 'equals', value: change },
        { path: '.resource.rule_set.name', op: 'exists' },
      ],
    })
    assert.deepEqual(found(both('create')), ['rule_set.create'])
    assert.deepEqual(found(both('delete')), [])
  })

  it('can be tried on an event as the PCE gives it', () => {
    const [login = {}] = events
    const message = sampleMessage(JSON.stringify(login))
    assert.equal(message['topic'], 'user.login')
    assert.deepEqual(message['payload'], login)
    assert.equal((message['event'] as Fields)['outcome'], 'success')
  })
})

describe('A severity threshold', () => {
  const ladder = ['emerg', 'alert', 'crit', 'err', 'warning', 'notice', 'info', 'debug']
  const passes = (severity: unknown, value: string) =>
    compileRules([{ conditions: [{ path: 'payload.s', op: 'at-least', value }] }]).first({
      payload: { s: severity },
    }) === 0

  it('takes exactly what is as bad or worse', () => {
    for (const [place, threshold] of ladder.entries()) {
      const through = ladder.filter((severity) => passes(severity, threshold))
      assert.deepEqual(through, ladder.slice(0, place + 1), threshold)
    }
  })

  it('knows long names and any case, and takes nothing else for a severity', () => {
    for (const severity of ['Critical', 'ERROR', ' emergency ', ['info', 'alert']]) {
      assert.equal(passes(severity, 'err'), true, String(severity))
    }
    for (const severity of ['CRITICALLY', '3', 3, '', null, undefined, {}, true]) {
      assert.equal(passes(severity, 'debug'), false, String(severity))
    }
  })

  it('asks an event that names none for what would be notified', () => {
    const passes = (message: unknown, value: string) =>
      compileRules([{ conditions: [{ path: 'event', op: 'at-least', value }] }]).first(message) === 0
    const done = occurrence('e1')
    const failed = { ...done, event: { ...done.event, outcome: 'failure' } }
    assert.deepEqual([passes(done, 'info'), passes(done, 'notice')], [true, false])
    assert.deepEqual([passes(failed, 'warning'), passes(failed, 'err')], [true, false])
    assert.equal(passes({ event: { severity: 'err' } }, 'err'), false)
  })

  for (const value of ['', 'bad', '4']) {
    it(`refuses "${value}" as one`, () => {
      const [problem] = checkRules([{ conditions: [{ path: 'event.severity', op: 'at-least', value }] }])
      assert.equal(problem?.code, 'CONDITION_SEVERITY')
      assert.equal(problem?.condition, '1')
    })
  }
})
