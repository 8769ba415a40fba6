import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer, type Server } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, afterEach, before, beforeEach, describe, it } from 'mocha'
import type { Node, NodeAPI } from 'node-red'
import helper, { type TestFlows } from 'node-red-node-test-helper'
import registerFilter from '../../nodes/cadf-filter/cadf-filter'
import { closeJournals } from '../../nodes/shared/journal'
import { notifyAdmin } from '../../nodes/shared/notify/admin'
import { registerChannel } from '../../nodes/shared/notify/notify-node'
import registerSyslog from '../../nodes/syslog-out/syslog-out'
import { type ChannelDefinition, NotifyError } from '../../src/notify/channel'
import { occurrence } from '../support/occurrence'
import { waitFor } from '../support/wait-for'

const channel: ChannelDefinition = {
  name: 'counted',
  fields: [],
  rate: { perSecond: 1000, burst: 1000 },
  idempotent: false,
  open: () => ({
    target: '#soc',
    send: async ({ occurrences: [first] }) => {
      if (first?.event.id === 'e3') throw new NotifyError('too_large', 'msg_too_long')
      return { did: 'sent' }
    },
    test: async () => 'fine',
    close: async () => {},
  }),
}

function occurrenceBy(name: string, id: string) {
  const { event, ...rest } = occurrence(id)
  return { ...rest, event: { ...event, initiator: { ...event.initiator, name } } }
}

describe('the counters at the admin route', () => {
  let userDir: string
  let collector: Server

  before(async () => {
    helper.init(require.resolve('node-red'))
    await helper.startServer()
  })
  after(async () => {
    await helper.stopServer()
  })
  beforeEach(async () => {
    userDir = mkdtempSync(join(tmpdir(), 'counters-'))
    helper.settings({ userDir } as never)
    collector = createServer((socket) => socket.resume().on('error', () => {}))
    await new Promise<void>((resolve) => collector.listen(0, '127.0.0.1', resolve))
  })
  afterEach(async () => {
    await helper.unload()
    await closeJournals()
    collector.close()
    rmSync(userDir, { recursive: true, force: true })
  })

  const register = (RED: NodeAPI) => {
    registerFilter(RED)
    registerSyslog(RED)
    registerChannel(RED, channel, [])
    notifyAdmin(RED)
  }
  const rule = (name: string, by: string) => ({
    name,
    conditions: [{ path: 'event.initiator.name', op: 'equals', value: by }],
  })
  const filter = {
    ...{ id: 'n-filter', type: 'cadf-filter', z: 'tab', name: 'watchers', mode: 'first', otherwise: true, outputs: 3 },
    ...{ rules: [rule('dana', 'dana'), rule('', 'eve')], wires: [['n-tell'], [], ['n-syslog']] },
  }
  const tell = { id: 'n-tell', type: 'audit-notify-counted', z: 'tab', wires: [[]], throttle: '2/1h' }

  async function load(nodes: object[]): Promise<void> {
    const flow = [{ id: 'tab', type: 'tab', label: 'test' }, ...nodes] as unknown as TestFlows
    await helper.load(register as never, flow)
  }
  async function counted(): Promise<Record<string, Record<string, unknown>>> {
    const { body, status } = await helper.request().get('/openstack-events/counters')
    assert.equal(status, 200)
    return Object.fromEntries((body.nodes as { id: string }[]).map((node) => [node.id, node]))
  }

  it('tell what came to each node, to each rule by its name, and what became of it', async () => {
    const { port } = collector.address() as { port: number }
    const syslog = { id: 'n-syslog', type: 'syslog-out', z: 'tab', wires: [], host: '127.0.0.1', port, once: false }
    await load([filter, tell, syslog])
    const send = (id: string, by: string) => (helper.getNode('n-filter') as Node).receive(occurrenceBy(by, id) as never)
    send('e1', 'dana')
    send('e2', 'dana')
    send('e4', 'eve')
    send('e5', 'zoe')
    const found = await waitFor('all are counted', async () => {
      const nodes = await counted()
      return nodes['n-tell']?.['sent'] === 2 && nodes['n-syslog']?.['sent'] === 1 ? nodes : undefined
    })
    assert.deepEqual(found['n-filter'], {
      ...{ id: 'n-filter', type: 'cadf-filter', name: 'watchers', flow: 'tab', received: 4, otherwise: 1 },
      rules: [
        { rule: 'dana', matched: 2 },
        { rule: 'rule 2', matched: 1 },
      ],
    })
    // The helper watches the statuses of all nodes together.
    const { status } = helper.getNode('n-filter') as unknown as { status: { args: [{ text?: string }][] } }
    await waitFor(
      () => `the status: ${JSON.stringify(status.args)}`,
      () => status.args.some(([{ text }]) => text === '4 received, 3 matched') || undefined,
    )
    const { received, sent, failed } = found['n-syslog'] ?? {}
    assert.deepEqual({ received, sent, failed }, { received: 1, sent: 1, failed: 0 })

    send('e6', 'dana')
    const throttled = await waitFor('the throttled one', async () => {
      const nodes = await counted()
      return nodes['n-tell']?.['throttled'] === 1 ? nodes['n-tell'] : undefined
    })
    assert.equal(throttled['received'], 3)
  })

  it('count what a service refuses', async () => {
    await load([filter, { ...tell, throttle: '' }])
    ;(helper.getNode('n-filter') as Node).receive(occurrence('e3') as never)
    const { received, sent } = await waitFor('the failure', async () => {
      const nodes = await counted()
      return nodes['n-tell']?.['failed'] === 1 ? nodes['n-tell'] : undefined
    })
    assert.deepEqual({ received, sent }, { received: 1, sent: 0 })
  })

  it('count the members of a batch', async () => {
    await load([filter])
    const payload = [occurrence('e1'), occurrence('e2'), occurrenceBy('eve', 'e3')]
    const batch = { id: 'b', key: '', count: 3, from: '', to: '', reason: 'time' }
    ;(helper.getNode('n-filter') as Node).receive({ topic: 'batch', payload, batch } as never)
    const { rules } = await waitFor('the batch', async () => {
      const nodes = await counted()
      return nodes['n-filter']?.['received'] === 3 ? nodes['n-filter'] : undefined
    })
    assert.deepEqual(
      (rules as { matched: number }[]).map(({ matched }) => matched),
      [2, 1],
    )
  })

  it('go with the node', async () => {
    await load([filter])
    assert.ok((await counted())['n-filter'])
    await helper.clearFlows()
    assert.deepEqual(await counted(), {})
  })

  it('are for who may read', () => {
    const asked: [string, unknown][] = []
    const guard = (permission: string) => permission
    const RED = {
      auth: { needsPermission: guard },
      httpAdmin: { get: (path: string, may: unknown) => asked.push([path, may]), post: () => {} },
    }
    notifyAdmin(RED as never)
    assert.deepEqual(
      asked.find(([path]) => path === '/openstack-events/counters'),
      ['/openstack-events/counters', 'audit-notify.read'],
    )
  })
})
