import assert from 'node:assert/strict'
import type { Settlement } from '../../../src/delivery/service'
import { type Probes, probesOf } from '../../support/delivery-probes'
import { freePort } from '../../support/free-port'
import type { FlowNode } from '../../support/node-red'
import { waitFor } from '../../support/wait-for'
import { chain, fn } from './flow'

const TICKED = { caughtErrorsCountAsHandled: true }

const failed = (nodeId: string, message: string): Settlement => ({
  outcome: 'retry',
  reason: { code: 'FLOW_ERROR', message, nodeId },
  countsAttempt: true,
})
const accepted: Settlement = { outcome: 'accepted' }

function caught(scope: string[] | null, uncaught = false): FlowNode {
  return { id: 'catch', type: 'catch', scope, uncaught, wires: [['sink']] }
}
const sink: FlowNode = { id: 'sink', type: 'probe-sink', wires: [] }

interface Row {
  readonly name: string
  readonly flow: (port: number) => readonly FlowNode[]
  readonly settles: Settlement | ((settlement: Settlement) => void)
  /** How many messages end at a sink. */
  readonly finished: number
}

const rows: Row[] = [
  {
    name: 'an uncaught error gives back',
    flow: () => chain([fn('throw new Error("x")')]),
    settles: failed('n1', 'Error: x'),
    finished: 0,
  },
  {
    name: 'an error in an async function gives back',
    flow: () => chain([fn('await null; throw new Error("x")')]),
    settles: failed('n1', 'Error: x'),
    finished: 0,
  },
  {
    name: 'a handler that throws gives back at once, and not at the deadline',
    flow: () => chain([{ type: 'probe-throws' }]),
    settles: failed('n1', 'thrown by the handler'),
    finished: 0,
  },
  {
    name: 'a caught error gives back unless the source ticks it',
    flow: () => chain([fn('throw new Error("x")')], [caught(null), sink]),
    settles: failed('n1', 'Error: x'),
    finished: 1,
  },
  {
    name: 'a caught error is handled if the source ticks it',
    flow: () => chain([fn('throw new Error("x")')], [caught(null), sink], TICKED),
    settles: accepted,
    finished: 1,
  },
  {
    name: 'an error that the catch node’s flow raises itself gives back',
    flow: () =>
      chain(
        [fn('throw new Error("x")')],
        [{ ...caught(['n1']), wires: [['f2']] }, { id: 'f2', ...fn('throw new Error("y")'), wires: [['sink']] }, sink],
        TICKED,
      ),
    settles: failed('f2', 'Error: y'),
    finished: 0,
  },
  {
    name: 'a catch node handles the errors of its scope and no others',
    flow: () =>
      chain(
        [fn('return msg', { wires: [['n2', 'n3']] }), fn('throw new Error("x")'), fn('throw new Error("y")')],
        [caught(['n2']), sink],
        TICKED,
      ),
    settles: failed('n3', 'Error: y'),
    finished: 1,
  },
  {
    name: 'a handler that throws is handled like any other error',
    flow: () => chain([{ type: 'probe-throws' }], [caught(null), sink], TICKED),
    settles: accepted,
    finished: 1,
  },
  {
    name: 'an error that a function node reports with the message and then goes on counts',
    flow: () => chain([fn('node.error("odd", msg); return msg'), { type: 'probe-sink' }]),
    settles: failed('n1', 'odd'),
    finished: 1,
  },
  {
    name: 'an error that a function node only logs does not count',
    flow: () => chain([fn('node.error("odd"); return msg'), { type: 'probe-sink' }]),
    settles: accepted,
    finished: 1,
  },
  {
    name: 'http request, which reports its failure and then calls done, gives back though the message goes on',
    flow: (port) =>
      chain([
        { type: 'http request', method: 'GET', url: `http://127.0.0.1:${port}/`, ret: 'txt' },
        { type: 'probe-sink' },
      ]),
    settles: (settlement) => {
      assert.ok(settlement.outcome === 'retry')
      assert.equal(settlement.reason.nodeId, 'n1')
      assert.match(settlement.reason.message, /ECONNREFUSED/)
    },
    finished: 1,
  },
  {
    name: 'a node that failed to start gives back what is sent to it',
    flow: () => chain([{ type: 'probe-fails-to-start' }]),
    settles: {
      outcome: 'retry',
      reason: {
        code: 'NODE_NOT_RUNNING',
        message: 'probe-fails-to-start (n1) has not started, so the message went nowhere.',
        nodeId: 'n1',
      },
      countsAttempt: true,
    },
    finished: 0,
  },
]

for (const line of ['5', '4.1'] as const) {
  describe(`Node-RED ${line}: errors`, function () {
    this.timeout(60_000)
    let probes: Probes
    before(async () => {
      probes = await probesOf(line)
    })
    for (const row of rows) {
      it(row.name, async () => {
        probes.reset()
        await probes.runtime.deploy(row.flow(await freePort()))
        probes.queue.put('message')
        const settlement = await waitFor('settlement', () => probes.queue.settlements[0])
        if (typeof row.settles === 'function') row.settles(settlement)
        else assert.deepEqual(settlement, row.settles)
        assert.equal(probes.finished.length, row.finished)
        assert.equal(probes.source?.inFlight, 0)
      })
    }
  })
}
