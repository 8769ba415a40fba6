import assert from 'node:assert/strict'

const idOrAddress =
  /^(req-)?[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$|^[0-9a-f]{32}$|^\d+\.\d+\.\d+\.\d+$|^[0-9a-f:]*:[0-9a-f:]*$/
const times = [
  /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/,
  /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/,
  /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{6}$/,
]

/**
 * Compares what was made with what was recorded: the same keys, the same values; where a value is an id, an address or a
 * time it need not be the same but must be of the same form, and one id of the recording must stand for one id of the
 * copy throughout.
 */
export class Likeness {
  readonly #copyOf = new Map<string, string>()
  readonly #recordedOf = new Map<string, string>()
  /** Keys whose numbers are the server's own: only their being numbers counts. */
  readonly #counted: ReadonlySet<string>

  constructor(counted: readonly string[] = []) {
    this.#counted = new Set(counted)
  }

  /** The copy's id for a recorded one; a recorded one that was never seen stays as it is. */
  translated<T>(recorded: T): T {
    if (typeof recorded === 'string') return (this.#copyOf.get(recorded) ?? recorded) as T
    if (Array.isArray(recorded)) return recorded.map((each) => this.translated(each)) as T
    if (typeof recorded !== 'object' || recorded === null) return recorded
    return Object.fromEntries(Object.entries(recorded).map(([key, value]) => [key, this.translated(value)])) as T
  }

  /** Ids inside a longer text, such as a URL. */
  translatedText(recorded: string): string {
    let text = recorded
    for (const [from, to] of this.#copyOf) text = text.replaceAll(from, to)
    return text
  }

  same(copy: unknown, recorded: unknown, where: string): void {
    if (Array.isArray(recorded)) {
      assert.ok(Array.isArray(copy), `${where} is a list in the recording`)
      assert.equal(copy.length, recorded.length, `${where} has as many members as in the recording`)
      this.#inStep(copy, recorded).forEach(([one, other], index) => {
        this.same(one, other, `${where}[${index}]`)
      })
      return
    }
    if (typeof recorded === 'object' && recorded !== null) {
      assert.ok(
        typeof copy === 'object' && copy !== null,
        `${where} is an object in the recording, not ${String(copy)}`,
      )
      assert.deepEqual(Object.keys(copy).sort(), Object.keys(recorded).sort(), `keys of ${where}`)
      for (const [key, value] of Object.entries(recorded)) {
        this.same((copy as Record<string, unknown>)[key], value, `${where}.${key}`)
      }
      return
    }
    const key = where.slice(where.lastIndexOf('.') + 1)
    if (typeof recorded === 'number' && this.#counted.has(key)) {
      assert.equal(typeof copy, 'number', `${where} is a number`)
      return
    }
    if (typeof recorded === 'string' && typeof copy === 'string') {
      const form = times.find((each) => each.test(recorded))
      if (form !== undefined) assert.match(copy, form, `${where} is a time as in the recording`)
      else if (idOrAddress.test(recorded)) this.#identify(copy, recorded, where)
      else assert.equal(copy, this.translatedText(recorded), where)
    } else assert.equal(copy, recorded, where)
  }

  #identify(copy: string, recorded: string, where: string): void {
    assert.match(copy, idOrAddress, `${where} is an id or address as in the recording`)
    const known = this.#copyOf.get(recorded)
    if (known !== undefined) {
      assert.equal(copy, known, `${where} is the same one as before`)
      return
    }
    // An address that was chosen freely may be one that the recording mentions elsewhere, as the start of a pool.
    if (!/[.:]/.test(copy)) assert.equal(this.#recordedOf.get(copy), undefined, `${where} is another one than before`)
    this.#copyOf.set(recorded, copy)
    this.#recordedOf.set(copy, recorded)
  }

  /** Neutron sorts by id, and the copy's ids sort otherwise: members with known ids are brought side by side. */
  #inStep(copy: readonly unknown[], recorded: readonly unknown[]): [unknown, unknown][] {
    const left = [...copy]
    const pairs: [unknown, unknown][] = []
    const take = (matches: (one: unknown) => boolean): unknown => {
      const at = left.findIndex(matches)
      return at < 0 ? undefined : left.splice(at, 1)[0]
    }
    const waiting: unknown[] = []
    for (const other of recorded) {
      const id = this.#copyOf.get(idOf(other) ?? '')
      const mate = id === undefined ? undefined : take((one) => idOf(one) === id)
      if (mate === undefined) waiting.push(other)
      else pairs.push([mate, other])
    }
    for (const other of waiting) {
      const mate = take((one) => fingerprint(one) === fingerprint(other)) ?? take(() => true)
      pairs.push([mate, other])
    }
    return pairs
  }
}

function idOf(member: unknown): string | undefined {
  if (typeof member === 'string') return member
  const id = typeof member === 'object' && member !== null ? (member as { id?: unknown }).id : undefined
  return typeof id === 'string' ? id : undefined
}

/** What tells two new members apart that have no known id yet. */
function fingerprint(member: unknown): string {
  const { name, ethertype, direction, port_range_min: port, cidr, rel } = (member ?? {}) as Record<string, unknown>
  return JSON.stringify([name, ethertype, direction, port, cidr, rel])
}
