import assert from 'node:assert/strict'
import type { AuditRecord, TextQuery } from '../../../src/audit/model'
import type { OpenStore } from '../audit-store'
import { found, withAttributes } from './records'
import { sharedStore } from './with-store'

const word = (text: string, prefix = false): TextQuery => ({ kind: 'word', text, prefix })
const phrase = (...words: string[]): TextQuery => ({ kind: 'phrase', words })
const begunPhrase = (...words: string[]): TextQuery => ({ kind: 'phrase', words, prefix: true })
const field = (
  attribute: 'target_id' | 'initiator_name' | 'request_path',
  text: string,
  prefix = false,
): TextQuery => ({
  kind: 'field',
  attribute,
  text,
  prefix,
})
const not = (of: TextQuery): TextQuery => ({ kind: 'not', of })
const and = (...of: TextQuery[]): TextQuery => ({ kind: 'and', of })
const or = (...of: TextQuery[]): TextQuery => ({ kind: 'or', of })

/** A word is a run of letters and digits with their marks (src/audit/query/words.ts); everything else parts words. */
export function textSearch(open: OpenStore): void {
  const server = withAttributes({
    action: 'create',
    target_id: '7c4dd9e2-90f6-4dbe-9ff3-3d9b6cf2a3c1',
    target_type: 'compute/server',
    initiator_name: 'Dana Meier',
    address: '203.0.113.7',
    request_id: 'req-1f5d',
  })
  const rule = withAttributes({
    action: 'security_group_rule.create',
    target_id: 'rule-1',
    target_name: 'Meier Dana',
    request_path: '/v2.0/security-groups/9?project=billing',
  })
  const login = withAttributes({
    action: 'authenticate',
    initiator_name: 'JÜRGEN',
    target_name: 'create',
    address: '203.0.113.70',
  })
  const bare = withAttributes({})
  const names = new Map<string, string>(
    Object.entries({ server, rule, login, bare }).map(([name, record]: [string, AuditRecord]) => [record.id, name]),
  )
  const store = sharedStore(open, (store) => store.insert([server, rule, login, bare]))

  const cases: [string, TextQuery, string[]][] = [
    ['a word wherever it stands', word('create'), ['login', 'rule', 'server']],
    ['a word in any case', word('CREATE'), ['login', 'rule', 'server']],
    ['a word beyond ASCII in any case', word('jürgen'), ['login']],
    ['a whole word only', word('creat'), []],
    ['the beginning of a word', word('creat', true), ['login', 'rule', 'server']],
    ['a word of a path', word('groups'), ['rule']],
    ['a word of a query', word('billing'), ['rule']],
    ['a word between underscores and dots', word('group'), ['rule']],
    ['a part of an id', word('90f6'), ['server']],
    ['no part of a word', or(word('roup'), word('0f6')), []],
    ['parts of an id in their order only', word('90f6-7c4dd9e2'), []],
    ['an id as it is written, with its dashes', word('7c4dd9e2-90f6-4dbe-9ff3-3d9b6cf2a3c1'), ['server']],
    ['an id in capitals', word('7C4DD9E2-90F6-4DBE-9FF3-3D9B6CF2A3C1'), ['server']],
    ['the beginning of an id', word('7c4dd9e2-90f6-4d', true), ['server']],
    ['parts of an address in their order only', word('113.0.203'), []],
    ['a request id', word('req-1f5d'), ['server']],
    ['an address', word('203.0.113.7'), ['server']],
    ['the beginning of an address', word('203.0.113.7', true), ['login', 'server']],
    ['a phrase', phrase('dana', 'meier'), ['server']],
    ['a phrase in its order', phrase('meier', 'dana'), ['rule']],
    ['a phrase within one value only', phrase('create', '7c4dd9e2'), []],
    ['a phrase of one word', phrase('Dana'), ['rule', 'server']],
    ['a phrase whose last word is begun', begunPhrase('dana', 'mei'), ['server']],
    ['the words of a begun phrase whole but for the last', begunPhrase('dan', 'mei'), []],
    ['a begun phrase of one word', begunPhrase('dan'), ['rule', 'server']],
    ['within one attribute', field('initiator_name', 'dana'), ['server']],
    ['within one attribute, not another', field('target_id', 'create'), []],
    ['within one attribute by the beginning', field('request_path', '/v2.0/secur', true), ['rule']],
    ['within one attribute, words in their order', field('initiator_name', 'Dana Meier'), ['server']],
    ['both', and(word('create'), word('dana')), ['rule', 'server']],
    ['either', or(word('billing'), word('jürgen')), ['login', 'rule']],
    ['what lacks a word', not(word('create')), ['bare']],
    ['one word without another', and(word('create'), not(word('meier'))), ['login']],
    ['nested', or(and(word('dana'), not(field('initiator_name', 'dana'))), word('authenticate')), ['login', 'rule']],
    ['not either', not(or(word('billing'), word('authenticate'))), ['bare', 'server']],
    ['twice not', not(not(word('billing'))), ['rule']],
    ['words that mean something elsewhere', or(word('AND'), word('OR'), word('NOT'), word('NEAR')), []],
    ['syntax of other languages as words', and(word('cre*te'), word('"create')), []],
    ['a field of another language', word('_exists_:target_id'), []],
    ['quotes and brackets as what parts words', phrase('"dana', 'meier")'), ['server']],
    ['what has no words in it: nothing', word('***'), []],
    ['what has no words in it, negated: everything', not(word('-')), ['bare', 'login', 'rule', 'server']],
    ['all of nothing: everything', and(), ['bare', 'login', 'rule', 'server']],
    ['any of nothing: nothing', or(), []],
  ]
  for (const [sentence, text, expected] of cases) {
    it(`finds ${sentence}`, async () => {
      assert.deepEqual((await found(store(), { text })).map((id) => names.get(id)).sort(), expected)
      assert.equal(await store().count({ scope: { tenants: 'all' }, where: [], text }), expected.length)
    })
  }

  it('goes together with conditions', async () => {
    const where = [{ negated: false, anyOf: [{ attribute: 'action', how: 'exact', values: ['create'] } as const] }]
    assert.deepEqual(await found(store(), { where, text: word('create') }), [server.id])
  })
}
