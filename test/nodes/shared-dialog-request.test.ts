import assert from 'node:assert/strict'
import { describe, it } from 'mocha'
import type { NodeAPI } from 'node-red'
import { dialogRequest, textsOf } from '../../nodes/shared/dialog-request'

const variable = (name: string) => `\${${name}}`

describe('What a dialog’s button sends', () => {
  const stored: Record<string, object> = { account: { password: 'stored', secret: variable('DIALOG_SECRET') } }
  const RED = { nodes: { getCredentials: (id: string) => stored[id] } } as unknown as NodeAPI
  const secretsOf = (secrets: object) => dialogRequest(RED, { id: 'account', secrets }, ['password', 'secret']).secrets

  it('means the stored secret by the placeholder, and none by an empty field', () => {
    assert.deepEqual(secretsOf({ password: '__PWRD__', secret: '' }), { password: 'stored', secret: undefined })
    assert.deepEqual(secretsOf({ password: 'typed', secret: '' }), { password: 'typed', secret: undefined })
  })

  it('names variables that are replaced as when Node-RED starts a node: one that is not set stays as it is', () => {
    process.env['DIALOG_SECRET'] = 'from-environment'
    try {
      assert.equal(secretsOf({ secret: '__PWRD__' })['secret'], 'from-environment')
      assert.deepEqual(textsOf({ url: variable('DIALOG_SECRET'), other: variable('DIALOG_NOT_SET'), port: 1 }), {
        url: 'from-environment',
        other: variable('DIALOG_NOT_SET'),
      })
    } finally {
      delete process.env['DIALOG_SECRET']
    }
  })
})
