import { checkpointText, isSignedBy } from './checkpoint'
import type { Findings } from './findings'
import type { Checkpoint } from './model'
import type { Verifier } from './signing'

/** A checkpoint that was kept elsewhere, at a position of its writer. */
export interface Anchor {
  readonly checkpoint: Checkpoint
  /** Whether it counts as proof; others are compared all the same. */
  readonly trusted: boolean
}

/**
 * Sorts out the checkpoints that were kept elsewhere. With keys only those signed with one of them prove something: what is sent to
 * a log server unsigned can be forged by whoever can send there. Without keys the place where they were kept is believed.
 */
export function anchorsOf(
  known: readonly Checkpoint[],
  verifiers: readonly Verifier[],
  findings: Findings,
): Map<string, Map<number, Anchor[]>> {
  const anchors = new Map<string, Map<number, Anchor[]>>()
  const seen = new Set<string>()
  for (const checkpoint of known) {
    const text = checkpointText(checkpoint)
    if (seen.has(text)) continue
    seen.add(text)
    const verifier = verifiers.find(({ key }) => key === checkpoint.key)
    const signed = verifier !== undefined && isSignedBy(checkpoint, verifier)
    if (verifier !== undefined && !signed) {
      const { writer, position, time } = checkpoint
      const words = `The checkpoint of ${time} that was given carries a signature that is not by key ${verifier.key}.`
      findings.add({ kind: 'signature', writer, position, text: words })
      continue
    }
    const ofWriter = anchors.get(checkpoint.writer) ?? new Map<number, Anchor[]>()
    anchors.set(checkpoint.writer, ofWriter)
    const there = ofWriter.get(checkpoint.position) ?? []
    there.push({ checkpoint, trusted: verifiers.length === 0 || signed })
    ofWriter.set(checkpoint.position, there)
  }
  return anchors
}
