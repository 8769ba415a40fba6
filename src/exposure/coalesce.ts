import type { LookedUp } from './look-up'
import type { Occurrence } from './occurrence'
import { takenBack, unlessTakenBack } from './taken-back'

export type LookUp = (occurrences: readonly Occurrence[]) => Promise<LookedUp[]>

/** More would make one answer wait for too many questions. */
const MOST_AT_ONCE = 2000

/**
 * One look-up at a time: what arrives while one is under way is asked for together when it ends. So hundreds of single messages in
 * flight cost a few listings, and each answer is younger than its question.
 */
export function coalescing(
  lookUp: LookUp,
): (occurrences: readonly Occurrence[], signal?: AbortSignal) => Promise<LookedUp[]> {
  interface Waiting {
    readonly occurrences: readonly Occurrence[]
    readonly resolve: (answers: LookedUp[]) => void
    readonly reject: (thrown: unknown) => void
  }
  let waiting: Waiting[] = []
  let busy = false

  const take = (): Waiting[] => {
    let taken = 0
    let count = 0
    for (const { occurrences } of waiting) {
      count += occurrences.length
      if (taken > 0 && count > MOST_AT_ONCE) break
      taken += 1
    }
    const batch = waiting.slice(0, taken)
    waiting = waiting.slice(taken)
    return batch
  }
  const work = async () => {
    busy = true
    for (let batch = take(); batch.length > 0; batch = take()) {
      try {
        const answers = await lookUp(batch.flatMap(({ occurrences }) => occurrences))
        let next = 0
        for (const { occurrences, resolve } of batch) {
          resolve(answers.slice(next, next + occurrences.length))
          next += occurrences.length
        }
      } catch (thrown) {
        for (const { reject } of batch) reject(thrown)
      }
    }
    busy = false
  }

  return (occurrences, signal) => {
    if (signal?.aborted) return Promise.reject(takenBack())
    const answers = new Promise<LookedUp[]>((resolve, reject) => {
      waiting.push({ occurrences, resolve, reject })
      if (!busy) work()
    })
    return unlessTakenBack(answers, signal)
  }
}
