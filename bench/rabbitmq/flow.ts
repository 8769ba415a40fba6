import { join } from 'node:path'
import type { Node, NodeAPI, NodeDef } from 'node-red'
import { READY_MADE } from '../../src/cadf/rules/ready-made'
import { type EmbeddedRuntime, embeddedRuntime, type TestNodes } from '../../test/support/embedded-runtime'
import type { FlowNode } from '../../test/support/node-red'
import type { Meter, Task } from './task'

const OURS = ['openstack-bus-config', 'openstack-notification-in', 'cadf-filter']

/** The compiled node, as users run it: what runs TypeScript directly adds calls of its own. Build first. */
function built(type: string): (RED: NodeAPI) => void {
  const file = join(__dirname, '..', '..', 'dist', 'nodes', type, `${type}.js`)
  return (require(file) as { default: (RED: NodeAPI) => void }).default
}

type Handler = (msg: object, send: (msg: object) => void, done: () => void) => void

/** The end of a flow: counts, and every so many messages takes its time. */
export function endNode(task: Task, meter: () => Meter, passOn = false): (RED: NodeAPI) => void {
  return (RED) => {
    RED.nodes.registerType('bench-end', function (this: Node, config: NodeDef) {
      RED.nodes.createNode(this, config)
      let count = 0
      // Not made for each message: what runs TypeScript directly would add a call for every function that has a name.
      const finish: Handler = (msg, send, done) => {
        if (passOn) send(msg)
        done()
        meter().finished()
      }
      const handler: Handler = (msg, send, done) => {
        meter().received()
        count += 1
        if (task.slowEvery > 0 && count % task.slowEvery === 0) setTimeout(finish, task.slowMs, msg, send, done)
        else finish(msg, send, done)
      }
      this.on('input', handler as never)
    } as never)
  }
}

export const PLACE = { z: 'tab', x: 100, y: 100 }

/** Node-RED in this process with RabbitMQ → in → filter → end. */
export async function startFlow(task: Task, meter: () => Meter): Promise<EmbeddedRuntime> {
  const nodes: TestNodes = {
    ...Object.fromEntries(OURS.map((type) => [type, built(type)])),
    'bench-end': endNode(task, meter),
  }
  const runtime = await embeddedRuntime('5', nodes)
  const flow: FlowNode[] = [
    { id: 'tab', type: 'tab' },
    { id: 'bus', type: 'openstack-bus-config', by: 'url', credentials: { url: task.url } },
    {
      ...{ id: 'in', type: 'openstack-notification-in', ...PLACE, source: 'rabbitmq', bus: 'bus', cloud: 'bench' },
      ...{ queue: task.queue, queueType: task.queueType, exchanges: 'amq.topic', topics: 'bench', priorities: 'info' },
      ...{ settle: 'flow', window: task.prefetch, attempts: 5, deadline: 20, retryDelay: 30 },
      wires: [['filter']],
    },
    {
      ...{ id: 'filter', type: 'cadf-filter', ...PLACE },
      // The rule that people look for; the rest leaves by "otherwise".
      rules: READY_MADE.filter(({ id }) => id === 'open-to-any-source').map(({ rule }) => ({ ...rule, name: 'open' })),
      ...{ mode: 'first', otherwise: true },
      wires: [['end'], ['end']],
    },
    { id: 'end', type: 'bench-end', ...PLACE, wires: [] },
  ]
  await runtime.deploy(flow)
  return runtime
}
