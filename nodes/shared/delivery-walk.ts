import type { Node, NodeAPI } from 'node-red'
import { type ConfiguredNode, walk } from '../../src/delivery/walk'
import type { HookedNode } from './delivery-hooks'

/**
 * After each deploy, every source walks its wires and warns where tracking ends early; once for each place, until it is
 * gone and comes again.
 */
export class WireWalks {
  private readonly RED: NodeAPI
  private readonly warned = new Map<string, Set<string>>()

  constructor(RED: NodeAPI) {
    this.RED = RED
  }

  /** `sourceIds`: the sources whose deliveries end with the flow. */
  run(sourceIds: readonly string[]): void {
    const nodes: ConfiguredNode[] = []
    this.RED.nodes.eachNode((node) => nodes.push(node as unknown as ConfiguredNode))
    for (const id of sourceIds) {
      const source = this.RED.nodes.getNode(id) as Node | null
      const before = this.warned.get(id) ?? new Set()
      const now = new Set<string>()
      for (const { what, remedy } of walk(nodes, id, (nodeId) => this.takesDone(nodeId))) {
        now.add(what)
        if (!before.has(what)) source?.warn(`Tracking ends early: ${what}. Remedy: ${remedy}.`)
      }
      this.warned.set(id, now)
    }
    for (const id of this.warned.keys()) if (!sourceIds.includes(id)) this.warned.delete(id)
  }

  private takesDone(nodeId: string): boolean | undefined {
    const node = this.RED.nodes.getNode(nodeId) as unknown as HookedNode | null
    return node?._expectedDoneCount === undefined ? undefined : node._expectedDoneCount > 0
  }
}
