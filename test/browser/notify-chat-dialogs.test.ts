import assert from 'node:assert/strict'
import { DEMO_TELEGRAM, telegramVendor } from '../../lab/telegram/service'
import { closeDialog, openDialog } from '../support/chromium'
import { editorWith, type SharedEditor } from '../support/shared-editor'
import { startVendor } from '../support/vendor'

const PLACE = { z: 'tab0', x: 200, wires: [[]] }

describe('the dialogs of Teams, Mattermost and Telegram', function () {
  this.timeout(120_000)
  let lab: Awaited<ReturnType<typeof startVendor<ReturnType<typeof telegramVendor>>>>
  let editor: SharedEditor

  before(async () => {
    lab = await startVendor('telegram', telegramVendor)
    const flows = [
      { id: 'tab0', type: 'tab', label: 'chat' },
      { id: 'teams0', type: 'audit-notify-teams', ...PLACE, y: 80, channel: 'SOC' },
      { id: 'mattermost0', type: 'audit-notify-mattermost', ...PLACE, y: 140, channel: 'security' },
      {
        id: 'telegram0',
        type: 'audit-notify-telegram',
        ...PLACE,
        y: 200,
        chat: String(DEMO_TELEGRAM.chat),
        api: lab.url,
      },
    ]
    editor = await editorWith('5', flows, {
      teams0: { webhookUrl: 'https://flows.example.net/workflows/x?sig=y' },
      mattermost0: { webhookUrl: 'https://chat.example.net/hooks/x' },
      telegram0: { botToken: DEMO_TELEGRAM.token },
    })
  })
  after(() => lab?.close())

  for (const [id, fields, said] of [
    ['teams0', ['title', 'text', 'document'], /SOC: The address is one of a flow at flows\.example\.net/],
    ['telegram0', ['title', 'text'], /knows the bot as pocketaudit_bot and the chat as Pocket SOC/],
  ] as const) {
    it(`of ${id} show their fields, and what a test says`, async () => {
      const { page } = editor
      await openDialog(page, id)
      for (const part of ['fields', 'try']) await page.locator(`#openstack-events-notify-part-${part} summary`).click()
      for (const field of fields) await page.locator(`#node-input-template_${field}`).waitFor()
      await page.locator('#openstack-events-notify-test').click()
      await page.locator('#openstack-events-notify-answer', { hasText: said }).waitFor()
      await editor.screenshot(`notify-${id}`)
      await closeDialog(page, 'ok')
    })
  }

  it('of mattermost0 say where a document is none', async () => {
    const { page } = editor
    await openDialog(page, 'mattermost0')
    for (const part of ['fields', 'try']) await page.locator(`#openstack-events-notify-part-${part} summary`).click()
    await page.locator('#node-input-template_document').fill('{"blocks": []}')
    await page.locator('#openstack-events-notify-preview').click()
    await page
      .locator('#openstack-events-notify-answer', { hasText: 'Mattermost takes a list of attachments' })
      .waitFor()
    await page.locator('#node-input-template_document').fill('')
    await editor.screenshot('notify-mattermost0')
    await closeDialog(page, 'ok')
  })

  it('mark a chat that is none', async () => {
    const { page } = editor
    await openDialog(page, 'telegram0')
    await page.locator('#node-input-chat').fill('our room')
    // The editor looks when a field is left.
    await page.locator('#node-input-chat').blur()
    await page.locator('#node-input-chat.input-error').waitFor()
    await page.locator('#node-input-chat').fill('@pocketsoc')
    await page.locator('#node-input-silent').check()
    await closeDialog(page, 'ok')
    const stored = await page.evaluate(
      `(({ chat, silent, thread, repeatUnknown }) => ({ chat, silent, thread, repeatUnknown }))(RED.nodes.node('telegram0'))`,
    )
    assert.deepEqual(stored, { chat: '@pocketsoc', silent: true, thread: '', repeatUnknown: true })
    const problems = editor.problems.filter((problem) => !problem.includes('status of 400'))
    assert.deepEqual(problems, [])
  })
})
