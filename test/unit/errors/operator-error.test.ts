import assert from 'node:assert/strict'
import { describeError, OperatorError } from '../../../src/errors/operator-error'

describe('The text of an error', () => {
  const texts: [what: string, thrown: unknown, text: string][] = [
    [
      'ours stays as it is',
      new OperatorError('X', 'No.', { remedy: 'Check the password: it is wrong.' }),
      'No. Check the password: it is wrong.',
    ],
    ['is one line', new Error('a\n  b\r\n\tc'), 'a b c'],
    [
      'moves no cursor and turns no letters round',
      new Error('\u001b[2J\u202egnp\u0085'),
      '\\u001b[2J\\u202egnp\\u0085',
    ],
    [
      'shows no secret that it quotes',
      new Error('This is no JSON, {"auth_token": "gAAAAAB"'),
      'This is no JSON, {"auth_token": "<redacted>"',
    ],
    ['may be no error', 'just a text', 'just a text'],
    ['may be nothing', undefined, 'undefined'],
    ['may be an object that is no text', Object.create(null), 'an error without a text'],
    ['may be an error whose message is none', Object.assign(new Error(), { message: { a: 1 } }), '[object Object]'],
    ['may be a symbol', Symbol('s'), 'Symbol(s)'],
  ]
  for (const [what, thrown, text] of texts) {
    it(what, () => assert.equal(describeError(thrown), text))
  }

  it('is bounded', () => assert.ok(describeError(new Error('x'.repeat(100_000))).length < 2100))
})
