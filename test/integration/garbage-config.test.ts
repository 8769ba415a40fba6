import assert from 'node:assert/strict'
import { flowTypes, garbageNodes, THEIR_SECRETS, takesInput, USABLE_ACCOUNTS } from '../support/garbage'
import { type FlowNode, type NodeRed, type NodeRedLine, startNodeRed } from '../support/node-red'
import { types } from '../support/palette'

/** Thousands of nodes only take their time; test/nodes/garbage-config.test.ts has every one of them. */
const EVERY = 11
const WHOLLY_RUBBISH = 15

/** One tab with nodes of rubbish configurations of every type, and a message for each. */
function garbageFlow(): FlowNode[] {
  const nodes = types.flatMap((type) =>
    sample(garbageNodes(type)).map((node) => (flowTypes.includes(type) ? onTab(node) : node)),
  )
  const wired = nodes.filter(({ type }) => takesInput(type)).map(({ id }) => id)
  const inject = {
    id: 'inject',
    type: 'inject',
    props: [{ p: 'payload' }],
    payload: '{"a":1}',
    payloadType: 'json',
    once: true,
  }
  return [
    { id: 'tab', type: 'tab', label: 'rubbish' },
    onTab({ ...inject, wires: [wired] }),
    ...USABLE_ACCOUNTS,
    ...nodes,
  ]
}

function sample(nodes: readonly FlowNode[]): FlowNode[] {
  return nodes.filter((_, index) => index < WHOLLY_RUBBISH || index % EVERY === 0)
}

function onTab(node: FlowNode): FlowNode {
  return { wires: [], ...node, z: 'tab', x: 100, y: 100 }
}

for (const line of ['5', '4.1'] as NodeRedLine[]) {
  describe(`Node-RED ${line} with nodes of rubbish configurations of every type`, function () {
    this.timeout(240_000)
    let nodeRed: NodeRed | undefined
    afterEach(() => nodeRed?.remove())

    it('starts, survives messages and a deploy, and stops in time', async () => {
      nodeRed = await startNodeRed({ line, flows: garbageFlow(), credentials: THEIR_SECRETS })
      await nodeRed.waitForLog(/LOOKUP_NO_EVENT|carries no/)
      await nodeRed.deploy(garbageFlow())
      await nodeRed.waitForLog(/Started flows[\s\S]*Started flows/)
      const stopping = Date.now()
      await nodeRed.stop()
      assert.ok(Date.now() - stopping < 14_000, 'a node was not done with closing')
      // A constructor that throws leaves its stack in the log, and so does whatever ends the process.
      const faults = nodeRed
        .log()
        .split('\n')
        .filter((text) => /TypeError|RangeError|ReferenceError|^\s+at |Uncaught|timed out|Warning: Possible/.test(text))
      assert.deepEqual(faults, [])
    })
  })
}
