import type { DatabaseSync } from 'node:sqlite'
import { type Packed, unpacked } from './packed'
import { holdsPhrase } from './text'

/** Functions that our statements use. */
export function addFunctions(database: DatabaseSync): void {
  database.function('plain', { deterministic: true }, (value) => (value === null ? null : unpacked(value as Packed)))
  let asked = ''
  let tokens: string[] = []
  database.function('holds_phrase', { deterministic: true, varargs: true }, (phrase, prefix, ...values) => {
    if (phrase !== asked) {
      asked = String(phrase)
      tokens = JSON.parse(asked) as string[]
    }
    const holds = values.some((value) => value !== null && holdsPhrase(unpacked(value as Packed), tokens, prefix === 1))
    return holds ? 1 : 0
  })
}
