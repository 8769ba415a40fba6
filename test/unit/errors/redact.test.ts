import assert from 'node:assert/strict'
import { redact } from '../../../src/errors/redact'

describe('Redacting', () => {
  const carriers: string[] = [
    'auth_token: SECRET',
    '{"auth_token": "SECRET"}',
    '{"oslo.message": "{\\"_context_auth_token\\": \\"SECRET\\"}"}',
    "Context: {'auth_token': u'SECRET', 'user': None}",
    'X-Auth-Token: SECRET',
    'Authorization: Basic SECRET',
    'https://user:SECRET@host/path',
    'password=SECRET&x=1',
  ]
  for (const text of carriers) {
    it(`finds the secret in ${text}`, () => {
      const cleaned = redact(text)
      assert.ok(!cleaned.includes('SECRET'), cleaned)
      assert.ok(cleaned.includes('<redacted>'))
    })
  }

  it('removes given values wherever they are', () => {
    assert.equal(redact('a hunter22 b hunter22', ['hunter22', undefined]), 'a <redacted> b <redacted>')
    assert.equal(redact('?key=wJal%2FK7%2B and wJal/K7+', ['wJal/K7+']), '?key=<redacted> and <redacted>')
    assert.equal(redact('half \ud83d', ['half \ud83d']), '<redacted>')
  })
})
