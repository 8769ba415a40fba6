import type { LookedUp } from './look-up'
import type { ReadMessage } from './messages'
import type { Occurrence } from './occurrence'
import type { Outage } from './outage'
import type { Patience } from './patience'
import { unlessTakenBack } from './taken-back'

export interface Persistence {
  readonly ask: (occurrences: readonly Occurrence[], signal?: AbortSignal) => Promise<LookedUp[]>
  readonly outage: Outage
  readonly patience: Patience
  readonly signal: AbortSignal | undefined
  /** The message belongs to a delivery whose source can wait; called when it has to. Otherwise a failure is thrown at once. */
  readonly onWait: ((reason: string) => void) | undefined
}

/** So often may a message fail while the cloud answers others: then it is the message, and its source counts an attempt. */
const FAILURES_OF_ITS_OWN = 3

/**
 * The whole answer for a message; or, when its patience is used up, what there is of it. While the cloud cannot answer, the
 * message waits here and is asked for again when a probe got through.
 * @throws the failure, where the message cannot wait or is to blame itself
 */
export async function persist(message: ReadMessage, options: Persistence): Promise<LookedUp[]> {
  const { ask, outage, patience, signal, onWait } = options
  const { key, occurrences } = message
  for (let failures = 1; ; failures += 1) {
    const answers = await ask(occurrences, signal)
    const failure = answers.find(({ retry }) => retry !== undefined)?.retry
    if (failure === undefined) {
      patience.forget(key)
      return answers
    }
    do {
      if (patience.exhausted(key)) return answers
      if (onWait === undefined || failures === FAILURES_OF_ITS_OWN) throw failure
      onWait(failure.message)
    } while (!(await unlessTakenBack(outage.next(failure.message), signal)))
  }
}
