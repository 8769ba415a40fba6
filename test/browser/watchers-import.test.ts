import assert from 'node:assert/strict'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { before, describe, it } from 'mocha'
import { closeNotifications, deployInEditor } from '../support/chromium'
import { editorWith, type SharedEditor } from '../support/shared-editor'
import { waitFor } from '../support/wait-for'

const YAML = readFileSync(join(__dirname, '../fixtures/watchers/first.yaml'), 'utf8')

for (const line of ['5', '4.1'] as const) {
  describe(`importing pretty-cool-events' configuration in the editor of Node-RED ${line}`, function () {
    this.timeout(120_000)
    let editor: SharedEditor

    before(async () => {
      editor = await editorWith(line)
    })

    it('says what is wrong with another text', async () => {
      const { page } = editor
      await page.locator('#red-ui-header-button-sidemenu').click()
      await editor.screenshot(`${line}-watchers-menu`)
      await page.locator('#menu-item-openstack-events-import-watchers').click()
      await page.locator('#openstack-events-watchers-yaml').fill('clouds: {}')
      await page.locator('#openstack-events-watchers-read').click()
      const problem = page.locator('#openstack-events-watchers-problem')
      await problem.waitFor()
      assert.match((await problem.textContent()) ?? '', /neither watchers nor the address/)
      await page.locator('#openstack-events-watchers-cancel').click()
      editor.problems.length = 0
    })

    it('makes a flow, puts secrets into credentials only, and names what has no meaning', async () => {
      const { page } = editor
      await page.evaluate("RED.actions.invoke('openstack-events:import-watchers')")
      await page.locator('#openstack-events-watchers-yaml').fill(YAML)
      await page.locator('#openstack-events-watchers-read').click()
      const notes = page.locator('#openstack-events-watchers-notes')
      await notes.waitFor()
      await editor.screenshot(`${line}-watchers-notes`)
      const text = (await notes.textContent()) ?? ''
      assert.match(text, /config\.httpdno meaning here/)
      assert.doesNotMatch(text, /cadf-filter\.watchers|Secret/)
      await page.locator('#openstack-events-watchers-import').click()
      await page.waitForFunction("RED.nodes.filterNodes({ type: 'illumio-events-in' }).length === 1")
      const exported = await page.evaluate('JSON.stringify(RED.nodes.createCompleteNodeSet({ credentials: false }))')
      assert.doesNotMatch(String(exported), /Secret/)
      const wrong = await page.evaluate(
        "JSON.stringify(RED.nodes.createCompleteNodeSet().map((n) => RED.nodes.node(n.id)).filter((n) => n && n.type !== 'unknown' && n.valid === false).map((n) => [n.type, n.validationErrors]))",
      )
      assert.equal(wrong, '[]')
      await closeNotifications(page)
      await editor.screenshot(`${line}-watchers-imported`)

      await deployInEditor(page)
      // Node-RED writes one file after the other, and neither needs to be there yet.
      const onDisk = (name: string, mark: string) =>
        waitFor(`${mark} in ${name}`, () => {
          const path = join(editor.nodeRed.userDir, name)
          const stored = existsSync(path) ? readFileSync(path, 'utf8') : ''
          return stored.includes(mark) ? stored : undefined
        })
      const credentials = await onDisk('flows_cred.json', 'PceSecret')
      for (const secret of ['SlackSecret', 'MailSecret', 'AwsSecret', 'JiraSecret', 'SnowSecret']) {
        assert.ok(credentials.includes(secret), `${secret} did not become a credential`)
      }
      const flows = await onDisk('flows.json', 'illumio-events-in')
      assert.doesNotMatch(flows, /Secret/)
      const deployed = JSON.parse(flows) as { id: string; type: string; [property: string]: unknown }[]
      const of = (type: string) => deployed.find((node) => node.type === type)
      assert.equal(of('illumio-config')?.['address'], 'pce.example.net:8443')
      assert.deepEqual(of('illumio-events-in')?.['wires'], [[of('cadf-filter')?.id]])
      assert.equal(of('cadf-filter')?.['outputs'], 11)
      assert.equal(of('audit-notify-email')?.['to'], 'alex@example.net')
      assert.deepEqual(editor.problems, [])
    })
  })
}
