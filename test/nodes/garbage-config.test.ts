import assert from 'node:assert/strict'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Node, NodeAPI } from 'node-red'
import helper from 'node-red-node-test-helper'
import { closeJournals } from '../../nodes/shared/journal'
import { freePort } from '../support/free-port'
import { garbageNodes, isOurFault, THEIR_SECRETS, takesInput, USABLE_ACCOUNTS } from '../support/garbage'
import { root, types } from '../support/palette'
import { statusCalls } from '../support/status-calls'

helper.init(require.resolve('node-red'))

type Register = (RED: NodeAPI) => void
const registerOf = (type: string): Register =>
  (require(join(root, 'nodes', type, `${type}.ts`)) as { default: Register }).default

/** What a node has put into the log. */
function said(id: string): string[] {
  const spies = helper.getNode(id) as unknown as Record<'error' | 'warn', { args: unknown[][] }>
  return [...spies.error.args, ...spies.warn.args].map(([text]) => String(text))
}

const NEED_NOTHING = ['openstack-notification-ack', 'cadf-correlate']

describe('Every node', function () {
  this.timeout(60_000)
  let directory: string

  beforeEach(async () => {
    directory = mkdtempSync(join(tmpdir(), 'garbage-'))
    helper.settings({ userDir: directory })
    await helper.startServer()
  })
  afterEach(async () => {
    await helper.unload()
    await closeJournals()
    await helper.stopServer()
    rmSync(directory, { recursive: true, force: true })
  })

  for (const type of types) {
    it(`${type} is made with whatever its configuration holds, answers messages and closes`, async () => {
      const nodes = garbageNodes(type)
      const accounts = USABLE_ACCOUNTS.filter((account) => account.type !== type)
      const needed = [type, ...accounts.map((account) => account.type)]
      await helper.load(needed.map(registerOf), [...accounts, ...nodes], THEIR_SECRETS)
      const missing = nodes.filter(({ id }) => !helper.getNode(id)).map((config) => JSON.stringify(config))
      assert.deepEqual(missing, [])
      for (const { id } of takesInput(type) ? nodes : []) {
        for (const msg of [{}, { payload: null, event: 7, batch: [], exposure: 'x', notification: null }]) {
          helper.getNode(id).receive(msg as never)
        }
      }
      // An async handler that rejects would end the process; mocha fails the test for it.
      await new Promise((resolve) => setTimeout(resolve, 200))
      assert.deepEqual(nodes.flatMap(({ id }) => said(id)).filter(isOurFault), [])
    })
  }

  const pairs: [config: string, user: string, settings: (port: number) => [object, object, object]][] = [
    [
      'openstack-bus-config',
      'openstack-notification-in',
      (port) => [
        { by: 'url' },
        { url: `amqp://u:p@127.0.0.1:${port}/` },
        { source: 'rabbitmq', bus: 'account', exchanges: 'neutron', queue: 'q' },
      ],
    ],
    [
      'keystone-config',
      'openstack-port-lookup',
      (port) => [
        { authUrl: `http://127.0.0.1:${port}/v3`, authType: 'password', user: 'u', project: 'p' },
        { password: 'p' },
        { account: 'account' },
      ],
    ],
    [
      'qualys-config',
      'qualys-scan',
      (port) => [
        { platform: 'custom', url: `http://127.0.0.1:${port}` },
        { username: 'u', password: 'p' },
        { account: 'account', profile: 'p' },
      ],
    ],
  ]
  for (const [config, user, settings] of pairs) {
    for (const order of [
      ['account', 'user'],
      ['user', 'account'],
    ] as const) {
      it(`${order[0] === 'account' ? config : user} may close before ${order[0] === 'account' ? user : config}`, async () => {
        const [account, credentials, own] = settings(await freePort())
        await helper.load(
          [registerOf(config), registerOf(user)],
          [
            { id: 'account', type: config, ...account },
            { id: 'user', type: user, ...own, wires: [] },
          ],
          { account: credentials },
        )
        const started = Date.now()
        const closing = order.map((id) => (helper.getNode(id) as Node & { close(): Promise<void> }).close())
        await Promise.all(closing)
        assert.ok(Date.now() - started < 4000, 'they waited for each other')
      })
    }
  }

  it('shows a dot or a ring when it cannot work', async () => {
    const shown: string[] = []
    const unusable = types.filter((type) => takesInput(type) || type === 'openstack-notification-in')
    for (const type of unusable.filter((one) => !NEED_NOTHING.includes(one))) {
      await helper.load([registerOf(type)], [{ id: 'n', type, ...{ count: 'many' } }])
      const calls = () => statusCalls<{ fill?: string; shape?: string }>(helper.getNode('n'))
      if (!calls().some(([{ fill }]) => fill === 'red')) await once(helper.getNode('n') as never, 'call:status')
      const [last] = calls().at(-1) ?? [{}]
      shown.push(`${type}: ${last.fill} ${last.shape}`)
      await helper.unload()
    }
    assert.deepEqual(
      shown.filter((one) => !one.endsWith('red dot')),
      [],
    )
  })
})
