/**
 * Finds a value by its token, like a Map, for tokens that come and go with every message.
 *
 * A Map is no good for that: V8 makes it a new table every so many deletions, and each old table points to the next one
 * and to what was in it. Once one of them has grown old, all that follow look alive to the collector of young objects,
 * whole messages with them, until the next full collection (measured: 64 MB instead of 9). So this is one table with open
 * addressing that is only replaced when it grows.
 */
export class TokenTable<V> {
  private tokens: (string | undefined)[] = new Array<string | undefined>(FIRST_CAPACITY).fill(undefined)
  private stored: (V | undefined)[] = new Array<V | undefined>(FIRST_CAPACITY).fill(undefined)
  private mask = FIRST_CAPACITY - 1
  private count = 0

  get size(): number {
    return this.count
  }

  get(token: string): V | undefined {
    return this.stored[this.slotOf(token)]
  }

  set(token: string, value: V): void {
    let slot = this.slotOf(token)
    if (this.tokens[slot] === undefined) {
      if (this.count * 2 >= this.mask) {
        this.grow()
        slot = this.slotOf(token)
      }
      this.count += 1
    }
    this.tokens[slot] = token
    this.stored[slot] = value
  }

  delete(token: string): boolean {
    let free = this.slotOf(token)
    if (this.tokens[free] === undefined) return false
    this.count -= 1
    // What follows without a hole moves up, if its own place is not behind the one that has become free.
    for (let next = (free + 1) & this.mask; ; next = (next + 1) & this.mask) {
      const moved = this.tokens[next]
      if (moved === undefined) break
      const home = hash(moved) & this.mask
      const canMove = free <= next ? home <= free || home > next : home <= free && home > next
      if (!canMove) continue
      this.tokens[free] = moved
      this.stored[free] = this.stored[next]
      free = next
    }
    this.tokens[free] = undefined
    this.stored[free] = undefined
    return true
  }

  values(): V[] {
    return this.stored.filter((value) => value !== undefined)
  }

  /** Where the token is, or where it would go. */
  private slotOf(token: string): number {
    let slot = hash(token) & this.mask
    for (;;) {
      const found = this.tokens[slot]
      if (found === undefined || found === token) return slot
      slot = (slot + 1) & this.mask
    }
  }

  private grow(): void {
    const { tokens, stored } = this
    const capacity = tokens.length * 2
    this.tokens = new Array<string | undefined>(capacity).fill(undefined)
    this.stored = new Array<V | undefined>(capacity).fill(undefined)
    this.mask = capacity - 1
    for (const [index, token] of tokens.entries()) {
      if (token === undefined) continue
      const slot = this.slotOf(token)
      this.tokens[slot] = token
      this.stored[slot] = stored[index]
    }
  }
}

const FIRST_CAPACITY = 1024

/** A token is the random key of its source and a running number: their ends tell tokens apart. */
function hash(token: string): number {
  const { length } = token
  let result = length > 2 ? token.charCodeAt(0) * 961 + token.charCodeAt(1) * 31 + token.charCodeAt(2) : 0
  for (let i = length > 5 ? length - 5 : 0; i < length; i++) result = Math.imul(result, 31) + token.charCodeAt(i)
  result = Math.imul(result ^ (result >>> 15), 0x85ebca6b)
  return result ^ (result >>> 13)
}
