import type { BatchCounts } from '../../src/batch/model'
import { quote } from '../../src/errors/redact'
import type { NodeStatus } from './status'

/** What a node calls what it keeps. */
export interface KeptWords {
  readonly one: string
  readonly many: string
  /** Of messages that wait to be complete. */
  readonly collected: string
  /** While there is nothing on its way; default `empty`. */
  readonly idle?: string
}

/** @param paused why nothing leaves now */
export function showKept(
  status: NodeStatus,
  words: KeptWords,
  counts: BatchCounts,
  paused: string | undefined,
  now: number,
): void {
  const { collecting, open, going, failed, setAside, reason = '', retryAt } = counts
  const collected = collecting > 0 ? `, ${collecting} ${words.collected}` : ''
  const named = (count: number) => (count === 1 ? `1 ${words.one}` : `${count} ${words.many}`)
  if (setAside > 0) {
    status.attention(`${named(setAside)} set aside${collected}: ${quote(reason)}`)
  } else if (failed > 0) {
    const seconds = Math.max(0, Math.ceil(((retryAt ?? now) - now) / 1000))
    status.healing(`${named(failed)} failed${collected}, retry in ${seconds} s: ${quote(reason)}`)
  } else if (paused !== undefined) {
    status.healing(`paused${collected}: ${quote(paused)}`)
  } else if (going > 0) {
    status.busy(`${named(going)} on the way${collected}`)
  } else if (collecting > 0) {
    status.busy(`${collecting} ${words.collected}${open > 1 ? ` in ${named(open)}` : ''}`)
  } else {
    status.ready(words.idle ?? 'empty')
  }
}
