import { isLink, isPosition, isSignature, isTime, UNSIGNED } from './checkpoint'
import type { ChainHead } from './model'
import { noteMembers, noteText } from './note'
import { type PositionRange, parseRanges, rangesText } from './ranges'
import type { Signer, Verifier } from './signing'

const NAME = 'openstack-audit-retention'

/** Says that contents were removed on purpose. It is a link of the chain itself, and names the end of the chain before it. */
export interface RetentionRecord {
  readonly writer: string
  /** Of the row before this record. */
  readonly position: number
  /** Link of the row before this record, hex. */
  readonly link: string
  /** ISO 8601 */
  readonly time: string
  /** `unwritten`: given a place and never stored, as the batch was interrupted or another writer had stored it. */
  readonly reason: 'age' | 'size' | 'unwritten'
  /** By whose rule, e.g. `all tenants` or `prod/8a3e…`. */
  readonly policy: string
  /** Events before this time were removed, ISO 8601; for `size` that of the newest that went. */
  readonly before: string
  /** Positions that lost their content, all of them before this record. */
  readonly ranges: readonly PositionRange[]
  readonly key?: string
  readonly signature?: string
}

/**
 * The line that an engine appends to the chain in the same transaction that removes the contents. At most a few thousand positions
 * at a time: the line grows with the gaps between them.
 */
export function retentionNote(
  head: ChainHead,
  what: Pick<RetentionRecord, 'reason' | 'policy' | 'before' | 'ranges'>,
  time: Date,
  signer?: Signer,
): string {
  const plain: RetentionRecord = {
    ...what,
    writer: head.writer,
    position: head.position,
    link: Buffer.from(head.link).toString('hex'),
    time: time.toISOString(),
  }
  if (signer === undefined) return retentionText(plain)
  const named = { ...plain, key: signer.key }
  return retentionText({ ...named, signature: signer.sign(retentionText(named)) })
}

function retentionText(record: RetentionRecord): string {
  const { writer, position, link, time, reason, policy, before, key = UNSIGNED, signature } = record
  const ranges = rangesText(record.ranges)
  return noteText(NAME, { writer, position, link, time, reason, policy, before, ranges, key, signature })
}

/** Undefined where the line holds none, or a malformed one. */
export function parseRetention(line: string): RetentionRecord | undefined {
  const members = noteMembers(NAME, line)
  if (members === undefined) return undefined
  const { writer, link, time, reason, policy, before, key, signature } = members
  const ranges = parseRanges(members['ranges'] ?? '')
  if (writer === undefined || !isPosition(members['position']) || !isLink(link) || !isTime(time)) return undefined
  if (reason !== 'age' && reason !== 'size' && reason !== 'unwritten') return undefined
  if (policy === undefined || !isTime(before) || ranges === undefined) return undefined
  const plain: RetentionRecord = {
    writer,
    position: Number(members['position']),
    link,
    time,
    reason,
    policy,
    before,
    ranges,
  }
  if (key === UNSIGNED) return plain
  return key !== undefined && isSignature(key, signature) ? { ...plain, key, signature } : undefined
}

export function isRetentionSignedBy(record: RetentionRecord, verifier: Verifier): boolean {
  const { signature, ...signed } = record
  return signature !== undefined && signed.key === verifier.key && verifier.verify(retentionText(signed), signature)
}
