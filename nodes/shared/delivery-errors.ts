import type { DeliveryTracker } from '../../src/delivery'
import type { HookedNode } from './delivery-hooks'

type ErrorMethod = (this: unknown, logMessage: unknown, message?: unknown) => unknown

const watched = new WeakSet<object>()

/**
 * No hook tells of `node.error(text, msg)`, nor of a handler that throws (the runtime turns that into `node.error`).
 * Without knowing, a failed message would pass for finished, or a thrown one wait for its deadline. So the first tracked
 * message that reaches a node puts a listener before its `error` method; everything is handed on unchanged.
 */
export function watchErrors(node: HookedNode, tracker: DeliveryTracker): void {
  if (watched.has(node)) return
  watched.add(node)
  const reported = (node as unknown as { error?: ErrorMethod }).error
  if (typeof reported !== 'function') return
  Object.defineProperty(node, 'error', {
    configurable: true,
    enumerable: false,
    writable: true,
    value: function error(this: unknown, ...args: [unknown, unknown?]): unknown {
      const [logMessage, message] = args
      if (typeof message === 'object' && message !== null) {
        // A link call that times out reports it, with a copy of its message, and never calls done.
        const last = isThrown() || node.type === 'link call'
        tracker.hops.failed(message, { id: node.id, node }, logMessage, last)
      }
      return reported.apply(this, args)
    },
  })
}

/** For what a handler threw, and for nothing else that still is open, the runtime's own Node.js calls `error`. */
function isThrown(): boolean {
  const [, , , caller = ''] = new Error().stack?.split('\n') ?? []
  return /[\\/]runtime[\\/]lib[\\/]nodes[\\/]Node\.js/.test(caller)
}
