/**
 * What full text is made of: a word is a run of letters, digits (with their marks), `-` and `_`, so that an id with dashes is
 * one, as in Hermes, and a path or a type is several. A run without any letter or digit is no word. Case does not count.
 * Both engines cut stored text like this (SQLite: `unicode61` with these two as `tokenchars`).
 */
export function wordsOf(text: string): string[] {
  return (text.match(RUN) ?? []).filter((run) => TELLING.test(run)).map((run) => run.toLowerCase())
}

const RUN = /[\p{L}\p{N}\p{M}_-]+/gu
const TELLING = /[\p{L}\p{N}]/u
