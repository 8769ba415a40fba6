import assert from 'node:assert/strict'
import { before, beforeEach, describe, it } from 'mocha'
import { closeDialog, openDialog } from '../support/chromium'
import { occurrence } from '../support/occurrence'
import { editorWith, type SharedEditor } from '../support/shared-editor'

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

const TYPES = 'data/security/account/user/privilege\nnetwork/security-group-rule'

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
    let editor: SharedEditor

    before(async () => {
      editor = await editorWith(line, flow())
    })
    const open = async () => {
      await openDialog(editor.page, 'f1')
      await editor.page.locator('#node-input-rules-list .cadf-filter-number').last().waitFor()
    }
    beforeEach(open)

    const rules = () => editor.page.locator('#node-input-rules-list > li')
    const close = (button: 'ok' | 'cancel') => closeDialog(editor.page, button)
    const filter = () =>
      editor.page.evaluate("RED.nodes.createCompleteNodeSet().find((n) => n.id === 'f1')") as Promise<Filter>

    /** The next test begins with the rules of the flow again. */
    const restore = () => editor.page.evaluate('RED.history.pop()')

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

    it('asks what an audit asks, with the values of the taxonomy', async () => {
      const { page } = editor
      const rule = rules().nth(0)
      const headings = await rule
        .locator('.cadf-filter-ask optgroup')
        .evaluateAll((all) => all.map((one) => one.getAttribute('label') ?? ''))
      assert.deepEqual(
        headings.map((heading) => heading.split(': ').at(-1)),
        [
          ...['initiator', 'target', 'observer', 'action', 'outcome', 'reason'],
          ...['of the token, of the target, of a role', 'of the token, of the target, of a role', 'severity'],
          'The whole event',
        ],
      )
      await rule.locator('.cadf-filter-ask').selectOption({ label: 'event.target.typeURI is one of' })
      const typeCondition = rule.locator('.cadf-filter-condition').nth(1)
      assert.equal(await page.evaluate("document.activeElement.getAttribute('aria-label')"), 'Value')
      for (const type of ['data/security/account/user/privilege', 'network/security-group-rule']) {
        await typeCondition.locator('.cadf-filter-values select').selectOption(type)
      }
      await rule.locator('.cadf-filter-ask').selectOption({ label: 'event.outcome is one of' })
      const outcomeCondition = rule.locator('.cadf-filter-condition').nth(2)
      await outcomeCondition.locator('.cadf-filter-values select').selectOption('failure')
      await editor.screenshot(`${line}-cadf-filter-ask`)
      await close('ok')
      assert.deepEqual((await filter()).rules[0]?.conditions, [
        ...created.conditions,
        { path: 'event.target.typeURI', op: 'one-of', value: TYPES },
        { path: 'event.outcome', op: 'one-of', value: 'failure' },
      ])
      await restore()
    })

    it('knows opt-out lists and validity, which bring their property along', async () => {
      const { page } = editor
      const rule = rules().nth(0)
      const condition = rule.locator('.cadf-filter-condition').first()
      await condition.locator('.cadf-filter-op').selectOption('not-opt-out')
      await page.getByText('The property of this comparison is the event type.').waitFor()
      await condition.locator('.cadf-filter-path').fill('topic')
      await condition.locator('.cadf-filter-values textarea').fill('identity.authenticate.success')
      await condition.locator('.cadf-filter-values select').selectOption('identity.authenticate.pending')
      await rule.getByRole('button', { name: 'condition', exact: true }).click()
      const second = rule.locator('.cadf-filter-condition').nth(1)
      await second.locator('.cadf-filter-op').selectOption('valid-cadf')
      assert.equal(await second.locator('.cadf-filter-path').inputValue(), 'event')
      assert.equal(await second.locator('.cadf-filter-values').isVisible(), false)
      await page.getByText('The property of this comparison is the event type.').waitFor({ state: 'detached' })
      await editor.screenshot(`${line}-cadf-filter-opt-out`)
      await close('ok')
      assert.deepEqual((await filter()).rules[0]?.conditions, [
        {
          ...{ path: 'topic', op: 'opt-out', not: true },
          value: 'identity.authenticate.success\nidentity.authenticate.pending',
        },
        { path: 'event', op: 'valid-cadf' },
      ])
      assert.equal(await page.evaluate("RED.nodes.node('f1').valid"), true)
      await restore()
    })

    it('knows severities in their order, and refuses what is none', async () => {
      const { page } = editor
      const condition = rules().nth(0).locator('.cadf-filter-condition').first()
      await condition.locator('.cadf-filter-path').fill('')
      await condition.locator('.cadf-filter-op').selectOption('at-least')
      assert.equal(await condition.locator('.cadf-filter-path').inputValue(), 'event.severity')
      await page.getByText('is no severity to compare with.').waitFor()
      await condition.locator('.cadf-filter-values input').fill('warning')
      await page.getByText('is no severity to compare with.').waitFor({ state: 'detached' })
      await editor.screenshot(`${line}-cadf-filter-severity`)
      await close('ok')
      assert.deepEqual((await filter()).rules[0]?.conditions, [
        { path: 'event.severity', op: 'at-least', value: 'warning' },
      ])
      await restore()
    })

    it('adds the rule for logins of administrators, whose list is edited in one place', async () => {
      const { page } = editor
      await page.locator('#cadf-filter-ready').selectOption('admin-login')
      await page.getByText('One of the users listed').waitFor()
      await page.locator('#cadf-filter-ready-add').click()
      const list = rules().nth(2).locator('.cadf-filter-group textarea')
      assert.equal(await list.inputValue(), 'admin')
      await list.fill('admin\nroot')
      await page.waitForTimeout(700)
      assert.equal(await rules().nth(2).locator('.cadf-filter-problem:not(:empty)').count(), 0)
      await list.scrollIntoViewIfNeeded()
      await editor.screenshot(`${line}-cadf-filter-admin-login`)
      await close('ok')
      const stored = JSON.stringify((await filter()).rules[2])
      assert.ok(stored.includes('"value":"admin\\nroot"'), stored)
      await restore()
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
        ['ssh', 'created', 'Any failure'],
      )
      assert.deepEqual(moved.wires, [['to-ssh'], ['to-created'], [], ['to-rest']])
      assert.equal(moved.outputs, 4)

      await open()
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
