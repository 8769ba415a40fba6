import assert from 'node:assert/strict'
import { type Probes, probesOf } from '../../support/delivery-probes'
import type { FlowNode } from '../../support/node-red'
import { waitFor } from '../../support/wait-for'
import { chain, delay, fn, type Part, rateLimit, subflow } from './flow'

type DeployType = 'full' | 'flows' | 'nodes'

const HELD_MS = 600_000
const sink: Part = { id: 'sink', type: 'probe-sink' }

interface Holder {
  readonly name: string
  /** The flow between source and sink, with holders that let go after `ms`. */
  readonly flow: (ms: number) => readonly FlowNode[]
  /** The node that the deploy changes, and so replaces, and that holds the message; default the first part. */
  readonly changes?: string
  /** How many messages of each delivery reach the sink. */
  readonly branches?: number
}

/** Nodes are closed in the order in which they stand: the source last, so that it cannot take everything back first. */
const toSink = (parts: readonly Part[], extra: readonly FlowNode[] = []) =>
  chain([...parts, sink], extra)
    .filter((node) => node.id !== 'gate')
    .toReversed()

const linkCall = (called: Part): FlowNode[] =>
  toSink(
    [{ type: 'link call', links: ['in'], timeout: '0.3' }],
    [
      { id: 'in', type: 'link in', wires: [['called']] },
      { wires: [['return']], ...called, id: 'called' },
      { id: 'return', type: 'link out', mode: 'return', wires: [] },
    ],
  )

const holders: Holder[] = [
  { name: 'a delay', flow: (ms) => toSink([delay(ms)]) },
  { name: 'a rate limit', flow: (ms) => toSink([rateLimit(ms)]) },
  {
    name: 'a batch that is not full',
    flow: (ms) => toSink([{ type: 'batch', mode: 'interval', interval: String(ms / 1000), count: 99 }]),
  },
  {
    name: 'a trigger that has passed the message on to a delay',
    flow: (ms) =>
      toSink([
        { type: 'trigger', op1type: 'pay', op2type: 'nul', duration: '1', units: 'ms', bytopic: 'topic', outputs: 1 },
        delay(ms),
      ]),
    changes: 'n2',
  },
  {
    name: 'a slow node that ends after it was closed',
    flow: (ms) => toSink([{ type: 'probe-slow', ms: Math.min(ms, 400) }]),
  },
  { name: 'a node that says nothing when it is closed', flow: (ms) => toSink([{ type: 'probe-slow', ms }]) },
  {
    name: 'a function whose timer dies with it',
    flow: (ms) => toSink([fn(`setTimeout(() => { node.send(msg); node.done() }, ${ms})`)]),
  },
  {
    name: 'a subflow',
    flow: (ms) => {
      const { definition, instance } = subflow([fn('return msg'), delay(ms)])
      return toSink([instance]).concat(definition)
    },
    changes: 'subflow-2',
  },
  { name: 'a link call', flow: () => linkCall({ type: 'probe-gate' }) },
  { name: 'a node behind a link call', flow: (ms) => linkCall(delay(ms)), changes: 'called' },
  {
    name: 'one of two branches',
    flow: (ms) => toSink([fn('return msg', { wires: [['n2', 'sink']] }), delay(ms)]),
    changes: 'n2',
    branches: 2,
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

  describe(`Node-RED ${line}: deploy after deploy under load`, function () {
    this.timeout(60_000)
    it('loses nothing', async () => deployUnderLoad(await probesOf(line)))
  })

  describe(`Node-RED ${line}: a deploy that does not touch the message’s way`, function () {
    this.timeout(60_000)
    let probes: Probes
    before(async () => {
      probes = await probesOf(line)
    })

    it('does not disturb it, though another node takes its time to close', async () => {
      probes.reset()
      const flow = chain([delay(150)], [{ id: 'other', type: 'probe-writer', wires: [] }])
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
      const flow = chain([delay(150)], [{ id: 'gate2', type: 'probe-gate', wires: [] }])
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

/** Messages flow all the time, through everything at once, while one deploy follows the other. */
async function deployUnderLoad(probes: Probes): Promise<void> {
  probes.reset()
  probes.branches = 2
  const { definition, instance } = subflow([fn('return msg'), delay(5)])
  const parts: Part[] = [
    fn('await null; return msg', { wires: [['n2', 'n3']] }),
    delay(15),
    instance,
    { type: 'probe-slow', ms: 3 },
  ]
  const version = (node: FlowNode, changed: string, name: string) => (node.id === changed ? { ...node, name } : node)
  let flow: FlowNode[] = toSink(parts).concat(definition)
  await probes.runtime.deploy(flow)
  probes.queue.redeliver = true
  let put = 0
  const feeding = setInterval(() => {
    for (let i = 0; i < 5; i += 1) {
      put += 1
      probes.queue.put(put)
    }
  }, 5)
  const deploys: [DeployType, string][] = [
    ['nodes', 'n1'],
    ['nodes', 'n2'],
    ['flows', 'n4'],
    ['full', 'n1'],
    ['nodes', 'subflow-2'],
    ['nodes', 'source'],
    ['flows', 'sink'],
    ['nodes', 'sink'],
  ]
  for (const [index, [type, changed]] of deploys.entries()) {
    await new Promise((resolve) => setTimeout(resolve, 60))
    flow = flow.map((node) => version(node, changed, `v${index}`))
    await probes.runtime.deploy(flow, type)
  }
  clearInterval(feeding)
  await waitFor(
    () => `all accepted: ${new Set(probes.queue.accepted).size} of ${put}`,
    () => new Set(probes.queue.accepted).size === put,
  )
  assert.deepEqual(probes.queue.lost, [])
  assert.ok(probes.queue.redelivered > 0)
}

async function deployMidway(probes: Probes, holder: Holder, type: DeployType): Promise<void> {
  probes.reset()
  probes.branches = holder.branches ?? 1
  const payloads = ['a', 'b', 'c']
  const before = holder.flow(HELD_MS)
  await probes.runtime.deploy(before)
  probes.queue.redeliver = true
  probes.queue.put(...payloads)
  await new Promise((resolve) => setTimeout(resolve, 60))
  const held = probes.source?.inFlight ?? 0
  // A rate limit lets the first one through.
  assert.ok(held >= payloads.length - 1, `only ${held} are held`)

  const changes = holder.changes ?? 'n1'
  const after = new Map(holder.flow(10).map((node) => [node.id, node]))
  await probes.runtime.deploy(
    before.map((node) => (node.id === changes ? { ...node, ...after.get(node.id), name: 'changed' } : node)),
    type,
  )
  await waitFor('all accepted', () => {
    // What a gate holds that the deploy did not replace goes on.
    probes.release()
    return new Set(probes.queue.accepted).size === payloads.length
  })
  assert.deepEqual(probes.queue.lost, [])
  assert.ok(probes.queue.redelivered >= held, `${probes.queue.redelivered} of ${held} were given back`)
  assert.deepEqual([...new Set(probes.finished)].sort(), payloads)
  await waitFor('nothing in flight', () => probes.source?.inFlight === 0)
}
