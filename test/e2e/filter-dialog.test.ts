import assert from 'node:assert/strict'
import { after, before, beforeEach, describe, it } from 'mocha'
import type { Browser } from 'playwright-core'
import { type Editor, openEditor, startChromium } from '../support/chromium'
import { type NodeRed, startNodeRed } from '../support/node-red'
import { occurrence } from '../support/occurrence'

interface Rule {
  readonly name: string
  readonly match: string
  readonly conditions: readonly unknown[]
}
interface Filter {
  readonly rules: readonly Rule[]
  readonly wires: readonly (readonly string[])[]
  readonly outputs: number
  readonly otherwise: boolean
}

const created: Rule = {
  name: 'created',
  match: 'all',
  conditions: [{ path: 'event.action', op: 'equals', value: 'create' }],
}
const grouped: Rule = {
  name: 'ssh',
  match: 'any',
  conditions: [
    { path: 'event.initiator.name', op: 'equals', value: 'dana', not: true, ignoreCase: true },
    {
      match: 'all',
      conditions: [
        { path: '.port_range_min', op: 'lte', value: '22' },
        { path: '.remote_ip_prefix', op: 'in-network', value: '10.0.0.0/8\n192.0.2.0/24' },
        { path: 'event.severity', op: 'exists' },
      ],
      within: 'payload.security_group_rules.*',
    },
  ],
}

function flow() {
  const at = (y: number) => ({ z: 'tab', x: 400, y, wires: [] })
  return [
    { id: 'tab', type: 'tab', label: 'filter' },
    {
      ...{ id: 'f1', type: 'cadf-filter', z: 'tab', x: 150, y: 100, version: 1, name: '', mode: 'first' },
      ...{ otherwise: true, outputs: 3, rules: [created, grouped], wires: [['to-created'], ['to-ssh'], ['to-rest']] },
    },
    { id: 'to-created', type: 'debug', ...at(60) },
    { id: 'to-ssh', type: 'debug', ...at(120) },
    { id: 'to-rest', type: 'debug', ...at(180) },
  ]
}

for (const line of ['5', '4.1'] as const) {
  describe(`the dialog of cadf-filter in Node-RED ${line}`, function () {
    this.timeout(90_000)
    let nodeRed: NodeRed
    let browser: Browser
    let editor: Editor

    before(async () => {
      nodeRed = await startNodeRed({ line, flows: flow() })
      browser = await startChromium()
      editor = await openEditor(browser, nodeRed.url)
    })
    after(async () => {
      await browser?.close()
      await nodeRed?.remove()
    })
    beforeEach(async () => {
      const { page } = editor
      await page.evaluate("RED.editor.edit(RED.nodes.node('f1'))")
      await page.locator('#node-input-rules-list .cadf-filter-number').last().waitFor()
      // The tray slides in.
      await page.waitForTimeout(450)
    })

    const rules = () => editor.page.locator('#node-input-rules-list > li')
    const close = async (button: 'ok' | 'cancel') => {
      await editor.page.locator(`#node-dialog-${button}`).click()
      await editor.page.locator('.red-ui-tray').first().waitFor({ state: 'detached' })
    }
    const filter = () =>
      editor.page.evaluate("RED.nodes.createCompleteNodeSet().find((n) => n.id === 'f1')") as Promise<Filter>

    it('shows rules as they are stored, and stores them unchanged', async () => {
      await close('ok')
      assert.deepEqual((await filter()).rules, [created, grouped])
      assert.equal(await editor.page.evaluate("!!RED.nodes.node('f1').changed"), false)
    })

    it('shows a fault at its condition, with the reason', async () => {
      const { page } = editor
      await rules().nth(0).locator('.cadf-filter-op').selectOption('regexp')
      await rules().nth(0).locator('.cadf-filter-values input').fill('(a)\\1')
      await page.getByText('uses the back-reference').waitFor()
      await editor.screenshot(`${line}-cadf-filter-fault`)
      await close('cancel')
      assert.deepEqual((await filter()).rules, [created, grouped])
    })

    it('tells where a sample would go', async () => {
      const { page } = editor
      await page.locator('#dialog-form details summary').click()
      await page.locator('#cadf-filter-sample').fill(JSON.stringify(occurrence('a')))
      await page.locator('#cadf-filter-try').click()
      await page.getByText('→ 1 created').waitFor()
      await close('cancel')
    })

    it('can be worked by keyboard', async () => {
      const { page } = editor
      const name = rules().nth(0).locator('.cadf-filter-name')
      await name.focus()
      const visited: string[] = []
      for (let i = 0; i < 8; i++) {
        await page.keyboard.press('Tab')
        visited.push(String(await page.evaluate("document.activeElement.getAttribute('aria-label')")))
      }
      assert.deepEqual(visited.slice(0, 6), [
        'How many of the conditions must hold',
        ...['Move up', 'Move down', 'Property', 'Comparison', 'Value'],
      ])
      await close('cancel')
    })

    it('lets wires follow their rules when these are moved, added and removed', async () => {
      const { page } = editor
      await rules().nth(1).locator('button[title="Move up"]').click()
      await page.locator('#cadf-filter-ready').selectOption('failed')
      await page.locator('#cadf-filter-ready-add').click()
      await close('ok')
      const moved = await filter()
      assert.deepEqual(
        moved.rules.map(({ name }) => name),
        ['ssh', 'created', 'Failed'],
      )
      assert.deepEqual(moved.wires, [['to-ssh'], ['to-created'], [], ['to-rest']])
      assert.equal(moved.outputs, 4)

      await page.evaluate("RED.editor.edit(RED.nodes.node('f1'))")
      await page.locator('#node-input-rules-list .cadf-filter-number').last().waitFor()
      await page.waitForTimeout(450)
      await rules().nth(0).locator('.red-ui-editableList-item-remove').click()
      await page.locator('#node-input-otherwise').uncheck()
      await page.waitForTimeout(450)
      await close('ok')
      const fewer = await filter()
      assert.deepEqual(fewer.wires, [['to-created'], []])
      assert.equal(fewer.outputs, 2)
      assert.deepEqual(editor.problems, [])
    })
  })
}
