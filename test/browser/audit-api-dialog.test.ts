import assert from 'node:assert/strict'
import { before, describe, it } from 'mocha'
import { closeDialog, openDialog } from '../support/chromium'
import { definitionOf } from '../support/palette'
import { editorWith, type SharedEditor } from '../support/shared-editor'

function flow() {
  const usual = (type: string) =>
    Object.fromEntries(Object.entries(definitionOf(type).defaults).map(([name, { value }]) => [name, value]))
  return [
    { id: 'tab', type: 'tab', label: 'audit' },
    { ...usual('audit-store-config'), id: 'store', type: 'audit-store-config', name: 'Trail', cloud: 'lab' },
    {
      ...usual('keystone-config'),
      id: 'account',
      type: 'keystone-config',
      authUrl: 'http://127.0.0.1:9/v3',
      applicationCredential: 'c',
    },
    {
      ...usual('audit-api'),
      ...{ id: 'api', type: 'audit-api', z: 'tab', x: 100, y: 60, store: 'store', account: 'account', wires: [] },
    },
  ]
}

for (const line of ['5', '4.1'] as const) {
  describe(`the dialog of audit-api in Node-RED ${line}`, function () {
    this.timeout(90_000)
    let editor: SharedEditor

    before(async () => {
      editor = await editorWith(line, flow(), { account: { secret: 's' } })
    })

    it('shows the address for the catalog, as path and public address are typed, and says what is taken off', async () => {
      const { page, nodeRed } = editor
      await openDialog(page, 'api')
      const catalog = (text: string) => page.locator('#audit-api-catalog', { hasText: text }).waitFor()
      const notes = page.locator('#audit-api-notes')
      await catalog(`${nodeRed.url}/red/audit/v1`)
      assert.equal(await page.locator('#audit-api-page').getAttribute('href'), `${nodeRed.url}/red/audit/ui/`)
      assert.equal(await notes.isVisible(), false)
      await page.locator('#node-input-path').fill('/trail/v1/')
      await catalog(`${nodeRed.url}/red/trail/v1`)
      assert.match((await notes.textContent()) ?? '', /\/v1 at the end/)
      await page.locator('#node-input-publicUrl').fill('https://audit.example.net/x/')
      await catalog('https://audit.example.net/x/v1')
      await editor.screenshot(`${line}-audit-api`)
      await page.locator('#node-input-path').fill('a b')
      await page.locator('#node-input-path').blur()
      await page.locator('#node-input-path.input-error').waitFor()
      await page.locator('#node-input-path').fill('/trail')
      await closeDialog(page, 'ok')
      assert.equal(await page.evaluate("RED.nodes.node('api').path"), '/trail')
      assert.deepEqual(await page.evaluate("RED.nodes.node('api').validationErrors"), [])
      assert.deepEqual(editor.problems, [])
    })
  })
}
