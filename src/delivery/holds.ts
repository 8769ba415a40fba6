import type { OpenDelivery } from './open-delivery'

/**
 * One reason why a delivery is not finished: a message on a wire, or at a node that has not completed it.
 *
 * announced (sent, provisional) → on its way (the runtime has found the receiver) → held (the receiver has it).
 */
export interface Hold {
  readonly delivery: OpenDelivery
  state: 'announced' | 'on its way' | 'held'
  nodeId: string
  node: object | undefined
  message: object
  /** When it was announced: deploys so far, and the take-back clock. */
  readonly epoch: number
  tick: number
  write: 'none' | 'begun' | 'confirmed'
  /** Another hold on the same message object (link call, complete nodes on their way). */
  next: Hold | undefined
}

/**
 * The holds of one delivery by message. A message object passes through many nodes, and sometimes sits at two at once,
 * so a hold is found by message and node: a node that calls `done` twice releases nothing twice.
 */
export class Holds {
  private readonly byMessage = new Map<object, Hold>()

  add(hold: Hold): void {
    hold.next = this.byMessage.get(hold.message)
    this.byMessage.set(hold.message, hold)
  }

  remove(hold: Hold): void {
    const first = this.byMessage.get(hold.message)
    if (first === hold) {
      if (hold.next === undefined) this.byMessage.delete(hold.message)
      else this.byMessage.set(hold.message, hold.next)
      return
    }
    for (let before = first; before !== undefined; before = before.next) {
      if (before.next === hold) {
        before.next = hold.next
        return
      }
    }
  }

  find(message: object, nodeId: string, state: Hold['state']): Hold | undefined {
    let hold = this.byMessage.get(message)
    while (hold !== undefined && (hold.nodeId !== nodeId || hold.state !== state)) hold = hold.next
    return hold
  }

  /** The first that fits, whatever its message. */
  findAt(nodeId: string, fits: (hold: Hold) => boolean): Hold | undefined {
    for (const hold of this) if (hold.nodeId === nodeId && fits(hold)) return hold
    return undefined
  }

  *[Symbol.iterator](): Generator<Hold> {
    for (const first of [...this.byMessage.values()]) {
      for (let hold: Hold | undefined = first; hold !== undefined; ) {
        const { next }: Hold = hold
        yield hold
        hold = next
      }
    }
  }
}
