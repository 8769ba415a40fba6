import assert from 'node:assert/strict'
import { Watermark } from '../../../../src/notification/log-file/watermark'

describe('The position below which all lines are finished', () => {
  const at = (start = 0) => {
    const moves: number[] = []
    const watermark = new Watermark<number>(start, () => moves.push(watermark.position))
    return { watermark, moves }
  }

  it('moves with lines that are passed over while nothing is open', () => {
    const { watermark, moves } = at()
    watermark.pass(10)
    watermark.pass(20)
    assert.deepEqual(moves, [10, 20])
  })

  it('stays below the lowest open line, whatever finishes above it', () => {
    const { watermark, moves } = at()
    const [a, b, c] = [watermark.open(10), watermark.open(20), watermark.open(30)]
    c.done()
    b.done()
    assert.equal(watermark.position, 0)
    assert.deepEqual(moves, [])
    a.done()
    assert.equal(watermark.position, 30)
    assert.deepEqual(moves, [30])
    assert.equal(watermark.size, 0)
  })

  it('stays below the lowest open line, whatever is passed over above it', () => {
    const { watermark } = at()
    const a = watermark.open(10)
    watermark.pass(50)
    assert.equal(watermark.position, 0)
    a.done()
    assert.equal(watermark.position, 50)
  })

  it('moves to the next open line', () => {
    const { watermark } = at()
    const a = watermark.open(10)
    watermark.pass(15)
    watermark.open(20)
    a.done()
    assert.equal(watermark.position, 15)
  })

  it('counts a line once, however often it is said to be finished', () => {
    const { watermark } = at()
    const a = watermark.open(10)
    watermark.open(20)
    a.done()
    a.done()
    assert.equal(watermark.position, 10)
    assert.equal(watermark.size, 1)
  })

  it('holds over many lines', () => {
    const { watermark } = at()
    const slow = watermark.open(1)
    const entries = Array.from({ length: 5000 }, (_, index) => watermark.open(index + 2))
    for (const entry of entries) entry.done()
    assert.equal(watermark.size, 5001)
    slow.done()
    assert.equal(watermark.position, 5001)
    for (let i = 0; i < 3000; i++) watermark.open(6000 + i).done()
    assert.equal(watermark.position, 8999)
    assert.equal(watermark.size, 0)
  })
})
