import type { NodeAPI } from 'node-red'
import type { DeliveryTracker, NodeInstance, Wire } from '../../src/delivery'
import { watchErrors } from './delivery-errors'

/** The label under which this package's hooks are known; a second copy of the package finds it taken. */
const LABEL = 'openstack-events-delivery'

export interface Hooks {
  add(name: string, hook: (event: never) => void): void
  remove(name: string): void
  has(name: string): boolean
}

/** A node as far as hooks need to know it. */
export interface HookedNode {
  readonly id: string
  readonly type: string
  /** How many of its input handlers take `done`; the runtime itself counts completions by it. */
  readonly _expectedDoneCount?: number
}

interface ReceiveEvent {
  readonly msg: object
  readonly destination: { readonly id: string; readonly node: HookedNode }
}

interface CompleteEvent {
  readonly msg: object
  readonly node: { readonly id: string; readonly node: HookedNode }
  readonly error?: unknown
}

export function hooksOf(RED: NodeAPI): Hooks | undefined {
  // Not in the type definitions; absent in node-red-node-test-helper.
  return (RED as unknown as { hooks?: Hooks }).hooks
}

/**
 * Binds the runtime's hooks to the tracker. False if another copy of this package has done so.
 *
 * A hook that throws or returns a value stops every flow, so the bodies do neither. They declare exactly one parameter:
 * with two the runtime would wait for a callback.
 */
export function addHooks(hooks: Hooks, tracker: DeliveryTracker, onFault: (thrown: unknown) => void): boolean {
  if (hooks.has(`onSend.${LABEL}`)) return false
  const add = <E>(name: string, body: (event: E) => void) => {
    hooks.add(`${name}.${LABEL}`, (event: E): void => {
      try {
        body(event)
      } catch (thrown) {
        onFault(thrown)
      }
    })
  }
  add<Wire[]>('onSend', (wires) => {
    for (const wire of wires) tracker.hops.announced(wire)
  })
  add<Wire>('preDeliver', (wire) => tracker.hops.claimed(wire))
  // A hook costs every message something, and nearly all nodes take `done`: this one is there from the first that does not.
  let hasPostReceive = false
  const addPostReceive = () => {
    if (hasPostReceive) return
    hasPostReceive = true
    add<ReceiveEvent>('postReceive', ({ msg, destination }) => {
      if (!takesDone(destination.node) && isTracked(msg)) tracker.hops.completed(msg, destination)
    })
  }
  add<ReceiveEvent>('onReceive', ({ msg, destination }) => {
    if (!isTracked(msg)) return
    if (!takesDone(destination.node)) addPostReceive()
    watchErrors(destination.node, tracker)
    tracker.hops.received(msg, destination)
    if (destination.node.type !== 'catch') return
    const { error } = msg as { error?: { source?: { id?: unknown } } }
    if (typeof error?.source?.id === 'string') tracker.hops.caught(msg, error.source.id, error)
  })
  add<CompleteEvent>('onComplete', ({ msg, node, error }) => tracker.hops.completed(msg, node as NodeInstance, error))
  return true
}

export function removeHooks(hooks: Hooks): void {
  hooks.remove(`*.${LABEL}`)
}

function isTracked(msg: object): boolean {
  return typeof (msg as { _delivery?: unknown })._delivery === 'string'
}

function takesDone(node: HookedNode): boolean {
  return (node._expectedDoneCount ?? 0) > 0
}
