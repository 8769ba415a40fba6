import type { NodeAPI } from 'node-red'

/** By the emitter of a runtime. */
const waiting = new WeakMap<object, Set<() => void>>()

/**
 * Calls back once when every node of the flows is there; what is sent before reaches nobody. The answer takes it back.
 *
 * One listener serves all nodes: at the eleventh, Node.js would warn of a leak.
 */
export function whenFlowsStarted(RED: NodeAPI, callback: () => void): () => void {
  let callbacks = waiting.get(RED.events)
  if (callbacks === undefined) {
    const all = new Set<() => void>()
    RED.events.on('flows:started', () => {
      for (const one of [...all]) {
        all.delete(one)
        one()
      }
    })
    waiting.set(RED.events, all)
    callbacks = all
  }
  const own = callbacks
  own.add(callback)
  return () => own.delete(callback)
}
