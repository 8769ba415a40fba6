import assert from 'node:assert/strict'
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type PocketCloud, startPocketCloud } from '../../lab/pocket-cloud'
import { type FlowNode, type NodeRed, startNodeRed } from '../support/node-red'
import { waitFor } from '../support/wait-for'

const RULE = { name: 'all', match: 'all', conditions: [{ path: 'topic', op: 'exists', not: false, value: '' }] }
const WRONG = { ...RULE, conditions: [{ path: 'topic', op: 'regexp', not: false, value: '(' }] }

describe('a node that a person must mend', function () {
  this.timeout(90_000)
  let directory: string
  let cloud: PocketCloud
  let nodeRed: NodeRed | undefined

  before(async () => {
    directory = mkdtempSync(join(tmpdir(), 'misconfigured-'))
    cloud = await startPocketCloud({ certificate: false, notifications: { logFile: join(directory, 'neutron.log') } })
  })
  after(async () => {
    await nodeRed?.remove()
    await cloud?.close()
    rmSync(directory, { recursive: true, force: true })
  })

  const flow = (rule: object): FlowNode[] => [
    { id: 'tab', type: 'tab', label: 'tab' },
    {
      id: 'in',
      type: 'openstack-notification-in',
      z: 'tab',
      x: 100,
      y: 100,
      version: 1,
      source: 'log-file',
      file: join(directory, 'neutron.log'),
      deadLetters: join(directory, 'dead-letters.jsonl'),
      start: 'beginning',
      attempts: 1,
      window: 250,
      deadline: 20,
      wires: [['filter']],
    },
    { id: 'filter', type: 'cadf-filter', z: 'tab', x: 300, y: 100, version: 1, rules: [rule], wires: [['out']] },
    {
      id: 'out',
      type: 'syslog-out',
      z: 'tab',
      x: 500,
      y: 100,
      version: 1,
      host: '127.0.0.1',
      port: String(cloud.syslog.ports.tcp),
      transport: 'tcp',
      wires: [],
    },
  ]

  it('lets healthy messages wait for the next deploy instead of burying them in the dead letters', async () => {
    nodeRed = await startNodeRed({ flows: flow(WRONG) })
    await fetch(`${cloud.urls.control}/demo/open-port`, { method: 'POST' })
    await nodeRed.waitForLog(/Rule 1/)
    // With one attempt a counted failure would be a dead letter at once.
    await new Promise((resolve) => setTimeout(resolve, 2000))
    await nodeRed.deploy(flow(RULE))
    await waitFor('both notifications of the change', () => cloud.syslog.lines.length >= 2, { timeoutMs: 30_000 })
    assert.equal(existsSync(join(directory, 'dead-letters.jsonl')), false)
  })
})
