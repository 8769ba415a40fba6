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
 *
 * Most deliveries are one message object from end to end, for which a Map would cost more than all the rest: it is only
 * made for what a second message object sets off.
 */
export class Holds {
  /** Those of one message object. */
  private first: Hold | undefined
  /** Those of the others, the first of each. */
  private others: Map<object, Hold> | undefined

  add(hold: Hold): void {
    const { message } = hold
    if (this.first?.message === message || (this.first === undefined && !this.others?.has(message))) {
      hold.next = this.first
      this.first = hold
      return
    }
    this.others ??= new Map()
    hold.next = this.others.get(message)
    this.others.set(message, hold)
  }

  remove(hold: Hold): void {
    const first = this.of(hold.message)
    if (first === hold) {
      this.begin(hold.message, hold.next)
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
    let hold = this.of(message)
    while (hold !== undefined && (hold.nodeId !== nodeId || hold.state !== state)) hold = hold.next
    return hold
  }

  /** The first that fits, whatever its message. */
  findAt(nodeId: string, fits: (hold: Hold) => boolean): Hold | undefined {
    for (const hold of this) if (hold.nodeId === nodeId && fits(hold)) return hold
    return undefined
  }

  *[Symbol.iterator](): Generator<Hold> {
    const firsts = this.others === undefined ? [] : [...this.others.values()]
    if (this.first !== undefined) firsts.unshift(this.first)
    for (const first of firsts) {
      for (let hold: Hold | undefined = first; hold !== undefined; ) {
        const { next }: Hold = hold
        yield hold
        hold = next
      }
    }
  }

  private of(message: object): Hold | undefined {
    return this.first?.message === message ? this.first : this.others?.get(message)
  }

  private begin(message: object, hold: Hold | undefined): void {
    if (this.first?.message === message) this.first = hold
    else if (hold === undefined) this.others?.delete(message)
    else this.others?.set(message, hold)
  }
}
