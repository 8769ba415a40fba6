import { checkpointText, isSignedBy } from './checkpoint'
import type { Checkpoint } from './model'
import type { Verifier } from './signing'

/** Checkpoints that were kept elsewhere, by writer and position. */
export type Anchors = ReadonlyMap<string, ReadonlyMap<number, readonly Checkpoint[]>>

/**
 * Sorts out the checkpoints that were kept elsewhere. With keys, those that are not signed with one of them are left out: a log takes lines
 * from many, and whoever can get a text into one (a name tried at log-in) could cause a false alarm, or lend a changed trail a
 * proof. Without keys the place where they were kept is believed.
 */
export function anchorsOf(
  known: readonly Checkpoint[],
  verifiers: readonly Verifier[],
): { readonly anchors: Anchors; readonly leftOut: number } {
  const anchors = new Map<string, Map<number, Checkpoint[]>>()
  const seen = new Set<string>()
  let leftOut = 0
  for (const checkpoint of known) {
    const text = checkpointText(checkpoint)
    if (seen.has(text)) continue
    seen.add(text)
    if (verifiers.length > 0 && !verifiers.some((verifier) => isSignedBy(checkpoint, verifier))) {
      leftOut++
      continue
    }
    const ofWriter = anchors.get(checkpoint.writer) ?? new Map<number, Checkpoint[]>()
    anchors.set(checkpoint.writer, ofWriter)
    const there = ofWriter.get(checkpoint.position) ?? []
    there.push(checkpoint)
    ofWriter.set(checkpoint.position, there)
  }
  return { anchors, leftOut }
}
