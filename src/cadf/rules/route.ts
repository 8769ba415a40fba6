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

/** One output for each rule, in order, and one more for the rest if wanted. */
export function router(rules: RuleSet, { mode, otherwise }: Routing): Route {
  const outputs = rules.names.length + (otherwise ? 1 : 0)
  const rest = otherwise ? outputs - 1 : -1
  const choose = (message: unknown): readonly number[] => {
    const matching = mode === 'all' ? rules.all(message) : [rules.first(message)].filter((rule) => rule >= 0)
    return matching.length > 0 || !otherwise ? matching : [rest]
  }
  return (message) => {
    const sent = new Array<Message | null>(outputs).fill(null)
    if (isBatch(message)) {
      const kept = sent.map((): number[] => [])
      for (const [index, member] of message.payload.entries()) {
        for (const output of choose(member)) kept[output]?.push(index)
      }
      return kept.map((members) => (members.length === 0 ? null : partOfBatch(message, members)))
    }
    if (mode === 'first') {
      // The common case without lists.
      const rule = rules.first(message)
      const output = rule < 0 ? rest : rule
      if (output >= 0) sent[output] = message
      return sent
    }
    for (const output of choose(message)) sent[output] = message
    return sent
  }
}
