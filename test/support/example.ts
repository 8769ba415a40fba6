import { readFileSync } from 'node:fs'
import type { FlowNode } from '../../lab/examples/fill-in'

export const MAIN_EXAMPLE = 'examples/security-group-scan/01 - From a security-group change to a Qualys scan.json'

export function readExample(path: string): FlowNode[] {
  return JSON.parse(readFileSync(path, 'utf8')) as FlowNode[]
}

/** Changes settings of every node of a type, as a person does in its dialog. */
export function withSettings(
  flows: readonly FlowNode[],
  byType: Readonly<Record<string, Readonly<Record<string, unknown>>>>,
): FlowNode[] {
  return flows.map((node) => ({ ...node, ...byType[node.type] }))
}

export function nodeOf(flows: readonly FlowNode[], type: string): FlowNode {
  const node = flows.find((candidate) => candidate.type === type)
  if (node === undefined) throw new Error(`there is no ${type} in the flow`)
  return node
}
