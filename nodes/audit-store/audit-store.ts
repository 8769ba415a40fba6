import { randomUUID } from 'node:crypto'
import type { Node, NodeAPI, NodeDef, NodeMessage } from 'node-red'
import { checkpointMessage } from '../../src/audit/intake/checkpoint-message'
import { Intake } from '../../src/audit/intake/intake'
import { KeepCounts, toldOf } from '../../src/audit/intake/told'
import type { AuditTrail, Occurrence } from '../../src/audit/trail'
import { OperatorError } from '../../src/errors/operator-error'
import { incoming, notificationOf } from '../../src/message/members'
import { systemTimers } from '../../src/time/timers'
import { serviceOf } from '../shared/config-node'
import { showCounts } from '../shared/counters'
import { deliveryService } from '../shared/delivery'
import { onClose, onInput } from '../shared/input'
import { unusable } from '../shared/keeping-node'
import { statusOf } from '../shared/status'
import { StoreState } from './store-state'

interface AuditStoreConfig extends NodeDef {
  readonly store?: string
}
type Message = Record<string, unknown>

/** A write that has begun may end well while flows stop. */
const CLOSE_WITHIN_MS = 5000

export default function register(RED: NodeAPI): void {
  function AuditStoreNode(this: Node, config: AuditStoreConfig): void {
    RED.nodes.createNode(this, config)
    const status = statusOf(this)
    const trail = serviceOf<AuditTrail>(RED, config.store)
    if (trail === undefined) {
      unusable(RED, this, status, noStore())
      return
    }
    const counts = new KeepCounts()
    let received = 0
    let failed = 0
    showCounts(RED, this, () => ({ received, ...counts.all, failed }))
    const state = new StoreState(this, status, deliveryService(RED), counts)
    const show = () => state.show(intake.held, Date.now())
    const intake = new Intake({
      keep: (occurrences) => trail.keep(occurrences),
      ...{ timers: systemTimers, random: Math.random, soon: setImmediate },
      onState: (next) => {
        state.changed(next)
        show()
      },
    })
    const stopTrouble = trail.onTrouble((trouble) => {
      state.troubled(trouble)
      if (trouble === undefined) intake.wake()
      show()
    })
    const stopCheckpoints = trail.onCheckpoint((checkpoint) => {
      this.send([
        null,
        checkpointMessage(checkpoint, randomUUID(), cloudOf(RED, config.store)) as unknown as NodeMessage,
      ])
    })

    onInput<Message>(RED, this, async (msg, send, context) => {
      const { token } = context
      const { occurrences, batch } = read(msg)
      received += occurrences.length
      const taking = intake.take({
        occurrences,
        begin: () => context.begin(),
        signal: () => context.signal,
        ...(token === undefined ? {} : { onWait: (reason: string) => state.waiting(token, reason) }),
      })
      const taken = await taking.catch((thrown: unknown) => {
        failed += occurrences.length
        throw thrown
      })
      // It goes back to its source; there is nothing to report.
      if (taken === 'withdrawn') return
      if (taken.includes('conflict') && counts.conflicts === 0) {
        this.warn('An event came with the id of another one and other content; both are kept (outcome "conflict").')
      }
      counts.add(taken)
      show()
      msg['audit'] = toldOf(taken, batch)
      send([msg as NodeMessage, null])
    })
    onClose(this, async () => {
      stopTrouble()
      stopCheckpoints()
      await intake.close(CLOSE_WITHIN_MS)
      state.closed()
    })
  }
  RED.nodes.registerType('audit-store', AuditStoreNode)
}

function read(msg: Message): { occurrences: Occurrence[]; batch: boolean } {
  const came = incoming(msg)
  if (came.kind === 'other') {
    throw new OperatorError('AUDIT_NO_EVENT', 'The message carries no CADF event.', {
      remedy: 'Send it an event (msg.event) or a batch.',
    })
  }
  const batch = came.kind === 'batch'
  const occurrences = (batch ? came.members : [came.message]).map((member) => {
    const notification = notificationOf(member)
    return { event: member.event, ...(notification === undefined ? {} : { notification }) }
  })
  return { occurrences, batch }
}

/** As the config node names it. */
function cloudOf(RED: NodeAPI, id: string | undefined): string {
  const node = RED.nodes.getNode(id ?? '') as { cloud?: unknown } | null
  return typeof node?.cloud === 'string' ? node.cloud : ''
}

function noStore(): OperatorError {
  return new OperatorError('AUDIT_STORE_CONFIG', 'The node has no audit store.', {
    remedy: 'Choose an audit-store-config node that exists and is enabled.',
  })
}
