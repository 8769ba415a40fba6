import assert from 'node:assert/strict'
import { describe, it } from 'mocha'
import { frame } from '../../../src/syslog/framing'
import { cutAtBytes } from '../../../src/syslog/truncate'
import { asciiJson, visible } from '../../../src/syslog/visible'

describe('framing', () => {
  it('counts bytes, not characters', () => {
    assert.equal(frame([Buffer.from('日本'), Buffer.from('a')], 'octet-counting').toString(), '6 日本1 a')
  })

  it('ends each line with a line feed', () => {
    assert.equal(frame([Buffer.from('a'), Buffer.from('b')], 'newline').toString(), 'a\nb\n')
  })

  it('refuses a line feed inside a line', () => {
    assert.throws(() => frame([Buffer.from('a\nb')], 'newline'), /line feed/)
  })
})

describe('cutting at a number of bytes', () => {
  const cases: [string, number, string][] = [
    ['abc', 3, 'abc'],
    ['abc', 2, 'ab'],
    ['日本', 5, '日'],
    ['a😀', 4, 'a'],
    ['ab\\u2028', 6, 'ab'],
    ['ab\\u2028', 8, 'ab\\u2028'],
    ['ab\\n', 3, 'ab'],
    ['abc', 0, ''],
    ['abc', -5, ''],
  ]
  for (const [text, limit, expected] of cases) {
    it(`cuts ${JSON.stringify(text)} at ${limit} to ${JSON.stringify(expected)}`, () => {
      assert.equal(cutAtBytes(text, limit), expected)
    })
  }
})

describe('text from outside', () => {
  it('survives as JSON in ASCII', () => {
    const value = { name: 'José\n\u0000\u007f\u2028 שלום 😀 \ud83d', 日: [1, null] }
    const json = asciiJson(value)
    assert.match(json, /^[ -~]+$/)
    assert.deepEqual(JSON.parse(json), value)
  })

  it('shows control characters and leaves letters', () => {
    assert.equal(visible('a\tb\nc\rd\u0007é\u202e'), 'a\\tb\\nc\\rd\\u0007é\\u202e')
  })
})
