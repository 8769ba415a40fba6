import { randomUUID } from 'node:crypto'
import type { Node, NodeAPI, NodeDef } from 'node-red'
import { BatchCollector } from '../../src/batch/collector'
import { batchKey } from '../../src/batch/key'
import type { EmittedBatch } from '../../src/batch/model'
import { type BatchSettings, readBatchSettings } from '../../src/batch/settings'
import type { DeliverySource, Settlement } from '../../src/delivery/service'
import { describeError, OperatorError } from '../../src/errors/operator-error'
import { incoming, notificationOf } from '../../src/message/members'
import type { BatchMember, OccurrenceMessage } from '../../src/message/model'
import { systemTimers } from '../../src/time/timers'
import { deliveryService } from '../shared/delivery'
import { type InputContext, onClose, onInput } from '../shared/input'
import { journalTrouble } from '../shared/journal'
import { patientJournal } from '../shared/patient-journal'
import { statusOf } from '../shared/status'
import { showBatches } from './batch-status'

interface CadfBatchConfig extends NodeDef {
  readonly [setting: string]: unknown
}
type BatchInput = Record<string, unknown> & { flush?: unknown }

const DRAIN_MS = 5000

export default function register(RED: NodeAPI): void {
  function CadfBatchNode(this: Node, config: CadfBatchConfig): void {
    RED.nodes.createNode(this, config)
    const status = statusOf(this)
    const deliveries = deliveryService(RED)
    let collector: BatchCollector | undefined
    let paused: string | undefined
    const show = () => {
      if (collector !== undefined) showBatches(status, collector.counts, paused, Date.now())
    }
    let settings: BatchSettings
    let source: DeliverySource
    try {
      settings = readBatchSettings(config)
      source = deliveries.source({
        id: this.id,
        onPause: (reason) => {
          paused = reason
          collector?.pause()
          show()
        },
        onResume: () => {
          paused = undefined
          collector?.resume()
          show()
        },
      })
    } catch (thrown) {
      status.attention(
        thrown instanceof OperatorError && thrown.code === 'BATCH_CONFIG' ? 'not configured' : describeError(thrown),
      )
      this.error(describeError(thrown))
      onInput(RED, this, () => {
        throw thrown
      })
      return
    }

    const emit = ({ info, members }: EmittedBatch) =>
      new Promise<Settlement>((resolve) => {
        const delivery = source.open(resolve)
        const batch = { topic: info.key === '' ? 'batch' : info.key, payload: members, batch: info }
        this.send({ ...batch, _delivery: delivery.token } as never)
        delivery.sent()
      })
    const stop = new AbortController()
    let opening = true
    let trouble: unknown = new OperatorError('BATCH_CLOSED', 'The batch node is being stopped.', { retryable: true })
    status.connecting('opening the journal')
    const flowsStarted = afterStart(RED, stop.signal)
    const opened = patientJournal(RED, stop.signal, (thrown, first) => {
      opening = false
      trouble = thrown
      status.attention(journalTrouble(thrown))
      if (first) this.error(describeError(thrown))
    }).then(async (journal) => {
      if (journal === undefined) return
      const loaded = await BatchCollector.load({
        ...{ journal, owner: this.id, policy: settings.policy, emit, timers: systemTimers, random: Math.random },
        ...{ newId: randomUUID, onChange: show, onTrouble: (thrown) => this.warn(describeError(thrown)) },
      })
      if (stop.signal.aborted) return
      collector = loaded
      if (paused !== undefined) loaded.pause()
      show()
      void flowsStarted.then(() => {
        loaded.start()
        show()
      })
    })
    opened.catch((thrown: unknown) => {
      trouble = thrown
      status.attention(journalTrouble(thrown))
      this.error(describeError(thrown))
    })

    onInput<BatchInput>(RED, this, async (msg, _send, context) => {
      const came = incoming(msg)
      if (came.kind === 'batch') throw notAnEvent('The message is a batch already.')
      if (came.kind === 'other' && !isFlush(msg.flush)) throw notAnEvent('The message carries no CADF event.')
      // A journal that is only slow to open is worth waiting for; one in trouble is not.
      if (collector === undefined && opening) await opened.catch(() => {})
      if (collector === undefined || stop.signal.aborted) throw trouble
      if (came.kind === 'occurrence') {
        // Nothing is waited for but room: a flush must not overtake what came before it.
        if (collector.isFull) await roomIn(collector, context, deliveries, this.id)
        if (context.signal?.aborted) return
        const { message } = came
        await collector.add(memberOf(message), messageIdOf(message), batchKey(message, settings.keyPaths))
      }
      if (isFlush(msg.flush)) collector.flush(typeof msg.flush === 'string' ? msg.flush : undefined)
    })
    onClose(this, async () => {
      stop.abort()
      // First of all it takes and sends nothing more; then what is on its way may end.
      const closed = collector?.close()
      await source.drain(DRAIN_MS)
      source.close()
      await Promise.allSettled([opened, closed])
      deliveries.back(this.id)
    })
  }

  RED.nodes.registerType('cadf-batch', CadfBatchNode)
}

/** Only then is every node there that a batch may be sent to. */
function afterStart(RED: NodeAPI, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    RED.events.once('flows:started', resolve)
    signal.addEventListener('abort', () => RED.events.removeListener('flows:started', resolve))
  })
}

/** While there is no room, sources that can pause do, and their messages wait; others are told at once. */
async function roomIn(
  collector: BatchCollector,
  { token, signal }: InputContext,
  deliveries: ReturnType<typeof deliveryService>,
  nodeId: string,
): Promise<void> {
  if (token === undefined) return
  while (collector.isFull && !signal?.aborted) {
    deliveries.away(token, nodeId, 'the batch node is full')
    await collector.room(signal)
  }
  deliveries.back(nodeId)
}

function isFlush(flush: unknown): boolean {
  return flush === true || typeof flush === 'string'
}

function memberOf({ topic, payload, event, notification, exposure }: OccurrenceMessage): BatchMember {
  return { topic, payload, event, notification, ...(exposure === undefined ? {} : { exposure }) }
}

function messageIdOf(message: OccurrenceMessage): string {
  return notificationOf(message)?.messageId ?? message.event.id
}

function notAnEvent(what: string): OperatorError {
  return new OperatorError('BATCH_NO_EVENT', what, {
    remedy: 'A batch takes single messages with msg.event, or msg.flush.',
  })
}
