import assert from 'node:assert/strict'
import type { TextQuery } from '../../../../src/audit/model'
import { parseSearch } from '../../../../src/audit/query/search'
import { randomOf } from '../../../fuzz/random'

/** A query as one would say it. */
function say(query: TextQuery | undefined): string {
  if (query === undefined) return 'everything'
  switch (query.kind) {
    case 'word':
      return `${query.text}${query.prefix ? '…' : ''}`
    case 'phrase':
      return `"${query.words.join(' ')}${query.prefix ? '…' : ''}"`
    case 'field':
      return `${query.attribute}:${query.text}${query.prefix ? '…' : ''}`
    case 'not':
      return `not ${say(query.of)}`
    default:
      return `(${query.of.map(say).join(` ${query.kind} `)})`
  }
}

describe('The search', () => {
  const understood: [string, string][] = [
    ['', 'everything'],
    ['   ', 'everything'],
    ['*', 'everything'],
    ['Nova', 'nova'],
    ['router delete', '(router or delete)'],
    ['router AND delete', '(router and delete)'],
    ['router && delete || port', '((router and delete) or port)'],
    ['a b AND c', '(a or (b and c))'],
    ['(a OR b) AND NOT c', '((a or b) and not c)'],
    ['+router delete', 'router'],
    ['+router +delete -port', '(router and delete and not port)'],
    ['router -port', '(router and not port)'],
    ['router NOT port', '(router and not port)'],
    ['-port', 'not port'],
    ['!port', 'not port'],
    ['NOT NOT port', 'port'],
    ['a - b', '(a or b)'],
    ['"security group"', '"security group"'],
    ['"nova"', 'nova'],
    ['"AND"', 'and'],
    ['and', 'and'],
    // punctuation cuts
    ['1c2fc591-facb-4479-a327-520dade1ea15', '"1c2fc591 facb 4479 a327 520dade1ea15"'],
    ['service/network', '"service network"'],
    ['/v2.0/ports', '"v2 0 ports"'],
    ['203.0.113.7', '"203 0 113 7"'],
    ['10.0.0.*', '"10 0 0"'],
    ['10.0.0.1*', '"10 0 0 1…"'],
    ['2001:db8::1', '"2001 db8 1"'],
    ['fe80::1', '"fe80 1"'],
    ['openstack:abc', '"openstack abc"'],
    ['security_gr*', '"security gr…"'],
    ['secur*', 'secur…'],
    ['Jörg', 'jörg'],
    // fields
    ['target_id:abc', 'target_id:abc'],
    ['initiator.host.address:10.0.0.1', 'address:10 0 0 1'],
    ['observer.typeURI:service/net*', 'observer_type:service net…'],
    ['requestPath:"/v2.0/ports"', 'request_path:v2 0 ports'],
    ['resource_type:router', 'target_type:router'],
    ['+action:delete -outcome:success', '(action:delete and not outcome:success)'],
    ['action\\:delete', '"action delete"'],
    ['"action:delete"', '"action delete"'],
    // what another language would make more of
    ['name^2', '"name 2"'],
    ["x'; drop table events", '(x or drop or table or events)'],
    ['{!lucene}x', '"lucene x"'],
    ['NEAR', 'near'],
  ]
  for (const [text, expected] of understood) {
    it(`understands ${text === '' ? 'nothing' : text}`, () => assert.equal(say(parseSearch(text)), expected))
  }

  const refused = [
    '"open',
    'x" OR 1=1',
    '(open',
    'closed)',
    '()',
    '/',
    '-/',
    'AND',
    'a AND',
    'OR a',
    'a AND OR b',
    'NOT',
    'a*b',
    '*a',
    'a*',
    'a *',
    'target_id:',
    'target_id:*',
    'initiator.nme:x',
    'initator_id:x',
    'time:2026',
    '-'.repeat(500),
    `${'('.repeat(20)}a${')'.repeat(20)}`,
    Array(100).fill('word').join(' '),
    Array(300).fill('w').join('/'),
    'x'.repeat(2000),
  ]
  for (const text of refused) {
    it(`refuses ${text.slice(0, 40)}`, () =>
      assert.throws(() => parseSearch(text), { code: 'AUDIT_BAD_SEARCH', retryable: false }))
  }

  it('gives something bounded or a refusal with a code, whatever is typed', () => {
    const pieces = ['a', 'Ab-c', ' ', '"', '(', ')', '*', ':', '\\', '/', '+', '-', '!', 'AND', 'OR', 'NOT', '&&', '||']
    pieces.push(
      'target_id:',
      'initiator.id:',
      '\u0000',
      'é',
      '😀',
      '\u202e',
      '{',
      '}',
      '[',
      ']',
      '~',
      '^',
      '?',
      '%',
      "'",
      ';',
    )
    const random = randomOf(20_261_121)
    let understoodOnes = 0
    for (let run = 0; run < 20_000; run++) {
      const text = Array.from({ length: 1 + random.below(30) }, () => random.of(pieces)).join('')
      let query: TextQuery | undefined
      try {
        query = parseSearch(text)
      } catch (error) {
        assert.equal((error as { code?: unknown }).code, 'AUDIT_BAD_SEARCH', text)
        continue
      }
      if (query === undefined) continue
      understoodOnes++
      const { depth, words } = measured(query)
      assert.ok(depth <= 60 && words.length <= 200 && words.length > 0, text)
      for (const word of words) assert.match(word, /^[\p{L}\p{N}\p{M}]+$/u, text)
    }
    assert.ok(understoodOnes > 1000)
  })

  it('takes no time over long texts', () => {
    const began = performance.now()
    for (const piece of ['(', '"', '\\', 'a ', '- ', ':', 'a:', '!', 'NOT ']) {
      try {
        parseSearch(piece.repeat(500_000))
      } catch {
        // It may be refused; it must be so at once.
      }
    }
    assert.ok(performance.now() - began < 2000)
  })
})

function measured(query: TextQuery): { depth: number; words: string[] } {
  switch (query.kind) {
    case 'word':
      return { depth: 1, words: [query.text] }
    case 'phrase':
      return { depth: 1, words: [...query.words] }
    case 'field':
      return { depth: 1, words: query.text.split(' ') }
    default: {
      const below = query.kind === 'not' ? [measured(query.of)] : query.of.map(measured)
      return { depth: 1 + Math.max(...below.map(({ depth }) => depth)), words: below.flatMap(({ words }) => words) }
    }
  }
}
