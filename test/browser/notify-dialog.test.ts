import assert from 'node:assert/strict'
import { CHANNEL_TYPES } from '../support/all-channels'
import { closeDialog, openConfigDialog, openDialog } from '../support/chromium'
import { editorWith, type SharedEditor } from '../support/shared-editor'

const FLOWS = [
  { id: 'tab0', type: 'tab', label: 'notify' },
  {
    id: 'tell0',
    type: 'audit-notify-slack',
    z: 'tab0',
    x: 200,
    y: 80,
    channel: '#security',
    template: 'words0',
    wires: [[]],
  },
  { id: 'words0', type: 'audit-template', name: 'our words', version: 1, title: '', text: '', document: '' },
  // As a program might write them, with no setting at all.
  ...CHANNEL_TYPES.map((type, index) => {
    return { id: `bare-${type}`, type, z: 'tab0', x: 200, y: 140 + 60 * index, wires: [[]] }
  }),
]

describe('the dialog of a notifying node', function () {
  this.timeout(120_000)
  let editor: SharedEditor

  before(async () => {
    editor = await editorWith('5', FLOWS, { tell0: { botToken: 'xoxb-secret' } })
  })

  it('shows what a template makes of an event, as text', async () => {
    const { page } = editor
    await openDialog(page, 'tell0')
    for (const part of ['fields', 'delivery', 'try'])
      await page.locator(`#openstack-events-notify-part-${part} summary`).click()
    await page.locator('#node-input-template_title').fill('{{ event.initiator.name }}: {{ topic }}')
    await page.locator('#node-input-throttle').fill('5/10m')
    await page.locator('#openstack-events-notify-preview').click()
    const answer = page.locator('#openstack-events-notify-answer')
    await answer.filter({ hasText: 'dana' }).waitFor()
    assert.equal(await answer.textContent(), `title: dana o'neil & <sons>: security_group_rule.create.end`)
    await editor.screenshot('notify-dialog')
  })

  it('says where a template is broken', async () => {
    const { page } = editor
    await page.locator('#node-input-template_title').fill('{% if %}')
    await page.locator('#openstack-events-notify-preview').click()
    await page.locator('#openstack-events-notify-answer', { hasText: 'template "title" cannot be used' }).waitFor()
  })

  it('marks a throttle that is none, and stores what is right', async () => {
    const { page } = editor
    await page.locator('#node-input-template_title').fill('{{ topic }}')
    await page.locator('#node-input-throttle').fill('often')
    await page.locator('#node-input-throttle.input-error').waitFor()
    await page.locator('#node-input-throttle').fill('1/1h')
    await page.locator('#node-input-group').check()
    await closeDialog(page, 'ok')
    const stored = (await page.evaluate(
      `(({ throttle, group, template_title, repeatUnknown, urgent }) => ({ throttle, group, template_title, repeatUnknown, urgent }))(RED.nodes.node('tell0'))`,
    )) as object
    assert.deepEqual(stored, {
      throttle: '1/1h',
      group: true,
      template_title: '{{ topic }}',
      repeatUnknown: true,
      urgent: '',
    })
  })

  it('shows and stores defaults for what a flow does not say', async () => {
    const { page } = editor
    for (const type of CHANNEL_TYPES) {
      await openDialog(page, `bare-${type}`)
      const left = await page.evaluate(`(() => {
        const node = RED.nodes.node('bare-${type}')
        return Object.entries(node._def.defaults).flatMap(([name, { value, type }]) => {
          const element = $('#node-input-' + name)
          if (type || element.length === 0) return []
          const shown = element.is(':checkbox') ? element.prop('checked') : element.val()
          return String(shown) === String(value) ? [] : [name + ' is ' + shown + ', not ' + value]
        })
      })()`)
      assert.deepEqual(left, [], type)
      await closeDialog(page, 'cancel')
    }
  })

  it('offers the templates that come with the palette, and shows what they make of an event', async () => {
    const { page } = editor
    await openConfigDialog(page, 'words0')
    await page.locator('#audit-template-shipped option[value="slack"]').waitFor({ state: 'attached' })
    await page.locator('#audit-template-shipped').selectOption('slack')
    const blocks = await page.locator('#node-config-input-document').inputValue()
    assert.match(blocks, /"type": "header"/)
    await page.locator('#node-config-input-title').fill('By {{ event.initiator.name }}')
    await page.locator('#openstack-events-notify-preview').click()
    const answer = page.locator('#openstack-events-notify-answer')
    await answer.filter({ hasText: "title: By dana o'neil & <sons>" }).waitFor()
    assert.match((await answer.textContent()) ?? '', /"text": "security_group_rule\.create\.end"/)
    await page.locator('#node-config-input-title').fill('{% if %}')
    await page.locator('#openstack-events-notify-preview').click()
    await answer.filter({ hasText: 'template "title" cannot be used' }).waitFor()
    await editor.screenshot('notify-template')
    await closeDialog(page, 'cancel')
    const problems = editor.problems.filter((problem) => !problem.includes('status of 400'))
    assert.deepEqual(problems, [])
  })
})
