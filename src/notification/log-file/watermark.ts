/** One line that is being worked on. */
export interface Entry {
  /** The line is finished: the position may move past it as soon as all before it are. */
  readonly done: () => void
}

interface Slot<P> extends Entry {
  finished: boolean
  /** Behind this line, and behind the lines passed over after it. */
  after: P
}

/**
 * The position below which everything is finished. Lines finish in any order; the position moves up only to the lowest
 * one that is still open.
 */
export class Watermark<P> {
  private slots: Slot<P>[] = []
  private first = 0
  private current: P
  private readonly onMove: () => void

  constructor(start: P, onMove: () => void) {
    this.current = start
    this.onMove = onMove
  }

  get position(): P {
    return this.current
  }

  /** Lines that are open, or finished above an open one. */
  get size(): number {
    return this.slots.length - this.first
  }

  open(after: P): Entry {
    const slot: Slot<P> = {
      after,
      finished: false,
      done: () => {
        if (slot.finished) return
        slot.finished = true
        this.advance()
      },
    }
    this.slots.push(slot)
    return slot
  }

  /** A line that needs no work. */
  pass(after: P): void {
    const last = this.slots.at(-1)
    if (last !== undefined && this.size > 0) {
      last.after = after
      return
    }
    this.current = after
    this.onMove()
  }

  private advance(): void {
    let moved = false
    for (let slot = this.slots[this.first]; slot?.finished; slot = this.slots[this.first]) {
      this.current = slot.after
      this.first++
      moved = true
    }
    if (!moved) return
    if (this.first === this.slots.length) {
      this.slots = []
      this.first = 0
    } else if (this.first > 1000) {
      this.slots = this.slots.slice(this.first)
      this.first = 0
    }
    this.onMove()
  }
}
