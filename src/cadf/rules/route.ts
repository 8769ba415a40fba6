import { isBatch, partOfBatch } from './batch'
import type { RuleSet } from './compile'

type Message = Readonly<Record<string, unknown>>

export interface Routing {
  /** To the output of the first matching rule, or to those of all matching rules. */
  readonly mode: 'first' | 'all'
  /** A last output for what no rule matches. */
  readonly otherwise: boolean
}

/** What goes to each output: the message, a part of the batch, or nothing. */
export type Route = (message: Message) => (Message | null)[]

/** Occurrences since the start; a member of a batch counts as one. */
export class RouteCounts {
  received = 0
  /** By output: rules in order, then the rest. */
  readonly outputs: number[] = []

  /** By rules, not by the output for the rest; what several rules match counts for each. */
  matched(rules: number): number {
    let sum = 0
    for (let rule = 0; rule < rules; rule++) sum += this.outputs[rule] ?? 0
    return sum
  }

  /** For people: each rule by name. A rule without one is named by its place, as `rule 2`. */
  of(names: readonly string[]): Readonly<Record<string, unknown>> {
    const rules = names.map((name, index) => ({ rule: name || `rule ${index + 1}`, matched: this.outputs[index] ?? 0 }))
    return { received: this.received, rules, otherwise: this.outputs[names.length] ?? 0 }
  }
}

/** One output for each rule, in order, and one more for the rest if wanted. */
export function router(rules: RuleSet, { mode, otherwise }: Routing, counts = new RouteCounts()): Route {
  const outputs = rules.names.length + (otherwise ? 1 : 0)
  const matched = counts.outputs
  for (let output = 0; output <= rules.names.length; output++) matched[output] = 0
  const count = (output: number) => {
    matched[output] = (matched[output] ?? 0) + 1
  }
  const rest = otherwise ? outputs - 1 : -1
  const choose = (message: unknown): readonly number[] => {
    const matching = mode === 'all' ? rules.all(message) : [rules.first(message)].filter((rule) => rule >= 0)
    return matching.length > 0 || !otherwise ? matching : [rest]
  }
  return (message) => {
    const sent = new Array<Message | null>(outputs).fill(null)
    if (isBatch(message)) {
      const kept = sent.map((): number[] => [])
      counts.received += message.payload.length
      for (const [index, member] of message.payload.entries()) {
        for (const output of choose(member)) {
          kept[output]?.push(index)
          count(output)
        }
      }
      return kept.map((members) => (members.length === 0 ? null : partOfBatch(message, members)))
    }
    counts.received += 1
    if (mode === 'first') {
      // The common case without lists.
      const rule = rules.first(message)
      const output = rule < 0 ? rest : rule
      if (output >= 0) {
        sent[output] = message
        count(output)
      }
      return sent
    }
    for (const output of choose(message)) {
      sent[output] = message
      count(output)
    }
    return sent
  }
}
