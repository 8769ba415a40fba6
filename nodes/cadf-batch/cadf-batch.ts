import { randomUUID } from 'node:crypto'
import type { Node, NodeAPI, NodeDef } from 'node-red'
import { BatchCollector } from '../../src/batch/collector'
import type { EmittedBatch } from '../../src/batch/model'
import { type BatchSettings, readBatchSettings } from '../../src/batch/settings'
import type { DeliverySource, Settlement } from '../../src/delivery/service'
import { describeError, OperatorError } from '../../src/errors/operator-error'
import { incoming } from '../../src/message/members'
import { systemTimers } from '../../src/time/timers'
import { deliveryService } from '../shared/delivery'
import { type InputContext, onClose, onInput } from '../shared/input'
import { journalTrouble } from '../shared/journal'
import { patientJournal } from '../shared/patient-journal'
import { statusOf } from '../shared/status'
import { isFlush, notAnEvent, type Room, take } from './arrival'
import { showBatches } from './batch-status'

interface CadfBatchConfig extends NodeDef {
  readonly [setting: string]: unknown
}
type BatchInput = Record<string, unknown> & { flush?: unknown }

const DRAIN_MS = 5000

export default function register(RED: NodeAPI): void {
  // With the palette, so that the service knows of the first start of the flows.
  deliveryService(RED)

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

    /** While there is no room, sources that can pause do, and their messages wait; others are told at once. */
    const roomFor = ({ token, signal }: InputContext): Room | undefined => {
      if (token === undefined) return undefined
      return {
        signal,
        onWait: () => deliveries.away(token, this.id, 'the batch node is full'),
        onRoom: () => deliveries.back(this.id),
      }
    }
    onInput<BatchInput>(RED, this, async (msg, _send, context) => {
      const came = incoming(msg)
      if (came.kind === 'batch') throw notAnEvent('The message is a batch already.')
      if (came.kind === 'other' && !isFlush(msg.flush)) throw notAnEvent('The message carries no CADF event.')
      // A journal that is only slow to open is worth waiting for; one in trouble is not.
      if (collector === undefined && opening) await opened.catch(() => {})
      if (collector === undefined || stop.signal.aborted) throw trouble
      if (came.kind === 'occurrence') {
        // Nothing is waited for before: a flush must not overtake what came before it.
        await take(collector, came.message, settings, roomFor(context))
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
