import { closedUnderCase } from './case-folding'
import { ANYTHING, type CodePointSet, complement, LINE_TERMINATORS, NOTHING, union } from './code-point-set'
import { classEscape, readCharacterEscape } from './escapes'
import { RegexpProblem } from './problem'
import { ASSERTION, type Assertion, type Expression, type Flags } from './syntax'

const LONGEST_SOURCE = 2000
/** Groups in groups; beyond it nobody reads the expression, and recursion must end somewhere. */
const DEEPEST_NESTING = 50

const EMPTY: Expression = { kind: 'sequence', parts: [] }

/**
 * Reads a regular expression in JavaScript's syntax with the meaning that the `u` flag gives it (a character is a code
 * point). As without `u`, a lone `]`, `{` or `}` is taken literally and any punctuation may be escaped.
 * @throws RegexpProblem
 */
export function parse(source: string, flags: Flags): Expression {
  if (source.length > LONGEST_SOURCE) {
    throw new RegexpProblem('REGEXP_TOO_LARGE', source, `is longer than ${LONGEST_SOURCE} characters`, SPLIT)
  }
  return new Parser(source, flags).whole()
}

const SPLIT = 'Use several conditions, or "is one of" for a list of words'
const NO_LINEAR_TIME = 'Such expressions can take minutes for one message, which would stop the whole of Node-RED'

class Parser {
  private readonly source: string
  private readonly flags: Flags
  private readonly characters: readonly string[]
  private at = 0
  private depth = 0

  constructor(source: string, flags: Flags) {
    this.source = source
    this.flags = flags
    this.characters = [...source]
  }

  whole(): Expression {
    const expression = this.choice()
    if (this.at < this.characters.length) throw this.syntax('has a ")" without "("')
    return expression
  }

  private choice(): Expression {
    if (++this.depth > DEEPEST_NESTING) {
      throw new RegexpProblem('REGEXP_TOO_LARGE', this.source, `nests groups deeper than ${DEEPEST_NESTING}`)
    }
    const options = [this.sequence()]
    while (this.skip('|')) options.push(this.sequence())
    this.depth--
    return options.length === 1 ? (options[0] as Expression) : { kind: 'choice', options }
  }

  private sequence(): Expression {
    const parts: Expression[] = []
    for (let next = this.peek(); next !== undefined && next !== '|' && next !== ')'; next = this.peek()) {
      const part = this.term()
      parts.push(part.kind === 'assertion' ? this.unrepeated(part) : this.repeated(part))
    }
    return parts.length === 0 ? EMPTY : parts.length === 1 ? (parts[0] as Expression) : { kind: 'sequence', parts }
  }

  private term(): Expression {
    const character = this.take() as string
    switch (character) {
      case '^':
        return assertion(ASSERTION.start)
      case '$':
        return assertion(ASSERTION.end)
      case '.':
        return { kind: 'set', set: this.flags.dotAll ? ANYTHING : complement(LINE_TERMINATORS) }
      case '(':
        return this.group()
      case '[':
        return { kind: 'set', set: this.characterClass() }
      case '\\':
        return this.escape()
      case '*':
      case '+':
      case '?':
        throw this.syntax(`has "${character}" with nothing before it to repeat`)
      case '{':
        this.at--
        if (this.counts() !== undefined) throw this.syntax('has a count in braces with nothing before it to repeat')
        this.at++
        return this.literal(character)
      default:
        return this.literal(character)
    }
  }

  private group(): Expression {
    if (this.skip('?')) this.groupKind()
    const body = this.choice()
    if (!this.skip(')')) throw this.syntax('lacks a ")"')
    // A group around an assertion may be repeated, the bare assertion may not.
    return body.kind === 'assertion' ? { kind: 'sequence', parts: [body] } : body
  }

  private groupKind(): void {
    if (this.skip(':')) return
    const ahead = this.characters.slice(this.at, this.at + 2).join('')
    const kind = ['<=', '<!'].includes(ahead) ? 'look-behind' : ['=', '!'].includes(ahead.charAt(0)) ? 'look-ahead' : ''
    if (kind !== '') {
      throw new RegexpProblem(
        'REGEXP_LOOK_AROUND',
        this.source,
        `uses ${kind} (?${kind === 'look-behind' ? ahead : ahead.charAt(0)}…), which is not taken here`,
        `${NO_LINEAR_TIME}. Say it with a second condition that is negated`,
      )
    }
    if (this.skip('<')) {
      let name = ''
      while (this.peek() !== undefined && this.peek() !== '>') name += this.take()
      if (!this.skip('>') || !/^[\p{ID_Start}$_][\p{ID_Continue}$]*$/u.test(name)) {
        throw this.syntax('has a group with a faulty name')
      }
      return
    }
    throw new RegexpProblem(
      'REGEXP_UNSUPPORTED',
      this.source,
      'has a "(?" that begins nothing known here',
      'Known are (…), (?:…) and (?<name>…); tick "ignore case" for the whole condition instead of (?i:…)',
    )
  }

