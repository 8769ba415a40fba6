import type { Node, NodeAPI, NodeDef, NodeMessage } from 'node-red'
import { type HandOutcome, isHandOutcome, settlementByHand } from '../../src/delivery/by-hand'
import { OperatorError } from '../../src/errors/operator-error'
import { quote } from '../../src/errors/redact'
import { deliveryService } from '../shared/delivery'
import { onInput } from '../shared/input'
import { statusOf } from '../shared/status'

interface AckConfig extends NodeDef {
  /** What to do; `msg`: as `msg.outcome` says. */
  outcome: HandOutcome | 'msg'
  reason: string
  reasonType: string
  countsAttempt?: boolean
}

export default function register(RED: NodeAPI): void {
  // With the palette, so that the service knows of the first start of the flows.
  deliveryService(RED)

  function NotificationAckNode(this: Node, config: AckConfig): void {
    RED.nodes.createNode(this, config)
    const deliveries = deliveryService(RED)
    const status = statusOf(this)
    let settled = 0
    let tooLate = 0

    onInput(RED, this, async (msg, _send, { token }) => {
      const outcome = config.outcome === 'msg' ? outcomeOf(msg) : config.outcome
      if (token === undefined) throw notTracked()
      const why = outcome === 'accept' ? undefined : await reasonFor(RED, this, config, msg)
      const settlement = settlementByHand(outcome, why, config.countsAttempt !== false, this.id)
      if (deliveries.settle(token, settlement, this.id)) settled += 1
      else tooLate += 1
      status.ready(tooLate === 0 ? `settled ${settled}` : `settled ${settled}, too late ${tooLate}`)
    })
  }
  RED.nodes.registerType('openstack-notification-ack', NotificationAckNode)
}

function outcomeOf(msg: NodeMessage): HandOutcome {
  const { outcome } = msg as { outcome?: unknown }
  if (isHandOutcome(outcome)) return outcome
  throw new OperatorError('OUTCOME_UNKNOWN', `msg.outcome is ${quote(JSON.stringify(outcome) ?? 'missing', 60)}.`, {
    remedy: 'It must be "accept", "retry" or "dead-letter".',
  })
}

function notTracked(): OperatorError {
  return new OperatorError('NOT_TRACKED', 'The message belongs to no delivery: it has no msg._delivery.', {
    remedy: 'Let the nodes before this one pass the message on that they were given instead of building a new one.',
  })
}

async function reasonFor(RED: NodeAPI, node: Node, config: AckConfig, msg: NodeMessage): Promise<string | undefined> {
  const value = await new Promise<unknown>((resolve) => {
    RED.util.evaluateNodeProperty(config.reason, config.reasonType || 'str', node, msg, (error, result) =>
      resolve(error ? undefined : result),
    )
  })
  if (value === undefined || value === null) return undefined
  return typeof value === 'string' ? value : JSON.stringify(value)
}
