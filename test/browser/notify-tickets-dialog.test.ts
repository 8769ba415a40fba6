import assert from 'node:assert/strict'
import { labClock } from '../../lab/clock'
import { jiraVendor } from '../../lab/jira/service'
import { closeDialog, openDialog } from '../support/chromium'
import { labService, type RunningService } from '../support/lab-service'
import { editorWith, type SharedEditor } from '../support/shared-editor'

const CHANNELS = ['jira', 'servicenow', 'pagerduty', 'github']
const SECRET = 'token-that-nobody-sees'

/** Which of a dialog's rows show, by a setting of it: [channel, setting, value, rows that show, rows that do not]. */
const SWITCHES = [
  ['jira', 'kind', 'server', ['token'], ['user']],
  ['jira', 'kind', 'cloud', ['token', 'user'], []],
  ['servicenow', 'login', 'basic', ['user', 'password'], ['clientId', 'clientSecret']],
  ['servicenow', 'login', 'client', ['clientId', 'clientSecret'], ['user', 'password']],
  ['pagerduty', 'region', 'eu', ['routingKey'], ['host']],
  ['pagerduty', 'region', 'other', ['routingKey', 'host'], []],
] as const

describe('the dialogs of ticket systems', function () {
  this.timeout(120_000)
  let service: RunningService
  let editor: SharedEditor
  const jira = jiraVendor({ clock: labClock() })

  before(async () => {
    service = await labService('jira', jira.handler)
    const flows = [
      { id: 'tab0', type: 'tab', label: 'tickets' },
      ...CHANNELS.map((name, index) => ({
        id: name,
        type: `audit-notify-${name}`,
        ...{ z: 'tab0', x: 200, y: 80 + 60 * index, wires: [[]] },
        ...(name === 'jira' ? { site: service.url, user: jira.site.user, project: 'SEC', fields: '{}' } : {}),
      })),
    ]
    const credentials = { jira: { token: jira.site.apiToken }, github: { token: SECRET } }
    editor = await editorWith('5', flows, credentials)
  })
  after(() => service?.close())

  for (const name of CHANNELS) {
    it(`have words for everything, and rows for keys and closing events (${name})`, async () => {
      const { page } = editor
      await openDialog(page, name)
      await page.locator('#openstack-events-notify-part-delivery summary').click()
      await editor.screenshot(`notify-${name}`)
      const text = await page.locator('.red-ui-tray #dialog-form').textContent()
      assert.deepEqual(
        (text ?? '').match(/\S*(audit-notify-|audit-template\.\w)\S*/g) ?? [],
        [],
        'labels without their texts',
      )
      assert.ok(await page.locator('#node-input-ticketKey').isVisible())
      assert.ok(await page.locator('#node-input-closedBy').isVisible())
      assert.equal(await page.locator('#node-input-repeatUnknown').count(), 0)
      assert.doesNotMatch(await page.content(), new RegExp(SECRET))
      await closeDialog(page, 'cancel')
    })
  }

  it('show the rows that belong to what was chosen', async () => {
    const { page } = editor
    for (const [name, setting, value, shown, hidden] of SWITCHES) {
      await openDialog(page, name)
      await page.locator(`#node-input-${setting}`).selectOption(value)
      for (const row of shown)
        assert.ok(await page.locator(`#node-input-${row}`).isVisible(), `${name} ${value}: ${row}`)
      for (const row of hidden)
        assert.ok(await page.locator(`#node-input-${row}`).isHidden(), `${name} ${value}: ${row}`)
      await closeDialog(page, 'cancel')
    }
  })

  it('try the settings, and say what is wrong with them', async () => {
    const { page } = editor
    await openDialog(page, 'jira')
    await page.locator('#openstack-events-notify-part-try summary').click()
    const answer = page.locator('#openstack-events-notify-answer')
    await page.locator('#openstack-events-notify-test').click()
    await answer.filter({ hasText: 'SOC bot sees project Security' }).waitFor()
    await page.locator('#node-input-project').fill('HR')
    await page.locator('#openstack-events-notify-test').click()
    await answer.filter({ hasText: 'Jira answered 404' }).waitFor()
    assert.equal(jira.site.issues.length, 0)
    await closeDialog(page, 'cancel')
  })
})
