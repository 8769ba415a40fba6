import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Probes, probesOf } from '../../support/delivery-probes'
import type { FlowNode } from '../../support/node-red'
import { waitFor } from '../../support/wait-for'
import { chain, delay, fn, rateLimit, subflow } from './flow'

const directory = mkdtempSync(join(tmpdir(), 'delivery-'))
after(() => rmSync(directory, { recursive: true, force: true }))

interface Row {
  readonly name: string
  readonly flow: readonly FlowNode[]
  /** What the source emits, one delivery each; default one message. */
  readonly put?: readonly unknown[]
  /** How many messages must reach the gate before anything may settle; default one. */
  readonly reach?: number
}

const nested = subflow([{ type: 'change', rules: [] }], 'inner')
const outer = subflow([fn('return msg'), nested.instance, delay(10)], 'outer')

/** Whatever is between the source and the gate: accepted when the gate has let go of everything, and not before. */
const tracked: Row[] = [
  { name: 'change', flow: chain([{ type: 'change', rules: [{ t: 'set', p: 'x', pt: 'msg', to: '1', tot: 'num' }] }]) },
  { name: 'function', flow: chain([fn('msg.x = 1; return msg')]) },
  { name: 'function that returns several messages', flow: chain([fn('return [[msg, {...msg}, {...msg}]]')]), reach: 3 },
  { name: 'async function', flow: chain([fn('await new Promise(r => setTimeout(r, 20)); return msg')]) },
  {
    name: 'function that sends later and then calls done',
    flow: chain([fn('setTimeout(() => { node.send(msg); node.done() }, 20)')]),
  },
  {
    name: 'switch with two outputs that match',
    flow: chain([
      {
        type: 'switch',
        property: 'payload',
        propertyType: 'msg',
        rules: [{ t: 'nempty' }, { t: 'nnull' }],
        checkall: 'true',
        outputs: 2,
        wires: [['gate'], ['gate']],
      },
    ]),
    reach: 2,
  },
  { name: 'template', flow: chain([{ type: 'template', field: 'x', template: '{{payload}}', output: 'str' }]) },
  { name: 'delay', flow: chain([delay(30)]) },
  { name: 'rate limit', flow: chain([rateLimit(20)]), put: [1, 2, 3], reach: 3 },
  {
    name: 'fair queue',
    flow: chain([{ ...rateLimit(20), pauseType: 'queue' }]),
    put: [1, 2],
    reach: 2,
  },
  {
    name: 'batch',
    flow: chain([{ type: 'batch', mode: 'count', count: 2, overlap: 0 }]),
    put: [1, 2],
    reach: 2,
  },
  {
    name: 'split and join of one message',
    flow: chain([fn('msg.payload = [1, 2, 3]; return msg'), { type: 'split' }, { type: 'join', mode: 'auto' }]),
  },
  { name: 'split', flow: chain([fn('msg.payload = [1, 2, 3]; return msg'), { type: 'split' }]), reach: 3 },
  {
    name: 'link call',
    flow: chain(
      [{ type: 'link call', links: ['in'], timeout: '5' }],
      [
        { id: 'in', type: 'link in', wires: [['called']] },
        { id: 'called', ...delay(20), wires: [['return']] },
        { id: 'return', type: 'link out', mode: 'return', wires: [] },
      ],
    ),
  },
  {
    name: 'link out and link in',
    flow: chain(
      [{ type: 'link out', mode: 'link', links: ['in'], wires: [['in']] }],
      [{ id: 'in', type: 'link in', links: ['n1'], wires: [['gate']] }],
    ),
  },
  {
    name: 'trigger that sends at once',
    flow: chain([
      { type: 'trigger', op1: '', op1type: 'pay', op2type: 'nul', duration: '20', units: 'ms', outputs: 1 },
    ]),
  },
  {
    name: 'file',
    flow: chain([{ type: 'file', filename: join(directory, 'out.txt'), filenameType: 'str', overwriteFile: 'false' }]),
  },
  { name: 'junction', flow: chain([{ type: 'junction' }]) },
  { name: 'node without done that sends from its handler', flow: chain([{ type: 'probe-no-done' }]) },
  { name: 'subflow in a subflow', flow: [...chain([outer.instance]), ...outer.definition, ...nested.definition] },
  {
    name: 'several branches of different length',
    flow: chain([
      fn('return msg', { wires: [['gate', 'n2', 'n3']] }),
      delay(40),
      fn('return msg', { wires: [['gate']] }),
    ]),
    reach: 3,
  },
  {
    name: 'complete node, which is told without a wire',
    flow: chain(
      [fn('return msg', { wires: [[]] })],
      [{ id: 'complete', type: 'complete', scope: ['n1'], wires: [['gate']] }],
    ),
  },
  {
    name: 'status node, whose messages are no part of the delivery',
    flow: chain(
      [fn('node.status("seen"); return msg')],
      [
        { id: 'status', type: 'status', scope: ['n1'], wires: [['elsewhere']] },
        { id: 'elsewhere', ...delay(60_000), wires: [[]] },
      ],
    ),
  },
  {
    name: 'a wire to a disabled node beside the good one',
    flow: chain([fn('return msg', { wires: [['gate', 'off']] })], [{ id: 'off', type: 'debug', d: true, wires: [] }]),
  },
  {
    name: 'a link to a disabled tab beside the good one',
    flow: [
      ...chain(
        [fn('return msg', { wires: [['gate', 'out']] })],
        [{ id: 'out', type: 'link out', mode: 'link', links: ['far'], wires: [['far']] }],
      ),
      { id: 'off', type: 'tab', disabled: true },
      { id: 'far', type: 'link in', z: 'off', x: 1, y: 1, links: ['out'], wires: [[]] },
    ],
  },
]

for (const line of ['5', '4.1'] as const) {
  describe(`Node-RED ${line}: a delivery is accepted when the flow has finished with it`, function () {
    this.timeout(60_000)
    let probes: Probes
    before(async () => {
      probes = await probesOf(line)
    })
    for (const row of tracked) it(row.name, () => runToTheEnd(probes, row))
  })
}

async function runToTheEnd(probes: Probes, { flow, put = ['message'], reach = 1 }: Row): Promise<void> {
  probes.reset()
  await probes.runtime.deploy(flow)
  probes.queue.put(...put)
  await waitFor(`${reach} messages at the gate`, () => probes.held.length >= reach)
  await new Promise((resolve) => setTimeout(resolve, 30))
  assert.equal(probes.held.length, reach)
  const atGate = new Set(probes.held.map((held) => held.message['_delivery'])).size
  assert.equal(probes.source?.inFlight, atGate, 'in flight while the gate holds')
  assert.equal(probes.queue.settlements.length, put.length - atGate)
  probes.release()
  await waitFor('settlements', () => probes.queue.settlements.length === put.length)
  assert.deepEqual(probes.queue.settlements, Array(put.length).fill({ outcome: 'accepted' }))
  assert.deepEqual(probes.queue.lateSends, [])
}