  private escape(): Expression {
    const next = this.peek()
    if (next === undefined) throw this.syntax('ends in a lone backslash')
    if (next === 'b' || next === 'B') {
      this.at++
      return assertion(next === 'b' ? ASSERTION.wordBoundary : ASSERTION.noWordBoundary)
    }
    if (/[1-9k]/.test(next)) {
      throw new RegexpProblem(
        'REGEXP_BACK_REFERENCE',
        this.source,
        `uses the back-reference \\${next}, which is not taken here`,
        NO_LINEAR_TIME,
      )
    }
    const set = classEscape(next, this.flags.ignoreCase)
    if (set !== undefined) {
      this.at++
      return { kind: 'set', set }
    }
    return this.literalCodePoint(this.characterEscape(false))
  }

  private characterEscape(inClass: boolean): number {
    const read = readCharacterEscape(this.characters, this.at, inClass)
    if (typeof read === 'string') {
      if (read !== '') throw new RegexpProblem('REGEXP_UNSUPPORTED', this.source, read)
      throw this.syntax(`has the unknown escape \\${this.peek() ?? ''}`)
    }
    this.at = read.next
    return read.codePoint
  }

  private characterClass(): CodePointSet {
    const negated = this.skip('^')
    const sets: CodePointSet[] = []
    for (;;) {
      if (this.peek() === undefined) throw this.syntax('lacks a "]"')
      if (this.skip(']')) break
      const from = this.classMember()
      if (this.peek() === '-' && this.characters[this.at + 1] !== ']' && this.characters[this.at + 1] !== undefined) {
        this.at++
        const to = this.classMember()
        if (typeof from !== 'number' || typeof to !== 'number') {
          // `[\w-.]`: the hyphen stands for itself, as it does without the u flag.
          sets.push(
            typeof from === 'number' ? [from, from] : from,
            [0x2d, 0x2d],
            typeof to === 'number' ? [to, to] : to,
          )
        } else if (from > to) {
          throw this.syntax('has a range in brackets that ends before it begins')
        } else sets.push([from, to])
      } else sets.push(typeof from === 'number' ? [from, from] : from)
    }
    const set = this.folded(union(sets))
    return negated ? complement(set) : set
  }

  private classMember(): number | CodePointSet {
    const character = this.take() as string
    if (character !== '\\') return character.codePointAt(0) as number
    const set = classEscape(this.peek() ?? '', this.flags.ignoreCase)
    if (set === undefined) return this.characterEscape(true)
    this.at++
    return set
  }

  private repeated(body: Expression): Expression {
    const counts = this.counts()
    if (counts === undefined) return body
    // Greedy or not decides which text is found, never whether one is.
    this.skip('?')
    const [min, max] = counts
    if (min > max) throw this.syntax('has a repetition whose lower count is above the upper one')
    if (this.counts() !== undefined) throw this.syntax('repeats a repetition')
    return { kind: 'repeat', body, min, max }
  }

  private unrepeated(part: Expression): Expression {
    if (this.counts() !== undefined) throw this.syntax('repeats an anchor or a word boundary')
    return part
  }

  /** Reads a quantifier, if one stands here. */
  private counts(): [min: number, max: number] | undefined {
    const next = this.peek()
    if (next === '*' || next === '+' || next === '?') {
      this.at++
      return [next === '+' ? 1 : 0, next === '?' ? 1 : Number.POSITIVE_INFINITY]
    }
    if (next !== '{') return undefined
    const end = this.characters.indexOf('}', this.at)
    const found = /^\{(\d+)(,(\d*))?$/.exec(this.characters.slice(this.at, Math.max(end, this.at)).join(''))
    if (found === null) return undefined
    this.at = end + 1
    const min = Number(found[1])
    return [min, found[2] === undefined ? min : found[3] === '' ? Number.POSITIVE_INFINITY : Number(found[3])]
  }

  private literal(character: string): Expression {
    return this.literalCodePoint(character.codePointAt(0) as number)
  }

  private literalCodePoint(codePoint: number): Expression {
    return { kind: 'set', set: this.folded([codePoint, codePoint]) }
  }

  private folded(set: CodePointSet): CodePointSet {
    return this.flags.ignoreCase && set !== NOTHING ? closedUnderCase(set) : set
  }

  private peek(): string | undefined {
    return this.characters[this.at]
  }

  private take(): string | undefined {
    return this.characters[this.at++]
  }

  private skip(character: string): boolean {
    if (this.characters[this.at] !== character) return false
    this.at++
    return true
  }

  private syntax(problem: string): RegexpProblem {
    return new RegexpProblem('REGEXP_SYNTAX', this.source, problem)
  }
}

function assertion(which: Assertion): Expression {
  return { kind: 'assertion', assertion: which }
}
