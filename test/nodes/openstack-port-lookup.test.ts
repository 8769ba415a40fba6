import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Node } from 'node-red'
import helper, { type TestFlows } from 'node-red-node-test-helper'
import registerAccount from '../../nodes/keystone-config/keystone-config'
import register from '../../nodes/openstack-port-lookup/openstack-port-lookup'
import { closeJournals } from '../../nodes/shared/journal'
import type { BatchMessage, OccurrenceMessage } from '../../src/message/model'
import { type LocalServer, serve } from '../support/http-server'
import { type NeutronWorld, neutronWorld } from '../support/neutron-world'
import { occurrence } from '../support/occurrence'
import { statusCalls } from '../support/status-calls'
import { waitFor } from '../support/wait-for'

type Received = OccurrenceMessage & BatchMessage

const rule = (id: string, members: object = {}) => ({
  id,
  security_group_id: 'web',
  direction: 'ingress',
  ethertype: 'IPv4',
  protocol: 'tcp',
  port_range_min: 22,
  port_range_max: 22,
  remote_ip_prefix: '0.0.0.0/0',
  project_id: 'shop',
  ...members,
})
const added = (id: string, members?: object) => occurrence(id, { payload: { security_group_rule: rule(id, members) } })

describe('the openstack-port-lookup node', () => {
  let cloud: LocalServer
  let neutron: NeutronWorld
  /** Answers instead of Neutron, when set. */
  let fault: ((path: string) => number | undefined) | undefined
  let userDir: string
  let received: Received[]
  let failed: { code: string; message: string }[]

  before(async () => {
    helper.init(require.resolve('node-red'))
    await helper.startServer()
  })
  after(async () => {
    await helper.stopServer()
  })
  beforeEach(async () => {
    userDir = mkdtempSync(join(tmpdir(), 'port-lookup-'))
    helper.settings({ userDir } as never)
    fault = undefined
    neutron = neutronWorld()
    neutron.apply('port.create.end', {
      port: { id: 'p1', security_groups: ['web'], fixed_ips: [{ ip_address: '10.0.0.5' }], project_id: 'shop' },
    })
    neutron.apply('floatingip.create.end', {
      floatingip: { id: 'f1', port_id: 'p1', floating_ip_address: '8.8.4.4', fixed_ip_address: '10.0.0.5' },
    })
    cloud = await serve((request, response) => {
      if (request.url === '/v3/auth/tokens') {
        response.writeHead(201, { 'x-subject-token': 'token', 'content-type': 'application/json' })
        const expires_at = new Date(Date.now() + 3_600_000).toISOString()
        const catalog = [
          { type: 'network', endpoints: [{ interface: 'public', region: 'one', url: `${cloud.url}/neutron/` }] },
        ]
        response.end(
          JSON.stringify({ token: { expires_at, catalog, roles: [{ name: 'admin' }], user: { name: 'w' } } }),
        )
        return
      }
      const status = fault?.(request.url ?? '')
      const answer =
        status === undefined
          ? neutron.answer({ method: 'GET', url: `${cloud.url}${request.url}` })
          : { status, json: {} }
      response.writeHead(answer.status ?? 200).end(JSON.stringify(answer.json))
    })
  })
  afterEach(async () => {
    await helper.unload()
    await closeJournals()
    await cloud.close()
    rmSync(userDir, { recursive: true, force: true })
  })

  async function start(config: object = {}): Promise<Node> {
    const flow: TestFlows = [
      { id: 'tab', type: 'tab' },
      { id: 'account', type: 'keystone-config', authUrl: `${cloud.url}/v3`, applicationCredential: 'c' },
      { id: 'lookup', z: 'tab', type: 'openstack-port-lookup', account: 'account', wires: [['out']], ...config },
      { id: 'out', z: 'tab', type: 'helper' },
      { id: 'n-catch', z: 'tab', type: 'catch', scope: ['lookup'], wires: [['failed']] },
      { id: 'failed', z: 'tab', type: 'helper' },
    ] as TestFlows
    await helper.load([registerAccount, register] as never, flow, { account: { secret: 'secret' } })
    received = []
    failed = []
    helper.getNode('out').on('input', (msg) => received.push(msg as unknown as Received))
    helper.getNode('failed').on('input', (msg) => {
      failed.push((msg as unknown as { error: (typeof failed)[number] }).error)
    })
    return helper.getNode('lookup') as Node
  }
  const statuses = (node: Node) =>
    statusCalls<{ fill: string; shape: string; text: string }>(node).map(
      ([{ fill, shape, text }]) => `${fill} ${shape} ${text}`,
    )

  it('adds msg.exposure to a single occurrence and leaves everything else as it is', async () => {
    const node = await start()
    node.receive({ ...added('r1'), other: 'kept' } as never)
    const message = await waitFor('the message', () => received[0])
    assert.equal(message.topic, 'security_group_rule.create.end')
    assert.equal(message.other, 'kept')
    assert.equal(message.event.id, 'r1')
    assert.deepEqual(
      message.exposure?.addresses.map(({ address, global }) => [address, global]),
      [
        ['10.0.0.5', false],
        ['8.8.4.4', true],
      ],
    )
    assert.equal(message.exposure?.changes[0]?.messageId, 'r1')
    assert.equal(message.exposure?.changes[0]?.eventId, 'r1')
    assert.equal(statuses(node).at(-1), 'green dot found 2 addresses')
  })

  it('answers a batch member by member, and over all', async () => {
    const node = await start()
    const members = [
      added('r1'),
      added('r2', { direction: 'egress' }),
      occurrence('n1', { topic: 'network.create.end', payload: {} }),
      occurrence('p9', {
        topic: 'port.create.end',
        payload: { port: { id: 'p9', security_groups: [], fixed_ips: [{ ip_address: '8.8.8.8' }] } },
      }),
    ].map(({ topic, payload, event, notification }) => ({ topic, payload, event, notification }))
    const batch = { id: 'b1', key: '', count: 4, from: '', to: '', reason: 'time' }
    node.receive({ topic: 'batch', payload: members, batch } as never)
    const message = await waitFor('the batch', () => received[0])
    assert.deepEqual(message.batch, batch)
    assert.deepEqual(
      message.payload.map((member) => member.exposure?.addresses.map(({ address }) => address)),
      [['10.0.0.5', '8.8.4.4'], ['10.0.0.5', '8.8.4.4'], [], ['8.8.8.8']],
    )
    assert.deepEqual(
      message.payload.map(({ topic }) => topic),
      members.map(({ topic }) => topic),
    )
    assert.deepEqual(
      message.exposure?.changes.map(({ messageId, scan }) => [messageId, scan]),
      [
        ['r1', true],
        ['r2', false],
        ['p9', true],
      ],
    )
    assert.deepEqual(
      message.exposure?.addresses.map(({ address }) => address),
      ['10.0.0.5', '8.8.4.4', '8.8.8.8'],
    )
    assert.deepEqual(neutron.calls.length, 2, neutron.calls.join(' '))
  })

  it('asks once for all messages that arrive during a look-up', async () => {
    const node = await start()
    for (let i = 0; i < 100; i += 1) node.receive(added(`r${i}`) as never)
    await waitFor('100 messages', () => received.length === 100)
    assert.deepEqual(
      received.map((message) => message.exposure?.changes[0]?.messageId),
      Array.from({ length: 100 }, (_, i) => `r${i}`),
    )
    assert.ok(neutron.calls.length <= 4, `${neutron.calls.length} calls`)
  })

  it('remembers rules over a restart for deletes that name only an id', async () => {
    const before = await start()
    before.receive(added('r1') as never)
    await waitFor('the rule', () => received.length === 1)
    await helper.unload()
    await closeJournals()
    const after = await start()
    const payload = { security_group_rule_id: 'r1' }
    after.receive(occurrence('d1', { topic: 'security_group_rule.delete.end', payload }) as never)
    const message = await waitFor('the delete', () => received[0])
    assert.equal(message.exposure?.changes[0]?.securityGroupId, 'web')
    assert.equal(message.exposure?.changes[0]?.scan, false)
    assert.equal(message.exposure?.incomplete, undefined)
  })

  it('scans deletes if that is ticked', async () => {
    const node = await start({ scanOnDelete: true })
    const payload = { security_group_rule_id: 'r1', security_group_rule: rule('r1') }
    node.receive(occurrence('d1', { topic: 'security_group_rule.delete.end', payload }) as never)
    const message = await waitFor('the delete', () => received[0])
    assert.equal(message.exposure?.changes[0]?.scan, true)
  })

  describe('when Neutron fails', () => {
    beforeEach(() => {
      fault = (path) => (path.includes('/ports') ? 503 : undefined)
    })

    it('fails with an error that says so, and passes nothing on', async () => {
      const node = await start()
      node.receive(added('r1') as never)
      await waitFor('the error', () => failed.length > 0)
      assert.match(failed[0]?.message ?? '', /Neutron: GET \/ports answered 503/)
      assert.equal(received.length, 0)
      assert.equal(statuses(node).at(-1), 'red ring will be retried: OPENSTACK_UNAVAILABLE')
    })

    it('passes on, marked incomplete, at the try that was chosen', async () => {
      const node = await start({ incompleteAfter: '2' })
      node.receive(added('r1') as never)
      await waitFor('the error', () => failed.length === 1)
      node.receive(added('r1') as never)
      const message = await waitFor('the message', () => received[0])
      assert.match(message.exposure?.incomplete ?? '', /^targets incomplete: .*503/)
      assert.equal(message.exposure?.changes[0]?.incomplete, message.exposure?.incomplete)
      assert.equal(failed.length, 1)
      assert.equal(statuses(node).at(-1), 'red dot answer incomplete')
    })

    it('passes on at once, marked, what asking again cannot mend', async () => {
      fault = (path) => (path.includes('/floatingips') ? 403 : undefined)
      const node = await start()
      node.receive(added('r1') as never)
      const message = await waitFor('the message', () => received[0])
      assert.match(message.exposure?.incomplete ?? '', /403/)
      assert.deepEqual(
        message.exposure?.addresses.map(({ address }) => address),
        ['10.0.0.5'],
      )
    })
  })

  it('refuses what is neither an occurrence nor a batch', async () => {
    const node = await start()
    for (const msg of [{ payload: 'x' }, { topic: 5 }, { batch: {}, payload: 'x' }, { batch: {}, payload: [1] }]) {
      failed = []
      node.receive(msg as never)
      await waitFor('the error', () => failed.length > 0)
      assert.match(failed[0]?.message ?? '', /event type|msg\.payload|Member 0/)
    }
    assert.equal(received.length, 0)
    assert.equal(statuses(node).at(-1), 'red dot LOOKUP_MESSAGE')
  })

  for (const account of [undefined, '', 'gone']) {
    it(`without its account (${JSON.stringify(account)}) says so and loses nothing`, async () => {
      const node = await start({ account })
      assert.equal(statuses(node).at(-1), 'red dot no account')
      node.receive(added('r1') as never)
      await waitFor('the error', () => failed.length > 0)
      assert.match(failed[0]?.message ?? '', /no OpenStack account/)
      assert.equal(received.length, 0)
    })
  }

  it('closes while a look-up is under way', async () => {
    const node = await start()
    let asked = false
    fault = () => {
      asked = true
      return 503
    }
    node.receive(added('r1') as never)
    await waitFor('the question', () => asked)
    await helper.unload()
  })
})
