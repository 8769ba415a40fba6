import { join } from 'node:path'
import type { Node, NodeAPI, NodeDef } from 'node-red'
import { embeddedRuntime } from '../../test/support/embedded-runtime'
import { endNode, PLACE } from './flow'
import { finish, Meter, readTask } from './task'

/**
 * An AMQP palette from the registry in the same Node-RED: in → parse the inner message → end, and `amqp ack` after the end
 * where the palette has that node. It makes no CADF event and filters nothing.
 */
async function main(): Promise<void> {
  const task = readTask()
  const directory = task.directory ?? ''
  const acknowledges = directory.endsWith('-ack')
  const name = acknowledges ? 'node-red-contrib-amqp-ack' : 'node-red-contrib-amqp'
  let meter: Meter | undefined
  const current = () => {
    meter ??= new Meter(task, finish)
    return meter
  }
  const register = require(join(directory, 'node_modules', name, 'lib', 'amqp.js')) as (RED: NodeAPI) => void
  const runtime = await embeddedRuntime('5', {
    amqp: register,
    'bench-parse': (RED) => {
      RED.nodes.registerType('bench-parse', function (this: Node, config: NodeDef) {
        RED.nodes.createNode(this, config)
        this.on('input', (msg, send, done) => {
          const outer = msg.payload as Record<string, string>
          msg.payload = JSON.parse(outer['oslo.message'] ?? '')
          send(msg)
          done()
        })
      } as never)
    },
    'bench-end': endNode(task, current, acknowledges),
  })
  const url = new URL(task.url)
  await runtime.deploy([
    { id: 'tab', type: 'tab' },
    {
      ...{ id: 'server', type: 'amqp-server', host: url.hostname, port: url.port, keepalive: '30' },
      ...{ prefetch: acknowledges, prefetchvalue: String(task.prefetch), prefetchack: false },
      credentials: { user: url.username, password: url.password },
    },
    {
      ...{ id: 'in', type: 'amqp in', ...PLACE, server: 'server', iotype: '4', ioname: task.queue },
      wires: [['parse']],
    },
    { id: 'parse', type: 'bench-parse', ...PLACE, wires: [['end']] },
    { id: 'end', type: 'bench-end', ...PLACE, wires: acknowledges ? [['ack']] : [] },
    ...(acknowledges
      ? [{ id: 'ack', type: 'amqp ack', ...PLACE, server: 'server', iotype: '4', ioname: task.queue, wires: [] }]
      : []),
  ])
}

void main()
