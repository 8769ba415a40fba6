/** A line as bytes of the file: `[offset, end)` with its line end. */
export interface FileLine {
  readonly offset: number
  /** Where the next line starts. */
  readonly end: number
  /** Without its line end; only the beginning of a line that is too long. */
  readonly bytes: Buffer
  readonly tooLong: boolean
}

const LINE_FEED = 0x0a
const CARRIAGE_RETURN = 0x0d
/** Of a line that is too long so much is kept, to tell what it was. */
const KEPT_OF_TOO_LONG = 4096

/**
 * Cuts chunks of a file into lines. Works on bytes, so that a character that is split over two chunks does no harm, and
 * holds at most one line of `longest` bytes.
 */
export class LineSplitter {
  private parts: Buffer[] = []
  private held = 0
  private tooLong = false
  /** Start of the line that is being collected. */
  private start: number
  private next: number
  private readonly longest: number

  constructor(offset: number, longest: number) {
    this.start = offset
    this.next = offset
    this.longest = longest
  }

  /** End of the last complete line. */
  get offset(): number {
    return this.start
  }

  push(chunk: Buffer): FileLine[] {
    const lines: FileLine[] = []
    let from = 0
    for (;;) {
      const at = chunk.indexOf(LINE_FEED, from)
      if (at < 0) break
      this.hold(chunk.subarray(from, at))
      this.next += at + 1 - from
      lines.push(this.take())
      from = at + 1
    }
    if (from < chunk.length) {
      // The reader uses its buffer again.
      this.hold(Buffer.from(chunk.subarray(from)))
      this.next += chunk.length - from
    }
    return lines
  }

  /** The last line of a file that nobody writes to any more, if it has no line end. */
  finish(): FileLine | undefined {
    return this.next > this.start ? this.take() : undefined
  }

  private hold(part: Buffer): void {
    if (this.tooLong || part.length === 0) return
    this.parts.push(part)
    this.held += part.length
    if (this.held <= this.longest) return
    this.tooLong = true
    this.parts = [Buffer.from(Buffer.concat(this.parts).subarray(0, KEPT_OF_TOO_LONG))]
  }

  private take(): FileLine {
    const [first] = this.parts
    let bytes = this.parts.length === 1 && first !== undefined ? first : Buffer.concat(this.parts)
    if (bytes.at(-1) === CARRIAGE_RETURN) bytes = bytes.subarray(0, -1)
    const line = { offset: this.start, end: this.next, bytes, tooLong: this.tooLong }
    this.parts = []
    this.held = 0
    this.tooLong = false
    this.start = this.next
    return line
  }
}
