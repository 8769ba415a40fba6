import type { Rule } from '../cadf/rules/model'
import type { FlowNode, PlannedNode } from './model'

/** One rule of the filter and what it leads to; undefined: nothing yet. */
export interface Route {
  readonly rule: Rule
  readonly to: PlannedNode | undefined
}

export interface WiredFlow {
  readonly flow: readonly FlowNode[]
  readonly credentials: Readonly<Record<string, Readonly<Record<string, string>>>>
}

const ROW = 60

/**
 * Source, filter and channels on a tab of their own, wired. What is the same twice is one node, so that an event which two watchers
 * send to one target arrives there once.
 * @param newId Node-RED's ids are 16 hexadecimal digits
 */
export function wiredFlow(source: PlannedNode, routes: readonly Route[], newId: () => string): WiredFlow {
  const tab = newId()
  const nodes: FlowNode[] = []
  const credentials: Record<string, Readonly<Record<string, string>>> = {}
  const made = new Map<string, string>()
  let row = 0

  /** @param column undefined for a config node, which stands on no tab */
  const place = (planned: PlannedNode, column: number | undefined, at: number): string => {
    const mark = JSON.stringify(planned)
    const known = made.get(mark)
    if (known !== undefined) return known
    const id = newId()
    made.set(mark, id)
    const used = Object.entries(planned.uses ?? {}).map(
      ([name, config]) => [name, place(config, undefined, 0)] as const,
    )
    const next = planned.next === undefined ? [] : [place(planned.next, (column ?? 0) + 220, at)]
    if (planned.credentials !== undefined && Object.keys(planned.credentials).length > 0) {
      credentials[id] = planned.credentials
    }
    const where =
      column === undefined ? {} : { z: tab, x: column, y: at, wires: WITHOUT_OUTPUT.has(planned.type) ? [] : [next] }
    nodes.push({
      id,
      type: planned.type,
      ...versionOf(planned.type),
      ...planned.settings,
      ...Object.fromEntries(used),
      ...where,
    })
    return id
  }

  const filter = newId()
  const wires = routes.map(({ to }) => {
    if (to === undefined) return []
    const before = made.size
    const id = place(to, 640, 100 + row * ROW)
    if (made.size > before) row += 1
    return [id]
  })
  const input = place(source, 160, 100)
  const rules = routes.map(({ rule }) => rule)
  const head: FlowNode[] = [
    { id: tab, type: 'tab', label: 'PCE events to people', disabled: false, info: '' },
    {
      ...{
        id: filter,
        type: 'cadf-filter',
        z: tab,
        version: 1,
        name: 'Watchers',
        mode: 'all',
        otherwise: false,
        rules,
      },
      ...{ outputs: rules.length, x: 380, y: 100, wires },
    },
  ]
  const wired = nodes.map((node) => (node.id === input ? { ...node, wires: [[filter]] } : node))
  return { flow: [...head, ...wired], credentials }
}

const WITHOUT_OUTPUT = new Set(['syslog-out'])

/** Core nodes have no version of ours. */
function versionOf(type: string): { readonly version?: 1 } {
  return /^(audit-|illumio-|syslog-)/.test(type) ? { version: 1 } : {}
}
