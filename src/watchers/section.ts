import { quote } from '../errors/redact'
import type { Verdict, WatchersNote } from './model'
import { type Fields, textOf } from './yaml'

/** Sees to it that no key of the file is passed over: what nobody has taken is noted at the end. */
export class Section {
  readonly #fields: Fields
  readonly #path: string
  readonly #notes: WatchersNote[]
  readonly #taken = new Set<string>()
  readonly #noted = new Set<string>()

  constructor(fields: Fields, path: string, notes: WatchersNote[]) {
    this.#fields = fields
    this.#path = path
    this.#notes = notes
  }

  has(key: string): boolean {
    return Object.hasOwn(this.#fields, key)
  }

  /** As it stands in the file. */
  raw(key: string): unknown {
    this.#taken.add(key)
    return this.has(key) ? this.#fields[key] : undefined
  }

  /** Trimmed; empty where there is none. */
  text(key: string): string {
    return textOf(this.raw(key))
  }

  /** The text, noted as taken. */
  taken(key: string, said: string): string {
    const text = this.text(key)
    if (text !== '') this.note(key, 'taken', said)
    return text
  }

  /** The text; where there is none, what to do is noted. */
  needed(key: string, said: string, remedy: string): string {
    const text = this.taken(key, said)
    if (text === '') this.note(key, 'missing', remedy)
    return text
  }

  /** Says of a key, if it is there, why nothing corresponds to it. */
  without(key: string, why: string): void {
    if (this.has(key)) {
      this.raw(key)
      this.note(key, 'no-meaning', why)
    }
  }

  /** Of a key that is looked at for several watchers the last word stays. */
  note(key: string, verdict: Verdict, said: string): void {
    const path = pathOf(this.#path, key)
    const note: WatchersNote = { key: path, verdict, text: said }
    const before = this.#noted.has(key) ? this.#notes.findIndex((other) => other.key === path) : -1
    if (before >= 0) this.#notes[before] = note
    else this.#notes.push(note)
    this.#noted.add(key)
  }

  /** Of a key that is but a heading nothing is said. */
  heading(key: string): void {
    this.#taken.add(key)
    this.#noted.add(key)
  }

  get keys(): readonly string[] {
    return Object.keys(this.#fields)
  }

  /** @param why of a key that nobody has taken */
  rest(why: string): void {
    for (const key of this.keys) {
      if (this.#noted.has(key)) continue
      const said = this.#taken.has(key) ? 'It is empty, so nothing is taken from it.' : why
      this.note(key, 'no-meaning', said)
    }
  }
}

export function pathOf(path: string, key: string): string {
  const shown = quote(key, 80)
  return path === '' ? shown : `${path}.${shown}`
}
