import assert from 'node:assert/strict'
import { LineSplitter } from '../../../../src/notification/log-file/line-splitter'

const split = (chunks: (string | Buffer)[], longest = 1000, offset = 0) => {
  const splitter = new LineSplitter(offset, longest)
  // Copies, as a reader uses its buffer again.
  const lines = chunks.flatMap((chunk) => {
    const buffer = Buffer.from(chunk)
    const taken = splitter.push(buffer).map((line) => ({ ...line, text: line.bytes.toString('utf8') }))
    buffer.fill(0x21)
    return taken
  })
  return { lines, splitter }
}

describe('Lines cut from chunks of a file', () => {
  it('know where they begin and end', () => {
    const { lines, splitter } = split(['one\ntwo\nthr', 'ee\nfo'], 1000, 100)
    assert.deepEqual(
      lines.map(({ text, offset, end }) => [text, offset, end]),
      [
        ['one', 100, 104],
        ['two', 104, 108],
        ['three', 108, 114],
      ],
    )
    assert.equal(splitter.offset, 114)
  })

  it('are whole, wherever a character is split', () => {
    const text = 'żółw 🐢 {"a": "ü"}\n'
    const bytes = Buffer.from(text)
    for (let at = 0; at <= bytes.length; at++) {
      const { lines } = split([bytes.subarray(0, at), bytes.subarray(at)])
      assert.deepEqual(
        lines.map((line) => `${line.text}\n`),
        [text],
      )
    }
  })

  it('lose their carriage return', () => {
    assert.deepEqual(
      split(['one\r\ntwo\r', '\n']).lines.map(({ text }) => text),
      ['one', 'two'],
    )
  })

  it('may be empty', () => {
    assert.deepEqual(
      split(['\n\na\n']).lines.map(({ text, end }) => [text, end]),
      [
        ['', 1],
        ['', 2],
        ['a', 4],
      ],
    )
  })

  it('come late if they have no end, and only when asked for', () => {
    const { lines, splitter } = split(['one\ntw'])
    assert.equal(lines.length, 1)
    const last = splitter.finish()
    assert.equal(last?.bytes.toString(), 'tw')
    assert.deepEqual([last?.offset, last?.end], [4, 6])
    assert.equal(splitter.finish(), undefined)
  })

  it('are cut and marked when they are too long, and the next one is whole', () => {
    const { lines } = split(['x'.repeat(6000), 'y'.repeat(6000), '\nnext\n'], 10_000)
    const [long, next] = lines
    assert.equal(long?.tooLong, true)
    assert.equal(long?.bytes.length, 4096)
    assert.equal(long?.end, 12_001)
    assert.equal(next?.text, 'next')
    assert.equal(next?.tooLong, false)
    assert.equal(next?.offset, 12_001)
  })
})
