/** A node as it stands in the flow file, as far as a walk along the wires looks at it. */
export interface ConfiguredNode {
  readonly id: string
  readonly type: string
  readonly name?: string
  /** The tab or subflow definition that it sits on. */
  readonly z?: string
  /** Disabled. */
  readonly d?: boolean
  readonly wires?: readonly (readonly string[])[]
  readonly [property: string]: unknown
}

/** The deployed configuration, by id. */
export class FlowConfig {
  private readonly byId = new Map<string, ConfiguredNode>()

  constructor(nodes: Iterable<ConfiguredNode>) {
    for (const node of nodes) this.byId.set(node.id, node)
  }

  /** Undefined where nothing would run: unknown, disabled, or on a disabled tab. */
  running(id: string): ConfiguredNode | undefined {
    const node = this.byId.get(id)
    if (node === undefined || node.d === true) return undefined
    const tab = node.z === undefined ? undefined : this.byId.get(node.z)
    return tab?.['disabled'] === true ? undefined : node
  }

  /** Where what the node sends arrives: its wires, its links, the inside of its subflow. */
  next(node: ConfiguredNode): readonly string[] {
    const wired = (node.wires ?? []).flat()
    switch (node.type) {
      case 'link out':
        return [...wired, ...texts(node['links'])]
      case 'link call':
        return [...wired, ...(typeof node['links'] === 'string' ? [node['links']] : texts(node['links']))]
      default:
        return [...wired, ...this.insideOf(node)]
    }
  }

  /** Nodes that are given copies of what this node handles, without a wire. */
  listeners(node: ConfiguredNode): readonly string[] {
    const ids: string[] = []
    for (const other of this.byId.values()) {
      if (other.z !== node.z) continue
      const { scope } = other as { scope?: unknown }
      if (other.type === 'complete' && texts(scope).includes(node.id)) ids.push(other.id)
      if (other.type === 'catch' && (!Array.isArray(scope) || texts(scope).includes(node.id))) ids.push(other.id)
    }
    return ids
  }

  private insideOf(node: ConfiguredNode): readonly string[] {
    if (!node.type.startsWith('subflow:')) return []
    const definition = this.byId.get(node.type.slice('subflow:'.length))
    const inputs = definition?.['in']
    if (!Array.isArray(inputs)) return []
    return inputs.flatMap((input: { wires?: { id?: unknown }[] }) => texts((input.wires ?? []).map((wire) => wire.id)))
  }
}

function texts(value: unknown): string[] {
  return Array.isArray(value) ? value.filter((item): item is string => typeof item === 'string') : []
}
