import { type EarlyEnd, earlyEnds } from './early-end'
import { type ConfiguredNode, FlowConfig } from './flow-config'

export type { EarlyEnd } from './early-end'
export type { ConfiguredNode } from './flow-config'

/** They journal what they are given, and open deliveries of their own: the walk of another source. */
const OWN_DELIVERIES = new Set(['cadf-batch', 'cadf-burst', 'cadf-correlate', 'qualys-scan'])

/**
 * Walks along the wires from a source and finds where tracking ends early. Subflows, links, and catch and complete nodes
 * are followed; a link call whose target is known only at run time is not.
 */
export function walk(
  nodes: Iterable<ConfiguredNode>,
  sourceId: string,
  takesDone: (nodeId: string) => boolean | undefined,
): EarlyEnd[] {
  const config = new FlowConfig(nodes)
  const found = new Map<string, EarlyEnd>()
  const seen = new Set<string>()
  const ahead: { id: string; split: boolean }[] = [{ id: sourceId, split: false }]
  for (let step = ahead.pop(); step !== undefined; step = ahead.pop()) {
    const { id, split } = step
    const node = config.running(id)
    if (node === undefined || seen.has(`${split} ${id}`)) continue
    seen.add(`${split} ${id}`)
    if (id !== sourceId) {
      for (const end of earlyEnds(node, { split, takesDone })) found.set(`${id} ${end.code}`, end)
      if (OWN_DELIVERIES.has(node.type)) continue
    }
    const behind = split || node.type === 'split'
    for (const next of [...config.next(node), ...config.listeners(node)]) ahead.push({ id: next, split: behind })
  }
  return [...found.values()]
}
