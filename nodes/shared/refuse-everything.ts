import type { Node, NodeAPI } from 'node-red'
import { describeError, OperatorError } from '../../src/errors/operator-error'
import { deliveryService } from './delivery'
import { onClose, onInput } from './input'

/**
 * For a node that a person must mend before it can do anything: it is away. Its sources pause and no attempt is counted,
 * so healthy messages wait for the next deploy instead of ending in the dead letters one after the other.
 */
export function refuseEverything(RED: NodeAPI, node: Node, thrown: unknown): void {
  const deliveries = deliveryService(RED)
  const reason = describeError(thrown)
  const code = thrown instanceof OperatorError ? thrown.code : 'UNEXPECTED'
  onInput(RED, node, (_msg, _send, { token }) => {
    deliveries.away(token, node.id, reason)
    throw new OperatorError(code, reason, { retryable: true, cause: thrown })
  })
  onClose(node, () => deliveries.back(node.id))
}
