import { randomUUID } from 'node:crypto'
import type { Node, NodeAPI, NodeDef } from 'node-red'
import { BatchCollector } from '../../src/batch/collector'
import { batchKey } from '../../src/batch/key'
import type { EmittedBatch } from '../../src/batch/model'
import { type BatchSettings, readBatchSettings } from '../../src/batch/settings'
import { describeError, OperatorError } from '../../src/errors/operator-error'
import { incoming, memberOf, messageIdOf } from '../../src/message/members'
import { systemTimers } from '../../src/time/timers'
import { deliveryService } from '../shared/delivery'
import { onInput } from '../shared/input'
import { type Keeping, keepingNode, unusable } from '../shared/keeping-node'
import { statusOf } from '../shared/status'
import { isFlush, notAnEvent } from './arrival'
import { showBatches } from './batch-status'

interface CadfBatchConfig extends NodeDef {
  readonly [setting: string]: unknown
}
type BatchInput = Record<string, unknown> & { flush?: unknown }

export default function register(RED: NodeAPI): void {
  // With the palette, so that the service knows of the first start of the flows.
  deliveryService(RED)

  function CadfBatchNode(this: Node, config: CadfBatchConfig): void {
    RED.nodes.createNode(this, config)
    const status = statusOf(this)
    let settings: BatchSettings
    let keeping: Keeping<BatchCollector>
    try {
      settings = readBatchSettings(config)
      const { policy } = settings
      keeping = keepingNode<BatchCollector>(RED, this, {
        status,
        closed: new OperatorError('BATCH_CLOSED', 'The batch node is being stopped.', { retryable: true }),
        full: 'the batch node is full',
        load: (journal) =>
          BatchCollector.load({
            ...{ journal, owner: this.id, policy, emit, timers: systemTimers, random: Math.random },
            ...{ newId: randomUUID, onChange: () => keeping.show() },
            onTrouble: (thrown) => this.warn(describeError(thrown)),
          }),
        show: (collector, paused) => showBatches(status, collector.counts, paused, Date.now()),
      })
    } catch (thrown) {
      unusable(RED, this, status, thrown)
      return
    }
    const emit = ({ info, members }: EmittedBatch) =>
      keeping.send([{ topic: info.key === '' ? 'batch' : info.key, payload: members, batch: info }])

    onInput<BatchInput>(RED, this, async (msg, _send, context) => {
      const came = incoming(msg)
      if (came.kind === 'batch') throw notAnEvent('The message is a batch already.')
      if (came.kind === 'other' && !isFlush(msg.flush)) throw notAnEvent('The message carries no CADF event.')
      const collector = keeping.keeper ?? (await keeping.ready())
      if (came.kind === 'occurrence') {
        const { message } = came
        // Nothing is waited for before: a flush must not overtake what came before it.
        await keeping.take(context, (waiting) =>
          collector.add(memberOf(message), messageIdOf(message), batchKey(message, settings.keyPaths), waiting),
        )
      }
      if (isFlush(msg.flush)) collector.flush(typeof msg.flush === 'string' ? msg.flush : undefined)
    })
  }

  RED.nodes.registerType('cadf-batch', CadfBatchNode)
}
