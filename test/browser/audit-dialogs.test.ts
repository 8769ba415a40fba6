import assert from 'node:assert/strict'
import { before, describe, it } from 'mocha'
import { closeDialog, openConfigDialog, openDialog } from '../support/chromium'
import { occurrence } from '../support/occurrence'
import { definitionOf } from '../support/palette'
import { editorWith, type SharedEditor } from '../support/shared-editor'

function flow() {
  const { event, notification } = occurrence('e1')
  const props = [
    { p: 'event', v: JSON.stringify(event), vt: 'json' },
    { p: 'notification', v: JSON.stringify(notification), vt: 'json' },
  ]
  const usual = (type: string) =>
    Object.fromEntries(Object.entries(definitionOf(type).defaults).map(([name, { value }]) => [name, value]))
  return [
    { id: 'tab', type: 'tab', label: 'audit' },
    {
      ...usual('audit-store-config'),
      id: 'store',
      type: 'audit-store-config',
      name: 'Trail',
      cloud: 'lab',
      file: 'dialogs.sqlite',
    },
    { id: 'go', type: 'inject', z: 'tab', x: 100, y: 60, props, once: true, onceDelay: '0.1', wires: [['keep']] },
    { id: 'keep', type: 'audit-store', z: 'tab', x: 300, y: 60, version: 1, name: '', store: 'store', wires: [[], []] },
    {
      id: 'query',
      type: 'audit-query',
      z: 'tab',
      x: 300,
      y: 140,
      ...usual('audit-query'),
      store: 'store',
      wires: [[]],
    },
  ]
}

interface Query {
  readonly rows: readonly object[]
  readonly what: string
}

for (const line of ['5', '4.1'] as const) {
  describe(`the dialogs of the audit trail in Node-RED ${line}`, function () {
    this.timeout(90_000)
    let editor: SharedEditor

    before(async () => {
      editor = await editorWith(line, flow())
    })

    const stored = () =>
      editor.page.evaluate("RED.nodes.createCompleteNodeSet().find((n) => n.id === 'query')") as Promise<Query>

    it('audit-query offers the values that the store has, and keeps the conditions', async () => {
      const { page } = editor
      await openDialog(page, 'query')
      await page.getByRole('button', { name: 'condition' }).click()
      const row = page.locator('.audit-query-row').first()
      await row.locator('.audit-query-attribute').selectOption('target_type')
      await row.locator('.audit-query-pick').selectOption('network/security_group_rule')
      await page.getByRole('button', { name: 'condition' }).click()
      const second = page.locator('.audit-query-row').nth(1)
      await second.locator('.audit-query-attribute').selectOption('address')
      await second.locator('.audit-query-op').selectOption('known')
      await editor.screenshot(`${line}-audit-query-array`)
      await closeDialog(page, 'ok')
      assert.deepEqual((await stored()).rows, [
        { attribute: 'target_type', op: 'is', value: 'network/security_group_rule' },
        { attribute: 'address', op: 'known', value: '' },
      ])
      assert.equal(await page.evaluate("RED.nodes.node('query').valid"), true)
    })

    it('audit-query shows for each answer what it needs, and stores nothing when it is cancelled', async () => {
      const { page } = editor
      await openDialog(page, 'query')
      const visible = (name: string) => page.locator(`#node-input-${name}`).isVisible()
      for (const [what, shown, hidden] of [
        ['count', ['span', 'search'], ['limit', 'sort', 'shape', 'pace']],
        ['distinct', ['attribute', 'order', 'limit'], ['sort', 'by']],
        ['histogram', ['interval', 'by', 'chart'], ['limit', 'attribute']],
        ['verify', [], ['span', 'search', 'tenantsBy', 'cloud']],
        ['replay', ['pace', 'rate', 'window', 'limit'], ['sort', 'times']],
        ['event', ['tenantsBy'], ['span', 'search', 'limit']],
      ] as const) {
        await page.locator('#node-input-what').selectOption(what)
        await editor.screenshot(`${line}-audit-query-${what}`)
        for (const name of shown) assert.ok(await visible(name), `${what}: ${name}`)
        for (const name of hidden) assert.ok(!(await visible(name)), `${what}: ${name}`)
      }
      await page.locator('#node-input-what').selectOption('array')
      await page.locator('#node-input-span').selectOption('between')
      await page.locator('#node-input-from').fill('yesterday')
      await page.locator('#node-input-from').blur()
      await page.locator('#node-input-from.input-error').waitFor()
      await closeDialog(page, 'cancel')
      assert.equal((await stored()).what, 'array')
    })

    it('audit-store-config tests what it holds', async () => {
      const { page } = editor
      await openConfigDialog(page, 'store')
      await page.locator('#audit-store-config-test').click()
      await page.getByText(/It works: 1 events, [\d.]+ MB, since 2026-11-21T06:51:16/).waitFor()
      await editor.screenshot(`${line}-audit-store-config`)
      await page.locator('#node-config-input-engine').selectOption('opensearch')
      await page.locator('#node-config-input-url').fill('https://user:password@search.example')
      await page.locator('#audit-store-config-test').click()
      await page.getByText('"url" cannot be used').waitFor()
      await page.locator('#node-config-input-signing').selectOption('ed25519')
      await editor.screenshot(`${line}-audit-store-config-opensearch`)
      await closeDialog(page, 'cancel')
      // The wrong address was answered with status 400, which the browser logs.
      assert.deepEqual(
        editor.problems.filter((problem) => !/status of 400/.test(problem)),
        [],
      )
    })
  })
}
