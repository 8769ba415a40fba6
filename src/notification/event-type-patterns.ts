/** Tells whether a source hands on notifications of an event type. */
export type EventTypeChoice = (eventType: string) => boolean

/** A cloud has some hundreds of event types of some tens of characters; the limits keep invented ones from filling the memory. */
const REMEMBERED = 2000
const LONGEST_REMEMBERED = 200

/**
 * Makes the choice from patterns with `*` for any text: what some `include` pattern matches (all, if there is none) and
 * no `ignore` pattern. Answers are remembered, as every message asks.
 */
export function eventTypeChoice(include: readonly string[], ignore: readonly string[]): EventTypeChoice {
  const included = include.map(matcher)
  const ignored = ignore.map(matcher)
  const known = new Map<string, boolean>()
  return (eventType) => {
    const before = known.get(eventType)
    if (before !== undefined) return before
    const wanted =
      (included.length === 0 || included.some((matches) => matches(eventType))) &&
      !ignored.some((matches) => matches(eventType))
    if (known.size < REMEMBERED && eventType.length <= LONGEST_REMEMBERED) known.set(eventType, wanted)
    return wanted
  }
}

/** Patterns as a person types them: separated by commas, blanks or lines. What is no text holds none. */
export function patternList(text: unknown): string[] {
  if (typeof text !== 'string') return []
  return text.split(/[\s,]+/).filter((pattern) => pattern !== '')
}

/** Greedy from both ends: no backtracking, whatever the pattern. */
function matcher(pattern: string): (text: string) => boolean {
  const parts = pattern.split('*')
  const first = parts.shift() ?? ''
  const last = parts.pop()
  if (last === undefined) return (text) => text === first
  return (text) => {
    if (text.length < first.length + last.length || !text.startsWith(first) || !text.endsWith(last)) return false
    let at = first.length
    for (const part of parts) {
      const found = text.indexOf(part, at)
      if (found < 0) return false
      at = found + part.length
    }
    return at <= text.length - last.length
  }
}
