import { closedUnderCase } from './case-folding'
import { type CodePointSet, complement, DIGITS, SPACES, WORD } from './code-point-set'

/** What `\d`, `\w`, `\s` and their opposites stand for; undefined for any other letter. */
export function classEscape(letter: string, ignoreCase: boolean): CodePointSet | undefined {
  switch (letter) {
    case 'd':
      return DIGITS
    case 'D':
      return complement(DIGITS)
    case 's':
      return SPACES
    case 'S':
      return complement(SPACES)
    case 'w':
      return wordCharacters(ignoreCase)
    case 'W':
      return complement(wordCharacters(ignoreCase))
    default:
      return undefined
  }
}

/** With the `i` flag the long s and the Kelvin sign are word characters too (ECMA-262, WordCharacters). */
export function wordCharacters(ignoreCase: boolean): CodePointSet {
  return ignoreCase ? closedUnderCase(WORD) : WORD
}

const CONTROL: Readonly<Record<string, number>> = { t: 0x09, n: 0x0a, v: 0x0b, f: 0x0c, r: 0x0d }

/**
 * Reads the escape whose letter (after the backslash) stands at `at`.
 * Returns a text where it cannot: empty for an unknown escape, else what is not offered.
 */
export function readCharacterEscape(
  characters: readonly string[],
  at: number,
  inClass: boolean,
): { codePoint: number; next: number } | string {
  const letter = characters[at]
  if (letter === undefined) return ''
  const control = CONTROL[letter]
  if (control !== undefined) return { codePoint: control, next: at + 1 }
  if (letter === '0' && !/\d/.test(characters[at + 1] ?? '')) return { codePoint: 0, next: at + 1 }
  if (letter === 'b' && inClass) return { codePoint: 0x08, next: at + 1 }
  if (letter === 'c') {
    const of = characters[at + 1] ?? ''
    return /^[a-zA-Z]$/.test(of) ? { codePoint: (of.codePointAt(0) as number) % 32, next: at + 2 } : ''
  }
  if (letter === 'x') return hexadecimal(characters, at + 1, 2) ?? ''
  if (letter === 'u') return unicodeEscape(characters, at + 1) ?? ''
  if (letter === 'p' || letter === 'P') {
    return `uses the Unicode property \\${letter}{…}, which is not offered; list the characters in brackets`
  }
  if (/[0-9a-zA-Z]/.test(letter)) return ''
  return { codePoint: letter.codePointAt(0) as number, next: at + 1 }
}

function unicodeEscape(characters: readonly string[], at: number) {
  if (characters[at] === '{') {
    const end = characters.indexOf('}', at)
    const digits = characters.slice(at + 1, Math.max(end, at)).join('')
    if (!/^[0-9a-fA-F]+$/.test(digits) || Number.parseInt(digits, 16) > 0x10ffff) return undefined
    return { codePoint: Number.parseInt(digits, 16), next: end + 1 }
  }
  const unit = hexadecimal(characters, at, 4)
  if (unit === undefined || unit.codePoint < 0xd800 || unit.codePoint > 0xdbff) return unit
  if (characters[unit.next] !== '\\' || characters[unit.next + 1] !== 'u') return unit
  const low = hexadecimal(characters, unit.next + 2, 4)
  if (low === undefined || low.codePoint < 0xdc00 || low.codePoint > 0xdfff) return unit
  return { codePoint: 0x10000 + ((unit.codePoint - 0xd800) << 10) + (low.codePoint - 0xdc00), next: low.next }
}

function hexadecimal(characters: readonly string[], at: number, length: number) {
  const digits = characters.slice(at, at + length).join('')
  if (digits.length !== length || !/^[0-9a-fA-F]+$/.test(digits)) return undefined
  return { codePoint: Number.parseInt(digits, 16), next: at + length }
}
