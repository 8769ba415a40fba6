import assert from 'node:assert/strict'
import { type Probes, probesOf } from '../../support/delivery-probes'
import type { FlowNode } from '../../support/node-red'
import { waitFor } from '../../support/wait-for'
import { chain, fn } from './flow'

interface Row {
  readonly name: string
  readonly flow: readonly FlowNode[]
  readonly put?: readonly unknown[]
  /** Deliveries that are accepted while the message is still to come or held by the gate. */
  readonly tooEarly: number
  /** The nodes that the source hears of, as they send with a settled token. */
  readonly late: readonly string[]
  /** What the source warns of when it is deployed. */
  readonly warns: RegExp
}

/** Where tracking ends early: docs/delivery.md names each of these, and so does the warning at deploy. */
const rows: Row[] = [
  {
    name: 'join collects several deliveries: all but the last are accepted when it sends',
    flow: chain([
      { type: 'join', mode: 'custom', count: '3', build: 'array', property: 'payload', propertyType: 'msg' },
    ]),
    put: [1, 2, 3],
    tooEarly: 2,
    late: [],
    warns: /^Tracking ends early: join \(n1\) puts messages together.*cadf-batch.*openstack-notification-ack/,
  },
  {
    name: 'trigger sends later',
    flow: chain([
      { type: 'trigger', op1type: 'nul', op2: '', op2type: 'pay', duration: '50', units: 'ms', outputs: 1 },
    ]),
    tooEarly: 1,
    late: ['n1'],
    warns: /trigger \(n1\) sends later/,
  },
  {
    name: 'function sends after it has returned',
    flow: chain([fn('setTimeout(() => node.send(msg), 50)')]),
    tooEarly: 1,
    late: ['n1'],
    warns: /function \(n1\) seems to send after it has returned/,
  },
  {
    name: 'function builds a new message',
    flow: chain([fn('return { payload: msg.payload }')]),
    tooEarly: 1,
    late: [],
    warns: /function \(n1\) seems to build a new message/,
  },
  {
    name: 'asynchronous node without done',
    flow: chain([{ type: 'probe-no-done-later' }]),
    tooEarly: 1,
    late: ['n1'],
    warns: /probe-no-done-later \(n1\) does not tell when it has finished/,
  },
]

for (const line of ['5', '4.1'] as const) {
  describe(`Node-RED ${line}: tracking ends early where`, function () {
    this.timeout(60_000)
    let probes: Probes
    before(async () => {
      probes = await probesOf(line)
    })
    for (const { name, flow, put = ['message'], tooEarly, late, warns } of rows) {
      it(name, async () => {
        probes.reset()
        probes.runtime.takeLog()
        await probes.runtime.deploy(flow)
        const warnings = probes.runtime.takeLog().filter(({ id }) => id === 'source')
        assert.equal(warnings.length, 1)
        assert.match(String(warnings[0]?.msg), warns)
        probes.queue.put(...put)
        await waitFor('early settlements', () => probes.queue.accepted.length === tooEarly)
        await waitFor('the message at the gate', () => probes.held.length === 1)
        assert.equal(probes.queue.accepted.length, tooEarly)
        assert.deepEqual(probes.queue.lateSends, late)
        probes.release()
        await waitFor('the rest', () => probes.queue.accepted.length === put.length)
      })
    }

    it('and the warning comes once, until the place is gone', async () => {
      const early = chain([fn('return { payload: 1 }')])
      const fine = chain([fn('return msg')])
      const warnings = async (flow: readonly FlowNode[]) => {
        await probes.runtime.deploy(flow, 'nodes')
        return probes.runtime.takeLog().filter(({ id }) => id === 'source').length
      }
      await probes.runtime.deploy(fine)
      probes.runtime.takeLog()
      assert.equal(await warnings(early), 1)
      assert.equal(await warnings(early.map((node) => (node.id === 'gate' ? { ...node, name: 'x' } : node))), 0)
      assert.equal(await warnings(fine), 0)
      assert.equal(await warnings(early), 1)
      assert.equal(await warnings(chain([fn('return { payload: 1 }')], [], { settledByHand: true })), 0)
    })
  })
}
