import type { FlowNode } from '../../support/node-red'

export type Part = { type: string; id?: string; [property: string]: unknown }

const TAB = { id: 'tab', type: 'tab', label: 'tab' }
/** A node without a place on the canvas is a config node to Node-RED, and started before all others. */
const PLACE = { x: 100, y: 100 }

/** source → parts → gate, each wired to the next by its first output; `extra` is added as it is. */
export function chain(parts: readonly Part[], extra: readonly FlowNode[] = [], source: object = {}): FlowNode[] {
  const named = parts.map((part, index) => ({ id: `n${index + 1}`, ...part }))
  const line: FlowNode[] = [
    { id: 'source', type: 'probe-source', ...source },
    ...named,
    { id: 'gate', type: 'probe-gate' },
  ]
  const wired = line.map((node, index) => {
    const next = line[index + 1]
    return { z: 'tab', ...PLACE, wires: next === undefined ? [] : [[next.id]], ...node }
  })
  return [TAB, ...wired, ...extra.map((node) => ({ z: 'tab', ...PLACE, ...node }))]
}

export function fn(func: string, more: object = {}): Part {
  return { type: 'function', func, outputs: 1, ...more }
}

export function delay(ms: number, more: object = {}): Part {
  return { type: 'delay', pauseType: 'delay', timeout: String(ms), timeoutUnits: 'milliseconds', outputs: 1, ...more }
}

/** One message each `ms`; the others queue up. */
export function rateLimit(ms: number): Part {
  return {
    type: 'delay',
    pauseType: 'rate',
    rate: String(1000 / ms),
    nbRateUnits: '1',
    rateUnits: 'second',
    outputs: 1,
  }
}

/** A subflow with these parts in a row, and one instance of it. */
export function subflow(parts: readonly Part[], id = 'subflow'): { definition: FlowNode[]; instance: Part } {
  const named = parts.map((part, index) => ({ id: `${id}-${index + 1}`, ...part }))
  const definition: FlowNode[] = [
    {
      id,
      type: 'subflow',
      name: id,
      in: [{ x: 0, y: 0, wires: [{ id: `${id}-1` }] }],
      out: [{ x: 0, y: 0, wires: [{ id: `${id}-${parts.length}`, port: 0 }] }],
    },
    ...named.map((part, index) => {
      const next = named[index + 1]
      return { z: id, ...PLACE, wires: [next === undefined ? [] : [next.id]], ...part }
    }),
  ]
  return { definition, instance: { type: `subflow:${id}` } }
}
