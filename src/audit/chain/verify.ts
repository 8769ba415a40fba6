import { type Anchors, anchorsOf } from './anchors'
import { Findings } from './findings'
import type { ChainRow, Checkpoint, VerifyReport, WriterReport } from './model'
import { proofOf } from './proof'
import type { Verifier } from './signing'
import { WriterWalk } from './writer-walk'

export interface VerifyOptions {
  /** Checkpoints that were kept elsewhere. */
  readonly known: readonly Checkpoint[]
  /** Of every key that the store's records were ever signed with; none: signatures are not looked at. */
  readonly verifiers: readonly Verifier[]
  readonly signal?: AbortSignal | undefined
}

/**
 * Compares a whole trail with its hashes, whatever engine it comes from.
 *
 * The rows of each writer come in ascending order of position and without omission; writers may take turns. Content, leaf and link
 * are those that are stored, read afresh: nothing may be computed on the way. Rejects with the signal's reason when it fires.
 */
export async function verifyChain(
  portions: AsyncIterable<readonly ChainRow[]> | Iterable<readonly ChainRow[]>,
  options: VerifyOptions,
): Promise<VerifyReport> {
  const verification = new Verification(options)
  for await (const rows of portions) {
    options.signal?.throwIfAborted()
    for (const row of rows) verification.take(row)
  }
  return verification.report()
}

/** The same for whoever reads rows synchronously. */
export class Verification {
  readonly #findings = new Findings()
  readonly #walks = new Map<string, WriterWalk>()
  readonly #verifiers: readonly Verifier[]
  readonly #anchors: Anchors
  readonly #leftOut: number

  constructor({ known, verifiers }: Pick<VerifyOptions, 'known' | 'verifiers'>) {
    this.#verifiers = verifiers
    const { anchors, leftOut } = anchorsOf(known, verifiers)
    this.#anchors = anchors
    this.#leftOut = leftOut
  }

  take(row: ChainRow): void {
    this.#walkOf(row.writer).take(row)
  }

  /** To be asked for once, after the last row. */
  report(): VerifyReport {
    for (const writer of this.#anchors.keys()) this.#walkOf(writer)
    const writers: WriterReport[] = []
    for (const walk of this.#walks.values()) {
      const end = walk.end()
      writers.push(end)
      if (this.#verifiers.length > 0 && end.position > 0 && !walk.signed) {
        const text =
          'A key was given, but nothing in this chain is signed with it: signatures were removed, or none has been made since the key was configured.'
        this.#findings.add({ kind: 'signature', writer: walk.writer, position: end.position, text })
      }
    }
    const walks = [...this.#walks.values()]
    const findings = this.#findings.list()
    const more = this.#findings.more
    const strength = walks.length > 0 && walks.every(({ held }) => held) ? 'tampering' : 'accidents'
    return {
      ok: findings.length === 0,
      events: walks.reduce((sum, { events }) => sum + events, 0),
      retired: walks.reduce((sum, { retired }) => sum + retired, 0),
      findings,
      ...(more > 0 ? { moreFindings: more } : {}),
      strength,
      proof: proofOf(writers, {
        withKey: this.#verifiers.length > 0,
        leftOut: this.#leftOut,
        unsignedRetention: walks.reduce((sum, walk) => sum + walk.unsignedRetention, 0),
      }),
      ...(this.#leftOut > 0 ? { leftOut: this.#leftOut } : {}),
      writers,
    }
  }

  #walkOf(writer: string): WriterWalk {
    let walk = this.#walks.get(writer)
    if (walk === undefined) {
      walk = new WriterWalk(writer, this.#anchors.get(writer), this.#verifiers, this.#findings)
      this.#walks.set(writer, walk)
    }
    return walk
  }
}
