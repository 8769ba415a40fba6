import { setTimeout as wait } from 'node:timers/promises'
import type { NodeAPI } from 'node-red'
import { OperatorError } from '../../src/errors/operator-error'
import type { Journal } from '../../src/journal/journal'
import { journalOf } from './journal'

const RETRY_MS = 5000

/**
 * The journal as soon as it can be had: another runtime on the same user directory may be on its way out. Undefined when it
 * never can be had, or when the signal fires first. `onTrouble` is told at each failure.
 */
export async function patientJournal(
  RED: NodeAPI,
  signal: AbortSignal,
  onTrouble: (thrown: unknown, first: boolean) => void,
): Promise<Journal | undefined> {
  for (let first = true; !signal.aborted; first = false) {
    try {
      return await journalOf(RED)
    } catch (thrown) {
      onTrouble(thrown, first)
      if (!(thrown instanceof OperatorError && thrown.retryable)) return undefined
      await wait(RETRY_MS, undefined, { signal, ref: false }).catch(() => {})
    }
  }
  return undefined
}
