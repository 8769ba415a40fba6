import assert from 'node:assert/strict'
import { type PocketCloud, startPocketCloud } from '../../lab/pocket-cloud'
import { demoSns } from '../../lab/sns/service'
import { closeDialog, openDialog } from '../support/chromium'
import { editorWith, type SharedEditor } from '../support/shared-editor'

describe('the dialogs for mail, SNS and web hooks', function () {
  this.timeout(120_000)
  let cloud: PocketCloud
  let editor: SharedEditor

  before(async () => {
    cloud = await startPocketCloud()
    const place = { z: 'tab0', x: 200, wires: [[]] }
    const flows = [
      { id: 'tab0', type: 'tab', label: 'notify' },
      {
        ...{ id: 'mail0', type: 'audit-notify-email', y: 80, host: '127.0.0.1', port: String(cloud.smtp?.port) },
        ...{ security: 'starttls', auth: 'none', from: 'a@example.net', to: 'b@example.net', ...place },
      },
      {
        id: 'sns0',
        type: 'audit-notify-sns',
        y: 140,
        way: 'topic',
        topic: demoSns.topic,
        api: cloud.vendors.sns.url,
        ...place,
      },
      { id: 'hook0', type: 'audit-notify-webhook', y: 200, url: `${cloud.vendors.webhook.url}/hook`, ...place },
    ]
    const { accessKeyId, secretAccessKey } = demoSns
    editor = await editorWith('5', flows, { sns0: { accessKeyId, secretAccessKey } })
  })
  after(() => cloud?.close())

  const shown = (name: string) => editor.page.locator(`#node-input-${name}`).isVisible()

  async function tried(): Promise<string> {
    const { page } = editor
    await page.locator('#openstack-events-notify-part-try summary').click()
    await page.locator('#openstack-events-notify-test').click()
    const answer = page.locator('#openstack-events-notify-answer')
    await answer.filter({ hasText: /\S/ }).waitFor()
    return (await answer.textContent()) ?? ''
  }

  it('show what a way to log in needs, and say of a mail server what it cannot check', async () => {
    await openDialog(editor.page, 'mail0')
    const { page } = editor
    for (const [auth, rows] of [
      ['none', [false, false, false, false]],
      ['password', [true, true, false, false]],
      ['token', [true, false, true, false]],
      ['refresh', [true, false, false, true]],
    ] as const) {
      await page.locator('#node-input-auth').selectOption(auth)
      const now = await Promise.all(['user', 'password', 'accessToken', 'refreshToken'].map(shown))
      assert.deepEqual(now, rows, auth)
    }
    assert.equal(await shown('allowPlain'), false)
    await page.locator('#node-input-security').selectOption('none')
    assert.equal(await shown('allowPlain'), true)
    assert.equal(await page.locator('#node-input-port').getAttribute('placeholder'), '25')
    await page.locator('#node-input-security').selectOption('starttls')
    await page.locator('#node-input-auth').selectOption('none')
    assert.match(await tried(), /certificate.*Choose a TLS configuration/)
    await editor.screenshot('notify-email-dialog')
    await closeDialog(editor.page, 'cancel')
  })

  it('try SNS with the stored keys', async () => {
    await openDialog(editor.page, 'sns0')
    assert.deepEqual(await Promise.all(['topic', 'phone', 'smsParts'].map(shown)), [true, false, false])
    assert.match(await tried(), /^audit: AWS knows the keys from the node\. The topic is there, with 2 subscriptions/)
    await editor.page.locator('#node-input-way').selectOption('phone')
    assert.deepEqual(await Promise.all(['topic', 'phone', 'smsParts'].map(shown)), [false, true, true])
    await editor.screenshot('notify-sns-dialog')
    await closeDialog(editor.page, 'cancel')
  })

  it('try a web hook without sending', async () => {
    await openDialog(editor.page, 'hook0')
    assert.match(await tried(), /answers \(status 200 to HEAD\)\. Nothing was sent/)
    assert.equal(cloud.vendors.webhook.receiver.taken.length, 0)
    await closeDialog(editor.page, 'cancel')
    // The refusal of the first test's mail server is an answer of 400.
    assert.deepEqual(
      editor.problems.filter((problem) => !problem.includes('status of 400')),
      [],
    )
  })
})
