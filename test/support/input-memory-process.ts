// Passes messages through a node's input and prints by how many megabytes the old objects grew. A process of its own: what other
// tests leave behind would be counted otherwise.
import { EventEmitter } from 'node:events'
import { getHeapSpaceStatistics } from 'node:v8'
import type { Node, NodeAPI } from 'node-red'
import { onInput } from '../../nodes/shared/input'

const MESSAGES = 20_000

const RED = {
  events: new EventEmitter(),
  log: { warn: () => {}, error: () => {} },
  nodes: {},
} as unknown as NodeAPI
const node = new EventEmitter()
let taken = 0
onInput(RED, node as unknown as Node, () => {
  taken += 1
})
const pass = (count: number) => {
  for (let i = 0; i < count; i++) {
    const msg = { payload: Array.from({ length: 200 }, () => i), _delivery: `token.${i}` }
    node.emit(
      'input',
      msg,
      () => {},
      () => {},
    )
  }
}
pass(MESSAGES)
const before = oldMegabytes()
pass(MESSAGES)
const grown = oldMegabytes() - before
if (taken !== 2 * MESSAGES) throw new Error(`${taken} messages were taken`)
process.stdout.write(String(grown))

function oldMegabytes(): number {
  const old = getHeapSpaceStatistics().find(({ space_name }) => space_name === 'old_space')
  return (old?.space_used_size ?? 0) / 1e6
}
