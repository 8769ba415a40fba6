import type { Hold } from './holds'
import type { Cancel, Clock, Wire } from './ports'

const TICK_MS = 500
const OVERDUE_AFTER_TICKS = 2

/**
 * Wires on which something was sent and whose receiver has not been found yet. Normally that takes no time at all; what
 * is still here after a second is looked at.
 */
export class Announcements {
  private readonly clock: Clock
  private readonly onOverdue: (wire: Wire, hold: Hold) => 'keep waiting' | 'done'
  /** In the order of sending. A receiver is normally found at once, so the one asked for stands at the end. */
  private wires: Wire[] = []
  private holds: Hold[] = []
  private ticks = 0
  private cancelTick: Cancel | undefined

  constructor(clock: Clock, onOverdue: (wire: Wire, hold: Hold) => 'keep waiting' | 'done') {
    this.clock = clock
    this.onOverdue = onOverdue
  }

  add(wire: Wire, hold: Hold): void {
    hold.tick = this.ticks
    this.wires.push(wire)
    this.holds.push(hold)
    // The timer runs on while messages flow, so a wire costs no timer of its own.
    this.cancelTick ??= this.clock.setTimeout(() => this.onTick(), TICK_MS)
  }

  take(wire: Wire): Hold | undefined {
    const { wires, holds } = this
    const last = wires.length - 1
    if (wires[last] === wire) {
      wires.pop()
      return holds.pop()
    }
    const index = wires.lastIndexOf(wire, last - 1)
    if (index < 0) return undefined
    wires.splice(index, 1)
    return holds.splice(index, 1)[0]
  }

  *[Symbol.iterator](): Generator<Hold> {
    yield* this.holds
  }

  private onTick(): void {
    this.ticks += 1
    this.cancelTick = undefined
    const overdue = this.holds.findIndex((hold) => hold.tick > this.ticks - OVERDUE_AFTER_TICKS)
    const count = overdue < 0 ? this.holds.length : overdue
    const wires = this.wires.splice(0, count)
    const holds = this.holds.splice(0, count)
    for (const [index, hold] of holds.entries()) {
      const wire = wires[index]
      if (wire === undefined || hold.delivery.settled || this.onOverdue(wire, hold) === 'done') continue
      hold.tick = this.ticks
      this.wires.push(wire)
      this.holds.push(hold)
    }
    if (this.holds.length > 0) this.cancelTick ??= this.clock.setTimeout(() => this.onTick(), TICK_MS)
  }
}
