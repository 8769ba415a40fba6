import assert from 'node:assert/strict'
import type { Condition } from '../../../../src/audit/model'
import { filterFrom } from '../../../../src/audit/query/filter-from'
import type { QueryParameters } from '../../../../src/audit/query/parameters'

const SCOPE = { tenants: ['p1'], cloud: 'lab' }

/** Conditions as one would say them: `action=create or event_type^create`. */
function said(parameters: QueryParameters): string {
  return filterFrom(parameters, SCOPE).where.map(sayCondition).join(' and ')
}

function sayCondition({ negated, anyOf }: Condition): string {
  const matches = anyOf.flatMap(({ attribute, how, values }) =>
    values.map((value) => `${attribute}${how === 'exact' ? '=' : '^'}${value}`),
  )
  return negated ? `not (${matches.join(' or ')})` : matches.join(' or ')
}

describe('A filter from the parameters of a request', () => {
  const cases: [string, QueryParameters, string][] = [
    ['is empty without any', {}, ''],
    ['takes no notice of empty ones', { search: '', time: '', action: '', sort: '' }, ''],
    ['takes no notice of those it does not know', { page: '7', constructor: 'x' }, ''],
    ['compares the whole value', { action: 'create' }, 'action=create'],
    ['holds all filters at once', { action: 'create', outcome: 'success' }, 'action=create and outcome=success'],
    ['inverts a value with an exclamation mark', { action: '!create' }, 'not (action=create)'],
    ['takes only the first mark', { action: '!!create' }, 'not (action=!create)'],
    ['leaves out nothing for a mark alone', { action: '!' }, ''],
    ['takes commas and stars literally', { target_id: 'a,b*' }, 'target_id=a,b*'],
    ['takes the first of several values', { action: ['create', 'delete'] }, 'action=create'],
    ['lets an empty first value be none', { action: ['', 'delete'] }, ''],
    // older names
    [
      'reads source in both ways',
      { source: 'identity' },
      'observer_type=identity or source=identity or event_type^identity',
    ],
    ['knows a type of today', { source: 'service/network' }, 'observer_type=service/network'],
    [
      'reads event_type in both ways',
      { event_type: 'identity.project' },
      'action=identity.project or event_type^identity.project',
    ],
    ['knows an action of today', { event_type: 'read/list' }, 'action=read/list'],
    ['reads resource_type as the beginning of a type', { resource_type: 'data/security' }, 'target_type^data/security'],
    [
      'reads user_name as id or beginning',
      { user_name: 'ada' },
      'initiator_id=ada or initiator_user_id^ada or initiator_name^ada',
    ],
    [
      'inverts both readings',
      { source: '!identity' },
      'not (observer_type=identity or source=identity or event_type^identity)',
    ],
    [
      'holds an old name and the new one at once',
      { source: 'service/network', observer_type: 'service/compute' },
      'observer_type=service/compute and observer_type=service/network',
    ],
    // beyond Hermes
    ['looks for a project on both sides', { project: 'p7' }, 'initiator_project_id=p7 or target_project_id=p7'],
    ['knows addresses', { address: '203.0.113.7' }, 'address=203.0.113.7'],
    // opted in
    [
      'takes any of several values',
      { match: 'extended', action: ['create', 'delete'] },
      'action=create or action=delete',
    ],
    ['takes the beginning of a value', { match: 'extended', action: 'create*' }, 'action^create'],
    ['asks whether there is a value', { match: 'extended', address: '!*' }, 'not (address^)'],
    [
      'leaves out each of several values',
      { match: 'extended', action: ['!read', '!read/*', 'update*'] },
      'action^update and not (action=read or action^read/)',
    ],
    [
      'takes marks literally behind a backslash',
      { match: 'extended', action: ['\\!a\\*', 'b\\c'] },
      'action=!a* or action=b\\c',
    ],
    ['keeps commas literal', { match: 'extended', action: 'a,b' }, 'action=a,b'],
  ]
  for (const [title, parameters, expected] of cases) {
    it(title, () => assert.equal(said(parameters), expected))
  }

  it('has the time and the search', () => {
    const { from, to, text } = filterFrom({ time: 'gte:1970-01-01T00:00:01Z', search: 'abc' }, SCOPE)
    assert.deepEqual(
      { from, to, text },
      { from: 1_000_000, to: undefined, text: { kind: 'word', text: 'abc', prefix: false } },
    )
  })

  it('keeps the scope, whatever parameters say', () => {
    const parameters = { scope: '*', tenants: '*', project_id: '*', domain_id: 'x', cloud: 'other' }
    assert.equal(filterFrom(parameters, SCOPE).scope, SCOPE)
  })

  it('asks for the hash of what is too long to be indexed', () => {
    const { where } = filterFrom({ request_path: `/v2.0/ports?${'x'.repeat(30_000)}` }, SCOPE)
    const value = where[0]?.anyOf[0]?.values[0] ?? ''
    assert.match(value, /^\/v2\.0\/ports\?x+…sha256:[0-9a-f]{64}$/)
    assert.ok(value.length <= 1024)
  })

  const refused: [string, unknown][] = [
    ['another match', { match: 'fuzzy' }],
    ['numbers', { action: 7 }],
    ['objects among the values', { action: ['a', {}] }],
    ['thousands of values', { action: Array(1000).fill('a') }],
    ['values of megabytes', { action: 'a'.repeat(1_000_000) }],
  ]
  for (const [title, parameters] of refused) {
    it(`refuses ${title}`, () =>
      assert.throws(() => filterFrom(parameters as QueryParameters, SCOPE), { code: 'AUDIT_BAD_PARAMETER' }))
  }
})
