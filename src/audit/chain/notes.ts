import { isSignedBy, parseCheckpoint } from './checkpoint'
import type { Finding } from './model'
import { isRetentionSignedBy, parseRetention, type RetentionRecord } from './retention-record'
import type { Verifier } from './signing'

/** What a line of the chain's own says, and whether it may be believed. */
export interface JudgedNote {
  /** End of the chain before it, as the line says; absent where it cannot be read. */
  readonly position?: number
  readonly link?: string
  readonly time?: string
  /** Its signature was checked and is good. */
  readonly proven: boolean
  readonly retention?: RetentionRecord
  readonly problem?: Pick<Finding, 'kind' | 'text'>
}

/**
 * `afterSigned`: a record that was signed stands before it in the chain. From then on one without a signature is forged: the
 * writer had the key.
 */
export function judgeNote(text: string, verifiers: readonly Verifier[], afterSigned: boolean): JudgedNote {
  const retention = parseRetention(text)
  const record = retention ?? parseCheckpoint(text)
  if (record === undefined) {
    return { proven: false, problem: { kind: 'changed', text: 'A record of the chain itself cannot be read.' } }
  }
  const what = retention === undefined ? 'checkpoint' : 'record of retention'
  const kind = retention === undefined ? 'signature' : 'retention'
  const { position, link, time } = record
  const said = { position, link, time }
  if (verifiers.length === 0)
    return retention === undefined ? { ...said, proven: false } : { ...said, proven: false, retention }

  if (record.key === undefined) {
    if (retention !== undefined && !afterSigned) return { ...said, proven: false, retention }
    const words = `The ${what} of ${time} is not signed, though records before it are: it was not written by this writer.`
    return { ...said, proven: false, problem: { kind, text: words } }
  }
  const verifier = verifiers.find(({ key }) => key === record.key)
  if (verifier === undefined) {
    const words = `The ${what} of ${time} is signed with the key ${record.key}, which was not given.`
    return { ...said, proven: false, problem: { kind, text: words } }
  }
  const good = retention === undefined ? isSignedBy(record, verifier) : isRetentionSignedBy(retention, verifier)
  if (!good) {
    const words = `The ${what} of ${time} carries a signature that is not by key ${verifier.key}: it was forged or changed.`
    return { ...said, proven: false, problem: { kind, text: words } }
  }
  return retention === undefined ? { ...said, proven: true } : { ...said, proven: true, retention }
}
