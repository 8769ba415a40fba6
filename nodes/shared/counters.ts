import type { Node, NodeAPI } from 'node-red'
import { hooksOf } from './delivery-hooks'

/** What a node has counted since it was deployed: plain numbers, or one object of them for each rule. */
export type Counts = Readonly<Record<string, unknown>>

interface Counting {
  readonly node: Node
  readonly type: string
  readonly counts: () => Counts
}

/** Nodes at work, by runtime; a process can hold several (tests do). Nodes in subflows are among them. */
const registries = new WeakMap<object, Map<string, Counting>>()

/**
 * Has a node's counters shown at the admin route for as long as it lives. A message costs an increment; reading is done when
 * somebody asks.
 */
export function showCounts(RED: NodeAPI, node: Node, counts: () => Counts): void {
  const registry = registryOf(RED)
  const counting = { node, type: node.type, counts }
  registry.set(node.id, counting)
  node.on('close', () => {
    // On a deploy the next node of this id may be there before.
    if (registry.get(node.id) === counting) registry.delete(node.id)
  })
}

/** Of every node at work that counts. */
export function allCounts(RED: NodeAPI): readonly Counts[] {
  return [...registryOf(RED)].map(([id, { node, type, counts }]) => {
    return { id, type, name: node.name ?? '', flow: node.z ?? '', ...counts() }
  })
}

function registryOf(RED: NodeAPI): Map<string, Counting> {
  const runtime: object = hooksOf(RED) ?? RED.events
  let registry = registries.get(runtime)
  if (registry === undefined) {
    registry = new Map()
    registries.set(runtime, registry)
  }
  return registry
}
