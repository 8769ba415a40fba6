import assert from 'node:assert/strict'
import { Turns } from '../../../../src/audit/trail/turns'

describe('Pieces of work of several callers', () => {
  it('run one in a turn of the event loop, in order', async () => {
    const turns = new Turns()
    const ran: string[] = []
    let turn = 0
    let ended = false
    const count = () => {
      turn += 1
      if (!ended) setImmediate(count)
    }
    setImmediate(count)
    const work = async (name: string) => {
      for (let piece = 0; piece < 5; piece += 1) {
        await turns.next()
        ran.push(`${turn}`)
        assert.ok(name)
      }
    }
    await Promise.all([work('a'), work('b'), work('c')])
    ended = true
    assert.equal(ran.length, 15)
    assert.equal(new Set(ran).size, 15)
  })
})
