import assert from 'node:assert/strict'
import type { Attribute } from '../../../src/audit/attributes'
import type { AuditRecord, Condition, Match } from '../../../src/audit/model'
import type { OpenStore } from '../audit-store'
import { found, MORNING, SECOND, withAttributes } from './records'
import { sharedStore } from './with-store'

const exact = (attribute: Attribute, ...values: string[]): Match => ({ attribute, how: 'exact', values })
const prefix = (attribute: Attribute, ...values: string[]): Match => ({ attribute, how: 'prefix', values })
const is = (...anyOf: Match[]): Condition => ({ negated: false, anyOf })
const isNot = (...anyOf: Match[]): Condition => ({ negated: true, anyOf })

export function filtering(open: OpenStore): void {
  const server = withAttributes(
    { action: 'create', outcome: 'success', target_type: 'compute/server', target_id: 'Server-1', address: '10.0.0.1' },
    { time: MORNING },
  )
  const rule = withAttributes(
    { action: 'update/add', outcome: 'failure', target_type: 'network/rule', target_id: 'rule-1' },
    { time: MORNING + 1 },
  )
  const port = withAttributes(
    { action: 'update', target_type: 'network/port', target_id: 'server-1', initiator_name: 'a,b' },
    { time: MORNING + 2 },
  )
  const odd = withAttributes(
    { action: '100%_*?\\"{}[]', initiator_name: 'Jürgen Groß', target_id: '!x', request_path: '/v2.0/ports?a=*&b=%25' },
    { time: MORNING + SECOND },
  )
  const bare = withAttributes({}, { time: MORNING + 2 * SECOND })
  const names = new Map<string, string>(
    Object.entries({ server, rule, port, odd, bare }).map(([name, record]: [string, AuditRecord]) => [record.id, name]),
  )
  const store = sharedStore(open, (store) => store.insert([server, rule, port, odd, bare]))

  const cases: [string, Condition[], string[]][] = [
    ['an exact value', [is(exact('action', 'create'))], ['server']],
    ['an exact value is the whole value', [is(exact('action', 'update'))], ['port']],
    ['an exact value is case-sensitive', [is(exact('target_id', 'server-1'))], ['port']],
    ['one of several values', [is(exact('action', 'create', 'update', 'none'))], ['port', 'server']],
    ['a comma belongs to the value', [is(exact('initiator_name', 'a,b'))], ['port']],
    ['a prefix', [is(prefix('target_type', 'network/'))], ['port', 'rule']],
    ['several prefixes', [is(prefix('action', 'cre', 'update/'))], ['rule', 'server']],
    ['a prefix is case-sensitive', [is(prefix('target_id', 'server'))], ['port']],
    ['a prefix with characters that mean something elsewhere', [is(prefix('action', '100%_*?\\"{'))], ['odd']],
    ['no wildcards in a prefix', [is(prefix('action', '%', '_', '*', '.', 'c?eate'))], []],
    ['no wildcards in an exact value', [is(exact('action', '*', '%', 'creat_', 'c?eate'))], []],
    ['an exact value of such characters', [is(exact('action', '100%_*?\\"{}[]'))], ['odd']],
    ['characters beyond ASCII', [is(exact('initiator_name', 'Jürgen Groß'))], ['odd']],
    [
      'either of two attributes',
      [is(exact('action', 'create'), prefix('target_type', 'network/'))],
      ['port', 'rule', 'server'],
    ],
    ['all conditions', [is(prefix('target_type', 'network/')), is(exact('outcome', 'failure'))], ['rule']],
    ['conditions that exclude each other', [is(exact('action', 'create')), is(exact('action', 'update'))], []],
    [
      'not an exact value; what lacks the attribute too',
      [isNot(exact('outcome', 'success'))],
      ['bare', 'odd', 'port', 'rule'],
    ],
    ['not a prefix', [isNot(prefix('target_type', 'network/'))], ['bare', 'odd', 'server']],
    ['none of several values', [isNot(exact('action', 'create', 'update'))], ['bare', 'odd', 'rule']],
    [
      'neither of two attributes',
      [isNot(exact('action', 'create'), exact('outcome', 'failure'))],
      ['bare', 'odd', 'port'],
    ],
    ['a condition and a negated one', [is(prefix('action', 'update')), isNot(exact('outcome', 'failure'))], ['port']],
    ['an empty value, which no event has', [is(exact('action', ''))], []],
    [
      'not an empty value, which excludes nothing',
      [isNot(exact('action', ''))],
      ['bare', 'odd', 'port', 'rule', 'server'],
    ],
    ['no values: nothing', [is(exact('action'))], []],
    ['not one of no values: everything', [isNot(exact('action'))], ['bare', 'odd', 'port', 'rule', 'server']],
    ['a value that begins with an exclamation mark', [is(exact('target_id', '!x'))], ['odd']],
    ['an attribute that no event has', [is(exact('global_request_id', 'x'))], []],
    ['the cloud', [is(exact('cloud', 'lab'))], ['bare', 'odd', 'port', 'rule', 'server']],
  ]
  for (const [sentence, where, expected] of cases) {
    it(`matches ${sentence}`, async () => {
      const ids = await found(store(), { where })
      assert.deepEqual(ids.map((id) => names.get(id)).sort(), expected)
      assert.equal(await store().count({ scope: { tenants: 'all' }, where }), expected.length)
    })
  }

  it('matches any of a thousand values', async () => {
    const values = Array.from({ length: 1000 }, (_, number) => `value-${number}`)
    const where = [is(exact('target_id', ...values, 'rule-1'))]
    assert.deepEqual(await found(store(), { where }), [rule.id])
  })

  const bounds: [string, { from?: number; to?: number }, string[]][] = [
    ['from a time, inclusive', { from: MORNING + 2 }, ['bare', 'odd', 'port']],
    ['to a time, exclusive', { to: MORNING + 2 }, ['rule', 'server']],
    ['from and to, to the microsecond', { from: MORNING + 1, to: MORNING + 2 }, ['rule']],
    ['an empty span', { from: MORNING + 1, to: MORNING + 1 }, []],
    ['a span that ends before it begins', { from: MORNING + 2, to: MORNING }, []],
    ['before everything', { to: MORNING - 1e15 }, []],
    ['the beginning of time', { from: 0 }, ['bare', 'odd', 'port', 'rule', 'server']],
  ]
  for (const [sentence, span, expected] of bounds) {
    it(`finds ${sentence}`, async () => {
      const ids = await found(store(), span)
      assert.deepEqual(ids.map((id) => names.get(id)).sort(), expected)
      assert.equal(await store().count({ scope: { tenants: 'all' }, where: [], ...span }), expected.length)
    })
  }
}
