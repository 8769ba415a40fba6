/** What can stand in an {@link InOrder}; in one at a time. */
export interface Ordered<T> {
  previous: T | undefined
  next: T | undefined
}

/**
 * A set in the order of entering, for members that come and go with every message; see TokenTable for what is wrong with
 * a Set. A member that leaves lets go of its neighbours, as an old one would keep all younger ones alive.
 */
export class InOrder<T extends Ordered<T>> {
  private first: T | undefined
  private last: T | undefined
  private count = 0

  get size(): number {
    return this.count
  }

  get oldest(): T | undefined {
    return this.first
  }

  add(member: T): void {
    member.previous = this.last
    if (this.last === undefined) this.first = member
    else this.last.next = member
    this.last = member
    this.count += 1
  }

  delete(member: T): void {
    const { previous, next } = member
    if (previous === undefined && this.first !== member) return
    if (previous === undefined) this.first = next
    else previous.next = next
    if (next === undefined) this.last = previous
    else next.previous = previous
    member.previous = undefined
    member.next = undefined
    this.count -= 1
  }

  /** Those that are in it now. */
  all(): T[] {
    const members: T[] = []
    for (let member = this.first; member !== undefined; member = member.next) members.push(member)
    return members
  }
}
