import assert from 'node:assert/strict'
import { globSync, readFileSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import type { Browser } from 'playwright-core'
import { type Editor, openEditor, startChromium } from '../support/chromium'
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

/** Every example in the newer line; in the older one those that show a type which none before them shows. */
function examplesFor(line: string): string[] {
  if (line === '5') return EXAMPLES
  const shown = new Set<string>()
  return EXAMPLES.filter((example) => {
    const types = (JSON.parse(readFileSync(join(root, example), 'utf8')) as { type: string }[]).map(({ type }) => type)
    const news = types.filter((type) => TYPES.includes(type) && !shown.has(type))
    for (const type of news) shown.add(type)
    return news.length > 0
  })
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

async function openDialog({ page }: Editor, id: string, isConfig: boolean): Promise<void> {
  await page.evaluate(
    isConfig
      ? `RED.editor.editConfig('', RED.nodes.node('${id}').type, '${id}')`
      : `RED.editor.edit(RED.nodes.node('${id}'))`,
  )
  await page.locator('.red-ui-tray #dialog-form, .red-ui-tray #node-config-dialog-edit-form').first().waitFor()
  // The tray slides in.
  await page.waitForTimeout(450)
}

async function closeDialog({ page }: Editor, isConfig: boolean): Promise<void> {
  await page.locator(isConfig ? '#node-config-dialog-cancel' : '#node-dialog-cancel').click()
  await page.locator('.red-ui-tray').first().waitFor({ state: 'detached' })
}

for (const line of ['5', '4.1'] as const) {
  describe(`the editor of Node-RED ${line}`, function () {
    this.timeout(120_000)
    let nodeRed: NodeRed
    let browser: Browser
    let editor: Editor
    /** Types whose dialog was opened in this line. */
    const seen = new Set<string>()

    before(async () => {
      nodeRed = await startNodeRed({ line, flows: [{ id: 'tab0', type: 'tab', label: 'empty' }] })
      browser = await startChromium()
      editor = await openEditor(browser, nodeRed.url)
    })
    after(async () => {
      await browser?.close()
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

    for (const example of examplesFor(line)) {
      it(`imports "${basename(example, '.json')}" from the menu, opens each dialog and deploys`, async () => {
        const { page } = editor
        await importExample(editor, example)
        const [imported] = JSON.parse(readFileSync(join(root, example), 'utf8')) as { label: string }[]
        await page.evaluate(
          `RED.nodes.eachWorkspace((flow) => { if (flow.label === ${JSON.stringify(imported?.label)}) RED.workspaces.show(flow.id) })`,
        )
        // The notification about the import covers the upper nodes for a while.
        await page.locator('.red-ui-notification').first().waitFor({ state: 'detached' })
        await editor.screenshot(`${line}-${basename(example, '.json')}`)
        const nodes = (await page.evaluate(`
          RED.nodes.filterNodes({}).concat(Object.values(RED.nodes.createCompleteNodeSet()).filter((n) => ${JSON.stringify(CONFIG_TYPES)}.includes(n.type)))
            .filter((n) => ${JSON.stringify(TYPES)}.includes(n.type)).map((n) => ({ id: n.id, type: n.type }))
        `)) as { id: string; type: string }[]
        for (const { id, type } of nodes) {
          if (seen.has(type)) continue
          seen.add(type)
          const isConfig = CONFIG_TYPES.includes(type)
          await openDialog(editor, id, isConfig)
          const labels = await page.locator('.red-ui-tray-body').last().textContent()
          assert.doesNotMatch(
            labels ?? '',
            new RegExp(`${type}\\.[a-z]+\\.[a-zA-Z]+`),
            `${type} shows an untranslated key`,
          )
          await editor.screenshot(`${line}-${type}`)
          await closeDialog(editor, isConfig)
        }
        await page.locator('#red-ui-header-button-deploy').click()
        const confirm = page.locator('.red-ui-notification button.primary, #red-ui-dialog-confirm-deploy-deploy')
        await Promise.race([
          page.locator('#red-ui-header-button-deploy.disabled').waitFor(),
          confirm
            .first()
            .click()
            .catch(() => {}),
        ])
        await page.locator('#red-ui-header-button-deploy.disabled').waitFor()
        await nodeRed.waitForLog(/Started (modified )?(nodes|flows)[\s\S]*Started (modified )?(nodes|flows)/)
        assert.deepEqual(editor.problems, [])
      })
    }
  })
}
