import assert from 'node:assert/strict'
import { globSync, readFileSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import {
  closeDialog,
  closeNotifications,
  deployInEditor,
  type Editor,
  openConfigDialog,
  openDialog,
  openEditor,
  sharedChromium,
} from '../support/chromium'
import { type NodeRed, startNodeRed } from '../support/node-red'
import { definitionOf } from '../support/palette'

const root = dirname(dirname(__dirname))
const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
  name: string
  'node-red': { nodes: Record<string, string> }
}
const TYPES = Object.keys(manifest['node-red'].nodes)
const CONFIG_TYPES = TYPES.filter((type) => definitionOf(type).category === 'config')
const EXAMPLES = globSync('examples/**/*.json', { cwd: root }).sort()

function nodesOf(example: string): { type: string; label?: string }[] {
  return JSON.parse(readFileSync(join(root, example), 'utf8'))
}

/** Every example in the newer line; in the older one a few that show every type between them. */
function importedFromTheMenu(line: string): string[] {
  if (line === '5') return EXAMPLES
  const chosen: string[] = []
  const left = new Set(TYPES)
  const news = (example: string) => new Set(nodesOf(example).flatMap(({ type }) => (left.has(type) ? [type] : [])))
  while (left.size > 0) {
    const [best] = [...EXAMPLES].sort((one, other) => news(other).size - news(one).size)
    if (best === undefined || news(best).size === 0) throw new Error(`no example shows ${[...left].join(', ')}`)
    chosen.push(best)
    for (const type of news(best)) left.delete(type)
  }
  return chosen
}

/** Of the tab that an example brings. */
function labelOf(example: string): string | undefined {
  return nodesOf(example)[0]?.label
}

/** Imports an example as a person does: menu Import, tab Examples, the package, the folder, the file. */
async function importExample({ page }: Editor, example: string): Promise<void> {
  await page.evaluate("RED.actions.invoke('core:show-examples-import-dialog')")
  const dialog = page.locator('#red-ui-clipboard-dialog')
  await dialog.waitFor()
  const steps = [manifest.name, ...dirname(example).split('/').slice(1), basename(example, '.json')]
  for (const step of steps) {
    await dialog.locator('.red-ui-treeList-label', { hasText: step }).locator('visible=true').last().click()
  }
  await page.locator('#red-ui-clipboard-dialog-ok').click()
  await dialog.waitFor({ state: 'hidden' })
}

for (const line of ['5', '4.1'] as const) {
  describe(`the editor of Node-RED ${line}`, function () {
    this.timeout(120_000)
    let nodeRed: NodeRed
    let editor: Editor
    /** Types whose dialog was opened in this line. */
    const seen = new Set<string>()

    before(async () => {
      nodeRed = await startNodeRed({ line, flows: [{ id: 'tab0', type: 'tab', label: 'empty' }] })
      editor = await openEditor(await sharedChromium(), nodeRed.url)
    })
    after(async () => {
      await editor?.close()
      await nodeRed?.remove()
    })

    it('shows every node in the palette, with its icon', async () => {
      for (const type of TYPES.filter((name) => !CONFIG_TYPES.includes(name))) {
        const entry = editor.page.locator(`[data-palette-type="${type}"]`)
        await entry.scrollIntoViewIfNeeded()
        const icon = await entry.locator('.red-ui-palette-icon').getAttribute('style')
        assert.match(icon ?? '', /\.svg/, `${type} has no icon of its own`)
      }
      await editor.screenshot(`${line}-palette`)
    })

    const fromTheMenu = importedFromTheMenu(line)
    for (const example of fromTheMenu) {
      it(`imports "${basename(example, '.json')}" from the menu, and opens each dialog`, async () => {
        const { page } = editor
        await importExample(editor, example)
        await page.evaluate(
          `RED.nodes.eachWorkspace((flow) => { if (flow.label === ${JSON.stringify(labelOf(example))}) RED.workspaces.show(flow.id) })`,
        )
        await closeNotifications(page)
        await editor.screenshot(`${line}-${basename(example, '.json')}`)
        const nodes = (await page.evaluate(`
          RED.nodes.filterNodes({}).concat(Object.values(RED.nodes.createCompleteNodeSet()).filter((n) => ${JSON.stringify(CONFIG_TYPES)}.includes(n.type)))
            .filter((n) => ${JSON.stringify(TYPES)}.includes(n.type)).map((n) => ({ id: n.id, type: n.type }))
        `)) as { id: string; type: string }[]
        for (const { id, type } of nodes) {
          if (seen.has(type)) continue
          seen.add(type)
          const isConfig = CONFIG_TYPES.includes(type)
          await (isConfig ? openConfigDialog(page, id) : openDialog(page, id))
          const labels = await page.locator('.red-ui-tray-body').last().textContent()
          assert.doesNotMatch(
            labels ?? '',
            new RegExp(`${type}\\.[a-z]+\\.[a-zA-Z]+`),
            `${type} shows an untranslated key`,
          )
          await editor.screenshot(`${line}-${type}`)
          await closeDialog(page, 'cancel')
        }
        assert.deepEqual(editor.problems, [])
      })
    }

    it('has shown the dialog of every type', () => {
      assert.deepEqual([...seen].sort(), [...TYPES].sort())
    })

    it('deploys all examples in one go', async () => {
      const { page } = editor
      for (const example of EXAMPLES.filter((one) => !fromTheMenu.includes(one))) {
        await page.evaluate(`RED.view.importNodes(${JSON.stringify(nodesOf(example))}, { generateIds: true })`)
      }
      await deployInEditor(page)
      await nodeRed.waitForLog(/Started (modified )?(nodes|flows)[\s\S]*Started (modified )?(nodes|flows)/)
      const deployed = (await (await nodeRed.admin('/flows')).json()) as { type: string; label?: string }[]
      const labels = deployed.flatMap(({ type, label }) => (type === 'tab' ? [label] : []))
      assert.deepEqual(labels.sort(), ['empty', ...EXAMPLES.map(labelOf)].sort())
      assert.deepEqual(editor.problems, [])
    })
  })
}
