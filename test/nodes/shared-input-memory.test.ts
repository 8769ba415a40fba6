import assert from 'node:assert/strict'
import { EventEmitter } from 'node:events'
import { getHeapSpaceStatistics } from 'node:v8'
import { describe, it } from 'mocha'
import type { Node, NodeAPI } from 'node-red'
import { onInput } from '../../nodes/shared/input'

const MESSAGES = 20_000

describe('a node that has finished with its messages', () => {
  it('leaves none of them for the collector of old objects', () => {
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
    assert.equal(taken, 2 * MESSAGES)
    // One closure assigned to a member in the constructor, and this is over 20 MB.
    assert.ok(grown < 5, `${grown.toFixed(1)} MB more among the old objects`)
  })
})

function oldMegabytes(): number {
  const old = getHeapSpaceStatistics().find(({ space_name }) => space_name === 'old_space')
  return (old?.space_used_size ?? 0) / 1e6
}
