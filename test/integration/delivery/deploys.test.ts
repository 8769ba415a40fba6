import assert from 'node:assert/strict'
import { type Probes, probesOf } from '../../support/delivery-probes'
import type { FlowNode } from '../../support/node-red'
import { waitFor } from '../../support/wait-for'
import { chain, delay, fn, type Part, rateLimit, subflow } from './flow'

type DeployType = 'full' | 'flows' | 'nodes'

const HOLD_MS = 150
const sink: FlowNode = { id: 'sink', type: 'probe-sink', wires: [] }
/** Long enough for the holder to have all, short enough for it to have let none go. */
const MIDWAY_MS = 60

interface Holder {
  readonly name: string
  readonly parts: readonly Part[]
  readonly extra?: readonly FlowNode[]
  /** The node whose change makes Node-RED replace the holder; default the first part. */
  readonly changes?: string
}

const insideSubflow = subflow([fn('return msg'), delay(HOLD_MS)])

const holders: Holder[] = [
  { name: 'a delay', parts: [delay(HOLD_MS)] },
  { name: 'a rate limit', parts: [rateLimit(HOLD_MS)] },
  {
    name: 'a batch that is not full',
    parts: [{ type: 'batch', mode: 'interval', interval: String(HOLD_MS / 1000), count: 99 }],
  },
  {
    name: 'a trigger that passes the message on to a delay',
    parts: [
      { type: 'trigger', op1type: 'pay', op2type: 'nul', duration: '1', units: 'ms', bytopic: 'topic', outputs: 1 },
      delay(HOLD_MS),
    ],
    changes: 'n2',
  },
  {
    name: 'a slow node that ends after it was closed',
    parts: [{ type: 'probe-slow', ms: HOLD_MS }],
  },
  {
    name: 'a function whose timer dies with it',
    parts: [fn(`setTimeout(() => { node.send(msg); node.done() }, ${HOLD_MS})`)],
  },
  { name: 'a subflow', parts: [insideSubflow.instance], extra: insideSubflow.definition, changes: 'subflow-2' },
  {
    name: 'a link call',
    parts: [{ type: 'link call', links: ['in'], timeout: '0.3' }],
    extra: [
      { id: 'in', type: 'link in', wires: [['called']] },
      { id: 'called', ...delay(HOLD_MS), wires: [['return']] },
      { id: 'return', type: 'link out', mode: 'return', wires: [] },
    ],
  },
  {
    name: 'a node behind the link call',
    parts: [{ type: 'link call', links: ['in'], timeout: '0.3' }],
    extra: [
      { id: 'in', type: 'link in', wires: [['called']] },
      { id: 'called', ...delay(HOLD_MS), wires: [['return']] },
      { id: 'return', type: 'link out', mode: 'return', wires: [] },
    ],
    changes: 'called',
  },
  {
    name: 'one of two branches',
    parts: [fn('return msg', { wires: [['n2', 'sink']] }), delay(HOLD_MS)],
    changes: 'n2',
  },
]

for (const line of ['5', '4.1'] as const) {
  for (const type of ['full', 'flows', 'nodes'] as const) {
    describe(`Node-RED ${line}: a ${type} deploy loses nothing that is in`, function () {
      this.timeout(60_000)
      let probes: Probes
      before(async () => {
        probes = await probesOf(line)
      })
      for (const holder of holders) it(holder.name, () => deployMidway(probes, holder, type))
    })
  }

  describe(`Node-RED ${line}: a deploy that does not touch the message’s way`, function () {
    this.timeout(60_000)
    let probes: Probes
    before(async () => {
      probes = await probesOf(line)
    })

    it('does not disturb it, though another node takes its time to close', async () => {
      probes.reset()
      const flow = chain([delay(HOLD_MS)], [{ id: 'other', type: 'probe-writer', wires: [] }])
      await probes.runtime.deploy(flow)
      probes.queue.put('message')
      const deployed = probes.runtime.deploy(
        flow.map((node) => (node.id === 'other' ? { ...node, name: 'changed' } : node)),
        'nodes',
      )
      await waitFor('the message at the gate', () => probes.held.length === 1)
      probes.release()
      await deployed
      await waitFor('settlement', () => probes.queue.settlements.length === 1)
      assert.deepEqual(probes.queue.settlements, [{ outcome: 'accepted' }])
    })

    it('may wire it to another node meanwhile', async () => {
      probes.reset()
      const flow = chain([delay(HOLD_MS)], [{ id: 'gate2', type: 'probe-gate', wires: [] }])
      await probes.runtime.deploy(flow)
      probes.queue.put('message')
      await probes.runtime.deploy(
        flow.map((node) => (node.id === 'n1' ? { ...node, wires: [['gate2']] } : node)),
        'nodes',
      )
      await waitFor('the message at a gate', () => probes.held.length === 1)
      assert.equal(probes.held[0]?.gate, 'gate2')
      probes.release()
      await waitFor('settlement', () => probes.queue.settlements.length === 1)
      assert.deepEqual(probes.queue.settlements, [{ outcome: 'accepted' }])
    })
  })
}

async function deployMidway(probes: Probes, holder: Holder, type: DeployType): Promise<void> {
  probes.reset()
  const payloads = ['a', 'b', 'c']
  const flow = [...chain([...holder.parts, { ...sink, id: 'sink' }], holder.extra)].filter((node) => node.id !== 'gate')
  await probes.runtime.deploy(flow)
  probes.queue.redeliver = true
  probes.queue.put(...payloads)
  await new Promise((resolve) => setTimeout(resolve, MIDWAY_MS))
  assert.ok((probes.source?.inFlight ?? 0) > 0, 'nothing is on its way')

  const changed = holder.changes ?? 'n1'
  await probes.runtime.deploy(
    flow.map((node) => (node.id === changed ? { ...node, name: 'changed' } : node)),
    type,
  )
  await waitFor('all accepted', () => new Set(probes.queue.accepted).size === payloads.length)
  assert.deepEqual(probes.queue.lost, [])
  assert.ok(probes.queue.redelivered > 0, 'nothing was given back')
  assert.deepEqual([...new Set(probes.finished)].sort(), payloads)
  await waitFor('nothing in flight', () => probes.source?.inFlight === 0)
}
