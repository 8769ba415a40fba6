import type { Node, NodeAPI, NodeMessage } from 'node-red'
import type { DeliveryService, PendingWrite } from '../../src/delivery/service'
import { describeError, OperatorError } from '../../src/errors/operator-error'
import { deliveryService } from './delivery'

export type Send = (message: NodeMessage | (NodeMessage | NodeMessage[] | null)[]) => void

export interface InputContext {
  /** `msg._delivery`, if the message belongs to a tracked delivery. */
  readonly token: string | undefined
  /** Fires when the delivery is taken back: drop the message. */
  readonly signal: AbortSignal | undefined
  /**
   * For sinks: call right before the effect starts. When the handler then resolves, the effect counts even if a deploy has
   * begun meanwhile; what was not begun goes back to the source.
   */
  begin(): void
}

/**
 * Wires a node's input. The handler may be async and may throw: whatever it throws ends in `done(error)` once, as an
 * async handler that rejects would end the whole Node-RED process.
 */
export function onInput<M extends object = NodeMessage>(
  RED: NodeAPI,
  node: Node,
  handler: (msg: M, send: Send, context: InputContext) => Promise<void> | void,
): void {
  const deliveries = deliveryService(RED)
  // Exactly three declared parameters: Node-RED classifies handlers by their length.
  node.on('input', (msg: NodeMessage, send: unknown, done: (error?: Error) => void) => {
    const input = new Input(deliveries, node, msg)
    const failed = (thrown: unknown) => {
      const error = asOperatorError(thrown)
      input.write?.fail(error)
      done(error)
    }
    const finished = () => {
      input.write?.confirm()
      done()
    }
    try {
      const result = handler(msg as unknown as M, send as Send, input)
      if (result === undefined) finished()
      else result.then(finished, failed)
    } catch (thrown) {
      failed(thrown)
    }
  })
}

/**
 * What stands in the way of every message is made only when it is asked for. A function may not be assigned to a member
 * here: V8 puts such functions straight among its old objects, where each would keep its message until the next full
 * collection (measured: 4 kB a message).
 */
class Input implements InputContext {
  readonly token: string | undefined
  write: PendingWrite | undefined = undefined
  private readonly deliveries: DeliveryService
  private readonly node: Node
  private readonly msg: NodeMessage

  constructor(deliveries: DeliveryService, node: Node, msg: NodeMessage) {
    this.token = tokenOf(msg)
    this.deliveries = deliveries
    this.node = node
    this.msg = msg
  }

  get signal(): AbortSignal | undefined {
    return this.deliveries.signal(this.token)
  }

  /** A function of its own, as handlers take it out of the object. */
  get begin(): () => void {
    return () => {
      this.write ??= this.deliveries.begin(this.token, this.node.id, this.msg)
    }
  }
}

/** Wires a node's close; whatever happens, Node-RED is told that it is done. */
export function onClose(node: Node, release: (removed: boolean) => Promise<void> | void): void {
  node.on('close', (removed: boolean, done: () => void) => {
    const failed = (thrown: unknown) => {
      node.warn(`closing: ${describeError(thrown)}`)
      done()
    }
    try {
      const result = release(removed)
      if (result === undefined) done()
      else result.then(done, failed)
    } catch (thrown) {
      failed(thrown)
    }
  })
}

export function tokenOf(msg: object): string | undefined {
  const token = (msg as { _delivery?: unknown })._delivery
  return typeof token === 'string' ? token : undefined
}

function asOperatorError(thrown: unknown): OperatorError {
  if (thrown instanceof OperatorError) return thrown
  return new OperatorError('UNEXPECTED', describeError(thrown), { cause: thrown })
}
