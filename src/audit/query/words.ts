/**
 * What full text is made of: a word is a run of letters and digits, with their marks; everything else parts words. So an id with
 * dashes, a path, a type or an address is several words, and is found by asking for them one after the other. Case does not
 * count. Both engines cut what they store like this.
 */
export function wordsOf(text: string): string[] {
  return (text.match(WORD) ?? []).map((word) => word.toLowerCase())
}

const WORD = /[\p{L}\p{N}][\p{L}\p{N}\p{M}]*/gu
