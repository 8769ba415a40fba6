import { wordCharacters } from './escapes'
import { Matcher } from './matcher'
import { parse } from './parse'
import { positionsOf } from './positions'
import { RegexpProblem } from './problem'
import { Steps } from './steps'

export interface LinearRegexp {
  /** Whether any part of the text matches, in time proportional to the text's length. */
  test(text: string): boolean
}

/** Up to here every expression takes about 25 ms on 100 kB even by bit sets (measured, docs/decisions/0014); larger ones must fit the state cache. */
const MOST_POSITIONS_BY_SETS = 160

/**
 * Compiles a regular expression that cannot run away: the common part of JavaScript's syntax with the meaning of the
 * `u` flag, without back-references, look-around and Unicode properties. Why it is our own: docs/decisions/0014-regular-expressions-by-our-own-automaton.md
 * @param flags any of `i` (ignore case) and `s` (the dot matches line ends)
 * @throws RegexpProblem with the reason in words
 */
export function compileRegexp(source: string, flags: { ignoreCase?: boolean; dotAll?: boolean } = {}): LinearRegexp {
  const ignoreCase = flags.ignoreCase ?? false
  const expression = parse(source, { ignoreCase, dotAll: flags.dotAll ?? false })
  const automaton = positionsOf(expression, source)
  const matcher = new Matcher(new Steps(automaton, wordCharacters(ignoreCase)))
  if (automaton.count > MOST_POSITIONS_BY_SETS && !matcher.complete()) {
    throw new RegexpProblem(
      'REGEXP_TOO_LARGE',
      source,
      `is too large: with its counted repetitions written out it has ${automaton.count - 1} characters, and it is not simple enough for that`,
      'Lower the counts, or split it into several conditions',
    )
  }
  return matcher
}
