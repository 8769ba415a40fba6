import type { Finding } from './model'

/** A store that was damaged all over must not fill the memory with what is wrong. */
const MOST_LISTED = 1000

/** What was found, in order of writer and position, each place once. */
export class Findings {
  readonly #found = new Map<string, Finding>()
  #more = 0

  add(finding: Finding): void {
    const place = `${finding.writer} ${finding.position} ${finding.kind}`
    if (this.#found.has(place)) return
    if (this.#found.size < MOST_LISTED) this.#found.set(place, finding)
    else this.#more++
  }

  /** Whether anything of this writer was found at or before a position. */
  hasBefore(writer: string, position: number): boolean {
    for (const finding of this.#found.values()) {
      if (finding.writer === writer && finding.position <= position) return true
    }
    return false
  }

  get more(): number {
    return this.#more
  }

  list(): Finding[] {
    const writers = [...new Set([...this.#found.values()].map(({ writer }) => writer))]
    return [...this.#found.values()].sort(
      (a, b) => writers.indexOf(a.writer) - writers.indexOf(b.writer) || a.position - b.position,
    )
  }
}
