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
  },
  {
    name: 'trigger sends later',
    flow: chain([
      { type: 'trigger', op1type: 'nul', op2: '', op2type: 'pay', duration: '50', units: 'ms', outputs: 1 },
    ]),
    tooEarly: 1,
    late: ['n1'],
  },
  {
    name: 'function sends after it has returned',
    flow: chain([fn('setTimeout(() => node.send(msg), 50)')]),
    tooEarly: 1,
    late: ['n1'],
  },
  {
    name: 'function builds a new message',
    flow: chain([fn('return { payload: msg.payload }')]),
    tooEarly: 1,
    late: [],
  },
  {
    name: 'asynchronous node without done',
    flow: chain([{ type: 'probe-no-done-later' }]),
    tooEarly: 1,
    late: ['n1'],
  },
]

for (const line of ['5', '4.1'] as const) {
  describe(`Node-RED ${line}: tracking ends early where`, function () {
    this.timeout(60_000)
    let probes: Probes
    before(async () => {
      probes = await probesOf(line)
    })
    for (const { name, flow, put = ['message'], tooEarly, late } of rows) {
      it(name, async () => {
        probes.reset()
        await probes.runtime.deploy(flow)
        probes.queue.put(...put)
        await waitFor('early settlements', () => probes.queue.accepted.length === tooEarly)
        await waitFor('the message at the gate', () => probes.held.length === 1)
        assert.equal(probes.queue.accepted.length, tooEarly)
        assert.deepEqual(probes.queue.lateSends, late)
        probes.release()
        await waitFor('the rest', () => probes.queue.accepted.length === put.length)
      })
    }
  })
}
