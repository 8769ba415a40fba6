import assert from 'node:assert/strict'
import { closeDialog, openConfigDialog, openDialog } from '../support/chromium'
import { type PrivateRabbit, sharedRabbit, until } from '../support/rabbitmq'
import { editorWith, type SharedEditor } from '../support/shared-editor'

const FLOWS = [
  { id: 'tab', type: 'tab', label: 'bus' },
  { id: 'bus', type: 'openstack-bus-config', by: 'url', heartbeat: 30 },
  {
    ...{ id: 'in', type: 'openstack-notification-in', z: 'tab', x: 200, y: 100, source: 'rabbitmq', bus: 'bus' },
    ...{ queue: 'osx.dialog', queueType: 'classic', exchanges: 'neutron my-exchange', topics: 'notifications' },
    ...{
      priorities: 'info error',
      settle: 'flow',
      window: 250,
      attempts: 5,
      deadline: 20,
      retryDelay: 30,
      wires: [[]],
    },
  },
]

for (const line of ['5', '4.1'] as const) {
  describe(`the RabbitMQ dialogs in Node-RED ${line}`, function () {
    this.timeout(120_000)
    let broker: PrivateRabbit
    let editor: SharedEditor

    before(async () => {
      broker = await sharedRabbit()
      editor = await editorWith(line, FLOWS, { bus: { url: broker.transportUrl() } })
    })

    const stored = (id: string) =>
      editor.page.evaluate(
        `JSON.parse(JSON.stringify(RED.nodes.convertNode(RED.nodes.node('${id}'), false)))`,
      ) as Promise<Record<string, unknown>>

    it('test the connection with the stored secret, and say what is wrong with another', async () => {
      const { page } = editor
      await openConfigDialog(page, 'bus')
      const results = page.locator('#openstack-bus-config-results')
      await page.locator('#openstack-bus-config-test').click()
      await results.locator('text=/RabbitMQ \\d+/').waitFor()
      await page.locator('#node-config-input-url').fill(`rabbit://nobody:wrong@127.0.0.1:${broker.port}/`)
      await page.locator('#openstack-bus-config-test').click()
      await results.locator('text=refuses the login').waitFor()
      await editor.screenshot(`${line}-bus-config-test`)
      await page.locator('#node-config-input-by').selectOption('fields')
      await page.locator('#node-config-input-hosts').waitFor()
      await editor.screenshot(`${line}-bus-config-fields`)
      await closeDialog(page, 'cancel')
    })

    it('offer the services to choose from, show which publish, and keep what was chosen', async () => {
      const { page } = editor
      const model = await broker.connect()
      await (await model.createChannel()).assertExchange('octavia', 'topic', { durable: false })
      await model.close()
      await openDialog(page, 'in')
      assert.equal(await page.locator('#openstack-notification-in-services [data-name=neutron]').isChecked(), true)
      assert.equal(await page.locator('#openstack-notification-in-other-services').inputValue(), 'my-exchange')
      await page.locator('#openstack-notification-in-look').click()
      await until('the exchanges are shown', async () =>
        ((await page.locator('#openstack-notification-in-found').textContent()) ?? '').includes('octavia'),
      )
      await page.locator('#openstack-notification-in-services [data-name=octavia]').check()
      await page.locator('#openstack-notification-in-other-services').fill('my-exchange  other')
      await page.locator('#openstack-notification-in-priorities [data-name=audit]').check()
      await editor.screenshot(`${line}-notification-in`)
      await page.locator('.red-ui-tray-body').last().evaluate('(body) => body.scrollTo(0, 10000)')
      await editor.screenshot(`${line}-notification-in-lower`)
      await closeDialog(page, 'ok')
      const { exchanges, priorities } = await stored('in')
      assert.equal(exchanges, 'neutron octavia my-exchange other')
      assert.equal(priorities, 'info error audit')
    })

    it('refuse a shared queue, give the reason, and accept the tick', async () => {
      const { page } = editor
      await openDialog(page, 'in')
      assert.equal(await page.locator('.shared-rows').isVisible(), false)
      await page.locator('#node-input-queue').fill('notifications.info')
      await page.locator('.shared-rows').waitFor()
      assert.match((await page.locator('.shared-rows').textContent()) ?? '', /each message goes to one of them only/)
      await until('the field is marked', () => page.locator('#node-input-queue.input-error').count())
      await editor.screenshot(`${line}-notification-in-shared`)
      await page.locator('#node-input-shared').check()
      await page.locator('.own-rows').waitFor({ state: 'hidden' })
      await closeDialog(page, 'ok')
      const { shared, queue } = await stored('in')
      assert.equal(shared, true)
      assert.equal(queue, 'notifications.info')
      assert.equal(await page.evaluate("RED.nodes.node('in').valid"), true)
      assert.deepEqual(editor.problems, [])
    })
  })
}
