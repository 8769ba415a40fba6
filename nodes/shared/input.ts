import type { Node, NodeAPI, NodeMessage } from 'node-red'
import type { PendingWrite } from '../../src/delivery/service'
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
    const token = tokenOf(msg)
    let write: PendingWrite | undefined
    const context: InputContext = {
      token,
      // Asked for by few; making one costs more than all else here.
      get signal() {
        return deliveries.signal(token)
      },
      begin: () => {
        write ??= deliveries.begin(token, node.id, msg)
      },
    }
    const failed = (thrown: unknown) => {
      const error = asOperatorError(thrown)
      write?.fail(error)
      done(error)
    }
    const finished = () => {
      write?.confirm()
      done()
    }
    try {
      const result = handler(msg as unknown as M, send as Send, context)
      if (result === undefined) finished()
      else result.then(finished, failed)
    } catch (thrown) {
      failed(thrown)
    }
  })
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
