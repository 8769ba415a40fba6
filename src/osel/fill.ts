import type { FilledType, OselImport } from './model'

/** A node of a flow as Node-RED exports it. */
export interface FlowNode {
  readonly id: string
  readonly type: string
  readonly [property: string]: unknown
}

export interface FilledFlow {
  readonly flow: FlowNode[]
  /** By node id; for the editor to put into the nodes' credentials, never part of the flow itself. */
  readonly credentials: Readonly<Record<string, Readonly<Record<string, string>>>>
}

/**
 * Fills an example flow in: every node of a type gets the properties meant for that type. All ids are new, so that the
 * flow can be imported beside others.
 * @param newId Node-RED's ids are 16 hexadecimal digits
 */
export function fillFlow(example: readonly FlowNode[], osel: OselImport, newId: () => string): FilledFlow {
  const credentials: Record<string, Readonly<Record<string, string>>> = {}
  const nodes: FlowNode[] = example.map((node) => ({ ...node, ...settingsFor(node, osel) }))
  const proxy = osel.settings['http proxy']
  const filled = proxy === undefined ? nodes : withProxy(nodes, proxy, newId())
  const ids = new Map(filled.map(({ id }) => [id, newId()]))
  const flow = filled.map((node) => renamed(node, ids) as FlowNode)
  for (const { id, type } of flow) {
    const secrets = osel.credentials[type as FilledType]
    if (secrets !== undefined) credentials[id] = secrets
  }
  return { flow, credentials }
}

function settingsFor({ type }: FlowNode, osel: OselImport): Readonly<Record<string, unknown>> {
  return osel.settings[type as FilledType] ?? {}
}

/** Only Qualys is reached through the proxy, as in osel. */
function withProxy(nodes: readonly FlowNode[], proxy: Readonly<Record<string, unknown>>, id: string): FlowNode[] {
  const used = nodes.map((node) => (node.type === 'qualys-config' ? { ...node, proxy: id } : node))
  return [...used, { id, type: 'http proxy', ...proxy }]
}

/** Ids stand in wires, in `z`, and wherever a node names a config node or others. */
function renamed(value: unknown, ids: ReadonlyMap<string, string>): unknown {
  if (typeof value === 'string') return ids.get(value) ?? value
  if (Array.isArray(value)) return value.map((element) => renamed(element, ids))
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, renamed(inner, ids)]))
}
