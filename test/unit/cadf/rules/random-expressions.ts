/** Numbers in [0, 1) that are the same in every run (mulberry32). */
export function seeded(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296
  }
}

const TEXT = ['a', 'b', 'k', 'K', '_', '-', ' ', '\n', 'é', 'É', 'ſ', '😀', '0', '.', '\u212a']
const LITERALS = ['a', 'b', 'k', '0', 'é', '_', '-', '😀', '\\.', 'S']
const CLASSES = ['\\d', '\\w', '\\s', '\\W', '\\D', '\\S']
const MEMBERS = ['a', 'b', 'a-c', '\\w', '\\W', 'é', 'k-m', '0-9', '\\-', '😀', '\\s', 'S-T']
const REPEATS = ['', '', '', '*', '+', '?', '*?', '+?', '??', '{2}', '{1,3}', '{0,2}', '{2,}', '{0,}']
/** Around repetitions, so that JavaScript's own matcher comes to an end. */
const FEW_REPEATS = ['', '?', '{1,2}', '??']

export function randomText(random: () => number): string {
  return Array.from({ length: below(9, random) }, () => pick(TEXT, random)).join('')
}

/** An expression of the syntax that both matchers take, with the `u` flag. */
export function randomExpression(random: () => number, depth = 2): string {
  const options = Array.from({ length: pick([1, 1, 1, 2, 3], random) }, () =>
    Array.from({ length: below(4, random) }, () => term(random, depth)).join(''),
  )
  return options.join('|')
}

function term(random: () => number, depth: number): string {
  const kind = below(depth > 0 ? 13 : 9, random)
  if (kind === 7) return pick(['\\b', '\\B'], random)
  if (kind === 8) return pick(['^', '$'], random)
  if (kind < 4) return pick(LITERALS, random) + pick(REPEATS, random)
  if (kind === 4) return `.${pick(REPEATS, random)}`
  if (kind === 5) return pick(CLASSES, random) + pick(REPEATS, random)
  if (kind === 6) {
    const members = Array.from({ length: 1 + below(3, random) }, () => pick(MEMBERS, random))
    return `[${pick(['', '^'], random)}${members.join('')}]${pick(REPEATS, random)}`
  }
  const inner = randomExpression(random, depth - 1)
  const opening = pick(['(', '(?:', `(?<n${below(1e9, random)}>`], random)
  return `${opening}${inner})${pick(/[*+]|,\}|,\d/.test(inner) ? FEW_REPEATS : REPEATS, random)}`
}

function below(limit: number, random: () => number): number {
  return Math.floor(random() * limit)
}

function pick<T>(from: readonly T[], random: () => number): T {
  return from[below(from.length, random)] as T
}
