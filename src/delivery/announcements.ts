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
  private readonly holds = new Map<Wire, Hold>()
  private ticks = 0
  private cancelTick: Cancel | undefined

  constructor(clock: Clock, onOverdue: (wire: Wire, hold: Hold) => 'keep waiting' | 'done') {
    this.clock = clock
    this.onOverdue = onOverdue
  }

  add(wire: Wire, hold: Hold): void {
    hold.tick = this.ticks
    this.holds.set(wire, hold)
    // The timer runs on while messages flow, so a wire costs no timer of its own.
    this.cancelTick ??= this.clock.setTimeout(() => this.onTick(), TICK_MS)
  }

  take(wire: Wire): Hold | undefined {
    const hold = this.holds.get(wire)
    if (hold !== undefined) this.holds.delete(wire)
    return hold
  }

  *[Symbol.iterator](): Generator<Hold> {
    yield* this.holds.values()
  }

  clear(): void {
    this.holds.clear()
    this.cancelTick?.()
    this.cancelTick = undefined
  }

  private onTick(): void {
    this.ticks += 1
    this.cancelTick = undefined
    for (const [wire, hold] of this.holds) {
      if (hold.tick > this.ticks - OVERDUE_AFTER_TICKS) break
      this.holds.delete(wire)
      if (hold.delivery.settled || this.onOverdue(wire, hold) === 'done') continue
      hold.tick = this.ticks
      this.holds.set(wire, hold)
    }
    if (this.holds.size > 0) this.cancelTick ??= this.clock.setTimeout(() => this.onTick(), TICK_MS)
  }
}
