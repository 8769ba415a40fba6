import assert from 'node:assert/strict'
import { describe, it } from 'mocha'
import type { NodeAPI } from 'node-red'
import { chosenTls } from '../../nodes/shared/tls'

describe('The chosen TLS configuration', () => {
  const tls = {
    valid: true,
    addTLSOptions: (options: Record<string, unknown>) => Object.assign(options, { ca: 'CA', rejectUnauthorized: true }),
  }
  const nodes: Record<string, unknown> = { tls, broken: { ...tls, valid: false }, other: { type: 'inject' } }
  const RED = { nodes: { getNode: (id: string) => nodes[id] ?? null } } as unknown as NodeAPI

  it('gives what its node says', () => {
    assert.deepEqual(chosenTls(RED, 'tls', 'BUS_CONFIG'), { ca: 'CA', rejectUnauthorized: true })
  })

  it('is none where none is chosen', () => {
    assert.equal(chosenTls(RED, '', 'BUS_CONFIG'), undefined)
    assert.equal(chosenTls(RED, undefined, 'BUS_CONFIG'), undefined)
  })

  for (const [what, id, message] of [
    ['is gone', 'gone', /does not exist/],
    ['is no TLS configuration', 'other', /does not exist/],
    ['could not read its files', 'broken', /cannot be read/],
  ] as const) {
    it(`is refused under the asker's code where its node ${what}`, () => {
      assert.throws(() => chosenTls(RED, id, 'BUS_CONFIG'), { code: 'BUS_CONFIG', message })
    })
  }
})
