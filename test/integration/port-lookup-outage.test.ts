import assert from 'node:assert/strict'
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { call } from '../../lab/demo/client'
import { demoId } from '../../lab/demo/cloud'
import { demoApplicationCredential, demoProjects, demoUsers } from '../../lab/demo/people'
import { type PocketCloud, startPocketCloud } from '../../lab/pocket-cloud'
import type { Exposure } from '../../src/exposure/model'
import { type FlowNode, type NodeRed, startNodeRed } from '../support/node-red'
import { waitFor } from '../support/wait-for'
import { wholeLines } from '../support/whole-lines'

describe('The port lookup in a real Node-RED, while Neutron is away', function () {
  this.timeout(120_000)
  let directory: string
  let cloud: PocketCloud
  let nodeRed: NodeRed | undefined

  beforeEach(async () => {
    directory = mkdtempSync(join(tmpdir(), 'lookup-outage-'))
    writeFileSync(join(directory, 'neutron.log'), '')
    cloud = await startPocketCloud({
      certificate: false,
      notifications: { logFile: join(directory, 'neutron.log') },
    })
  })
  afterEach(async () => {
    await nodeRed?.remove()
    await cloud.close()
    rmSync(directory, { recursive: true, force: true })
  })

  const at = (node: FlowNode): FlowNode => ({ z: 'tab', x: 100, y: 100, ...node })
  const flows = (lookup: object = {}): FlowNode[] => [
    { id: 'tab', type: 'tab', label: 'audit' },
    {
      id: 'account',
      type: 'keystone-config',
      authUrl: cloud.urls.keystone,
      applicationCredential: demoApplicationCredential.id,
      region: 'RegionOne',
    },
    at({
      ...{ id: 'in', type: 'openstack-notification-in', source: 'log-file', file: join(directory, 'neutron.log') },
      ...{
        start: 'beginning',
        include: '*.end',
        settle: 'flow',
        window: 50,
        attempts: 2,
        deadline: 20,
        wires: [['lookup']],
      },
    }),
    at({ id: 'lookup', type: 'openstack-port-lookup', account: 'account', wires: [['pick']], ...lookup }),
    at({
      ...{ id: 'pick', type: 'change', wires: [['out']] },
      rules: [{ t: 'set', p: 'payload', pt: 'msg', to: 'exposure', tot: 'msg' }],
    }),
    at({
      ...{ id: 'out', type: 'file', filename: join(directory, 'out.jsonl'), filenameType: 'str', appendNewline: true },
      ...{ createDir: false, overwriteFile: 'false', encoding: 'none', wires: [[]] },
    }),
    at({
      ...{ id: 'status', type: 'status', scope: ['lookup'], wires: [['text']] },
    }),
    at({
      ...{ id: 'text', type: 'change', wires: [['statuses']] },
      rules: [{ t: 'set', p: 'payload', pt: 'msg', to: 'status.text', tot: 'msg' }],
    }),
    at({
      ...{
        id: 'statuses',
        type: 'file',
        filename: join(directory, 'statuses'),
        filenameType: 'str',
        appendNewline: true,
      },
      ...{ createDir: false, overwriteFile: 'false', encoding: 'none', wires: [[]] },
    }),
  ]
  const lines = (name: string) => wholeLines(join(directory, name))
  const found = (): Exposure[] => lines('out.jsonl').map((line) => JSON.parse(line))
  const statuses = () => lines('statuses')
  const addresses = (exposure: Exposure | undefined) => exposure?.addresses.map(({ address }) => address).sort()

  async function openPort(port: number): Promise<void> {
    const scope = { kind: 'project', project: demoProjects.admin } as const
    const admin = cloud.identity.issue({ user: demoUsers.admin, scope, methods: ['password'] })
    const rule = { security_group_id: demoId('group web'), direction: 'ingress', protocol: 'tcp' }
    const answer = await call('POST', `${cloud.urls.neutron}/v2.0/security-group-rules`, {
      headers: { 'x-auth-token': admin.value },
      body: { security_group_rule: { ...rule, port_range_min: port, port_range_max: port } },
    })
    assert.equal(answer.status, 201)
  }
  async function start(lookup?: object): Promise<void> {
    const credentials = { account: { secret: demoApplicationCredential.secret } }
    nodeRed = await startNodeRed({ flows: flows(lookup), credentials })
  }
  const web = ['10.20.0.11', '10.20.0.12', '192.52.193.21', '192.52.193.22']

  it('holds the messages, counts no attempt, and answers them when it is back', async () => {
    cloud.faults.add({ service: 'neutron', method: 'GET', status: 503 })
    await start()
    for (let port = 2000; port < 2005; port += 1) await openPort(port)
    const waiting = () => statuses().filter((text) => text.startsWith('waiting, '))
    const probes = (count: number) =>
      waitFor(
        () => `${count} probes: ${statuses().join(' | ')}`,
        () => waiting().length >= count,
        { timeoutMs: 60_000 },
      )
    await probes(1)
    for (let port = 2005; port < 2008; port += 1) await openPort(port)
    // Two attempts would be over long before: each takes a second.
    await probes(3)
    assert.ok(
      waiting().every((text) => Number(/^waiting, (\d+) held/.exec(text)?.[1]) <= 5),
      `the source paused: ${waiting().join(' | ')}`,
    )
    assert.deepEqual(found(), [])
    assert.match(nodeRed?.log() ?? '', /OpenStack cannot answer: Neutron: GET \/ports answered 503/)
    assert.equal(nodeRed?.log().match(/OpenStack cannot answer/g)?.length, 1, 'once for each outage')
    cloud.faults.clear()
    await waitFor('all eight', () => found().length === 8, { timeoutMs: 60_000 })
    for (const exposure of found()) {
      assert.deepEqual(addresses(exposure), web)
      assert.equal(exposure.incomplete, undefined)
    }
    assert.equal(existsSync(`${join(directory, 'neutron.log')}.dead-letters.jsonl`), false)
  })

  it('passes them on marked incomplete after the chosen tries', async () => {
    cloud.faults.add({ service: 'neutron', method: 'GET', status: 503 })
    await start({ incompleteAfter: '2' })
    await openPort(2000)
    const [exposure] = await waitFor(
      () => `an answer: ${statuses().join(' | ')}`,
      () => (found().length > 0 ? found() : undefined),
      { timeoutMs: 60_000 },
    )
    assert.match(exposure?.incomplete ?? '', /^targets incomplete: Neutron: GET \/ports answered 503/)
    assert.deepEqual(addresses(exposure), [])
    assert.equal(exposure?.changes[0]?.kind, 'sg_rule_add')
  })

  it('gives them back at a deploy, and answers them afterwards', async () => {
    cloud.faults.add({ service: 'neutron', method: 'GET', status: 503 })
    await start()
    await openPort(2000)
    await waitFor('an outage', () => statuses().some((text) => text.startsWith('waiting, ')))
    const changed = flows().map((node) => (node.id === 'lookup' ? { ...node, name: 'changed' } : node))
    const withSecret = changed.map((node) =>
      node.id === 'account' ? { ...node, credentials: { secret: demoApplicationCredential.secret } } : node,
    )
    await nodeRed?.deploy(withSecret, 'nodes')
    cloud.faults.clear()
    const [exposure] = await waitFor(
      () => `an answer: ${statuses().join(' | ')}\n${nodeRed?.log()}`,
      () => (found().length > 0 ? found() : undefined),
      { timeoutMs: 60_000 },
    )
    assert.deepEqual(addresses(exposure), web)
  })
})
