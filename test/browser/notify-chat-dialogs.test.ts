import assert from 'node:assert/strict'
import type { Browser } from 'playwright-core'
import { DEMO_TELEGRAM, telegramVendor } from '../../lab/telegram/service'
import { type Editor, openEditor, startChromium } from '../support/chromium'
import { type NodeRed, startNodeRed } from '../support/node-red'
import { startVendor } from '../support/vendor'

const PLACE = { z: 'tab0', x: 200, wires: [[]] }

describe('the dialogs of Teams, Mattermost and Telegram', function () {
  this.timeout(120_000)
  let lab: Awaited<ReturnType<typeof startVendor<ReturnType<typeof telegramVendor>>>>
  let nodeRed: NodeRed
  let browser: Browser
  let editor: Editor

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
    nodeRed = await startNodeRed({
      line: '5',
      flows,
      credentials: {
        teams0: { webhookUrl: 'https://flows.example.net/workflows/x?sig=y' },
        mattermost0: { webhookUrl: 'https://chat.example.net/hooks/x' },
        telegram0: { botToken: DEMO_TELEGRAM.token },
      },
    })
    browser = await startChromium()
    editor = await openEditor(browser, nodeRed.url)
  })
  after(async () => {
    await browser?.close()
    await nodeRed?.remove()
    await lab?.close()
  })

  async function open(id: string): Promise<void> {
    await editor.page.evaluate(`RED.editor.edit(RED.nodes.node('${id}'))`)
    await editor.page.locator('.red-ui-tray #dialog-form').first().waitFor()
    // The tray slides in.
    await editor.page.waitForTimeout(450)
  }
  async function done(): Promise<void> {
    await editor.page.locator('#node-dialog-ok').click()
    await editor.page.locator('.red-ui-tray').first().waitFor({ state: 'detached' })
  }

  for (const [id, fields, said] of [
    ['teams0', ['title', 'text', 'document'], /SOC: The address is one of a flow at flows\.example\.net/],
    ['telegram0', ['title', 'text'], /knows the bot as pocketaudit_bot and the chat as Pocket SOC/],
  ] as const) {
    it(`of ${id} show their fields, and what a test says`, async () => {
      const { page } = editor
      await open(id)
      for (const part of ['fields', 'try']) await page.locator(`#openstack-events-notify-part-${part} summary`).click()
      for (const field of fields) await page.locator(`#node-input-template_${field}`).waitFor()
      await page.locator('#openstack-events-notify-test').click()
      await page.locator('#openstack-events-notify-answer', { hasText: said }).waitFor()
      await editor.screenshot(`notify-${id}`)
      await done()
    })
  }

  it('of mattermost0 say where a document is none', async () => {
    const { page } = editor
    await open('mattermost0')
    for (const part of ['fields', 'try']) await page.locator(`#openstack-events-notify-part-${part} summary`).click()
    await page.locator('#node-input-template_document').fill('{"blocks": []}')
    await page.locator('#openstack-events-notify-preview').click()
    await page
      .locator('#openstack-events-notify-answer', { hasText: 'Mattermost takes a list of attachments' })
      .waitFor()
    await page.locator('#node-input-template_document').fill('')
    await editor.screenshot('notify-mattermost0')
    await done()
  })

  it('mark a chat that is none', async () => {
    const { page } = editor
    await open('telegram0')
    await page.locator('#node-input-chat').fill('our room')
    // The editor looks when a field is left.
    await page.locator('#node-input-chat').blur()
    await page.locator('#node-input-chat.input-error').waitFor()
    await page.locator('#node-input-chat').fill('@pocketsoc')
    await page.locator('#node-input-silent').check()
    await done()
    const stored = await page.evaluate(
      `(({ chat, silent, thread, repeatUnknown }) => ({ chat, silent, thread, repeatUnknown }))(RED.nodes.node('telegram0'))`,
    )
    assert.deepEqual(stored, { chat: '@pocketsoc', silent: true, thread: '', repeatUnknown: true })
    const problems = editor.problems.filter((problem) => !problem.includes('status of 400'))
    assert.deepEqual(problems, [])
  })
})
