export type Framing = 'datagram' | 'octet-counting' | 'newline'

export interface Frame {
  readonly framing: Framing
  readonly bytes: Buffer
  /** false: the connection ended in the middle of it. */
  readonly complete: boolean
}

const largestFrame = 8 * 1024 * 1024

/**
 * Cuts a byte stream into messages (RFC 6587), telling the two framings apart at the start of each message as rsyslog
 * does: a digit begins an octet count, anything else runs to the next newline.
 */
export class FrameReader {
  #held = Buffer.alloc(0)

  push(chunk: Buffer): Frame[] {
    this.#held = Buffer.concat([this.#held, chunk])
    const frames: Frame[] = []
    for (;;) {
      const frame = this.#next()
      if (frame === undefined) break
      if (frame.bytes.length > 0) frames.push(frame)
    }
    if (this.#held.length > largestFrame) throw new RangeError('A syslog message is larger than 8 MiB.')
    return frames
  }

  /** What is left when the connection ends. */
  end(): Frame | undefined {
    const bytes = this.#held
    this.#held = Buffer.alloc(0)
    if (bytes.length === 0) return undefined
    return { framing: startsWithCount(bytes) ? 'octet-counting' : 'newline', bytes, complete: false }
  }

  #next(): Frame | undefined {
    const held = this.#held
    const count = startsWithCount(held)
    if (count === 'undecided') return undefined
    if (count !== undefined) {
      const end = count.from + count.length
      if (held.length < end) return undefined
      this.#held = held.subarray(end)
      return { framing: 'octet-counting', bytes: held.subarray(count.from, end), complete: true }
    }
    const end = held.indexOf(0x0a)
    if (end < 0) return undefined
    this.#held = held.subarray(end + 1)
    return { framing: 'newline', bytes: held.subarray(0, end), complete: true }
  }
}

function startsWithCount(bytes: Buffer): { from: number; length: number } | 'undecided' | undefined {
  const text = bytes.subarray(0, 10).toString('latin1')
  const count = /^([1-9]\d{0,7}) /.exec(text)
  if (count !== null) return { from: count[0].length, length: Number(count[1]) }
  return text.length < 9 && /^[1-9]\d*$/.test(text) ? 'undecided' : undefined
}
