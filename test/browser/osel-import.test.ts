import assert from 'node:assert/strict'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { before, describe, it } from 'mocha'
import { closeNotifications, deployInEditor } from '../support/chromium'
import { OSEL_YAML } from '../support/osel-yaml'
import { editorWith, type SharedEditor } from '../support/shared-editor'
import { waitFor } from '../support/wait-for'

for (const line of ['5', '4.1'] as const) {
  describe(`importing osel's configuration in the editor of Node-RED ${line}`, function () {
    this.timeout(120_000)
    let editor: SharedEditor

    before(async () => {
      editor = await editorWith(line)
    })

    it('says what is wrong with another text', async () => {
      const { page } = editor
      await page.locator('#red-ui-header-button-sidemenu').click()
      await editor.screenshot(`${line}-osel-menu`)
      await page.locator('#menu-item-openstack-events-import-osel').click()
      await page.locator('#openstack-events-osel-yaml').fill('clouds: {}')
      await page.locator('#openstack-events-osel-read').click()
      const problem = page.locator('#openstack-events-osel-problem')
      await problem.waitFor()
      assert.match((await problem.textContent()) ?? '', /none of osel's keys/)
      await page.locator('#openstack-events-osel-cancel').click()
      editor.problems.length = 0
    })

    it('fills the main example in, puts secrets into credentials only, and names what has no meaning', async () => {
      const { page } = editor
      await page.evaluate("RED.actions.invoke('openstack-events:import-osel')")
      await page.locator('#openstack-events-osel-yaml').fill(OSEL_YAML)
      await page.locator('#openstack-events-osel-read').click()
      const notes = page.locator('#openstack-events-osel-notes')
      await notes.waitFor()
      await editor.screenshot(`${line}-osel-notes`)
      const text = (await notes.textContent()) ?? ''
      assert.match(text, /logfileno meaning here/)
      assert.doesNotMatch(text, /syslog-out\.osel|Secret/)
      await page.locator('#openstack-events-osel-import').click()
      await page.waitForFunction("RED.nodes.filterNodes({ type: 'qualys-scan' }).length === 1")
      const exported = await page.evaluate('JSON.stringify(RED.nodes.createCompleteNodeSet({ credentials: false }))')
      assert.doesNotMatch(String(exported), /Secret/)
      await closeNotifications(page)
      await editor.screenshot(`${line}-osel-imported`)

      await deployInEditor(page)
      // Node-RED writes one file after the other, and neither needs to be there yet.
      const onDisk = (name: string, mark: string) =>
        waitFor(`${mark} in ${name}`, () => {
          const path = join(editor.nodeRed.userDir, name)
          const stored = existsSync(path) ? readFileSync(path, 'utf8') : ''
          return stored.includes(mark) ? stored : undefined
        })
      const credentials = await onDisk('flows_cred.json', 'KeystoneSecret')
      for (const secret of ['RabbitSecret', 'KeystoneSecret', 'QualysSecret', 'ProxySecret']) {
        assert.ok(credentials.includes(secret), `${secret} did not become a credential`)
      }
      const flows = await onDisk('flows.json', 'syslog-out')
      assert.doesNotMatch(flows, /Secret/)
      const deployed = JSON.parse(flows) as { type: string; [property: string]: unknown }[]
      const of = (type: string) => deployed.find((node) => node.type === type) ?? {}
      assert.equal((of('syslog-out') as { host?: string }).host, 'splunk.example')
      assert.equal((of('keystone-config') as { authUrl?: string }).authUrl, 'https://keystone.example:5000/v3')
      assert.deepEqual(editor.problems, [])
    })
  })
}
