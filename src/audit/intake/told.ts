import type { KeepOutcome } from '../trail'

/** What a flow is told of a message that was stored, as `msg.audit`. */
export interface Told {
  /** Of the event; of a batch that of all its members, or `mixed`. */
  readonly outcome: KeepOutcome | 'mixed'
  /** Of a batch, in the order of its members. */
  readonly outcomes?: readonly KeepOutcome[]
}

export function toldOf(outcomes: readonly KeepOutcome[], batch: boolean): Told {
  const [first = 'stored'] = outcomes
  if (!batch) return { outcome: first }
  return { outcome: outcomes.every((one) => one === first) ? first : 'mixed', outcomes }
}

/** Since the start, for the status and the admin route. */
export class KeepCounts {
  readonly #counts: Record<KeepOutcome, number> = { stored: 0, repeated: 0, conflict: 0, 'not-recorded': 0 }

  add(outcomes: readonly KeepOutcome[]): void {
    for (const outcome of outcomes) this.#counts[outcome] += 1
  }

  get all(): Readonly<Record<KeepOutcome, number>> {
    return { ...this.#counts }
  }

  get conflicts(): number {
    return this.#counts.conflict
  }

  /** `12 stored, 3 repeated`; what there is none of is left out, but for the first. */
  get text(): string {
    const { stored, repeated, conflict, 'not-recorded': left } = this.#counts
    const named = [`${stored} stored`]
    if (repeated > 0) named.push(`${repeated} repeated`)
    if (conflict > 0) named.push(`${conflict} in conflict`)
    if (left > 0) named.push(`${left} not recorded`)
    return named.join(', ')
  }
}
