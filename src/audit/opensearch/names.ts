import { createHash } from 'node:crypto'
import { OperatorError } from '../../errors/operator-error'
import { quote } from '../../errors/redact'
import type { AuditRecord, Phase } from '../model'

export interface IndexNames {
  readonly prefix: string
  /** Alias of all indices with events. */
  readonly events: string
  readonly chain: string
  readonly control: string
  /** Index of an event. */
  eventsOf(time: number): string
}

/** @throws OperatorError `AUDIT_STORE_REFUSED` for a prefix that cannot be the beginning of an index's name */
export function indexNames(prefix: string): IndexNames {
  // https://opensearch.org/docs/latest/api-reference/index-apis/create-index/#index-naming-restrictions, a bit narrower
  if (!/^[a-z0-9][a-z0-9_-]{0,99}$/.test(prefix)) {
    throw new OperatorError('AUDIT_STORE_REFUSED', `The index prefix ${quote(prefix, 60)} cannot be used.`, {
      remedy: 'Use lower-case letters, digits, - and _, beginning with a letter or digit.',
    })
  }
  return {
    prefix,
    events: prefix,
    chain: `${prefix}-chain`,
    control: `${prefix}-control`,
    eventsOf: (time) => `${prefix}-${monthOf(time)}`,
  }
}

const FIRST = Date.UTC(2000, 0, 1) * 1000
const LAST = Date.UTC(2100, 0, 1) * 1000

/** `YYYY.MM`; one index for all times that no clock of a cloud shows, so that wrong times cannot make indices without end. */
export function monthOf(time: number): string {
  if (!(time >= FIRST && time < LAST)) return '0000.00'
  const date = new Date(Math.floor(time / 1000))
  return `${date.getUTCFullYear()}.${String(date.getUTCMonth() + 1).padStart(2, '0')}`
}

/** An `_id` has 512 bytes at most. */
const LONGEST_ID = 400

/** The `_id` of an event's document: its key. */
export function documentId({ cloud, id, phase }: Pick<AuditRecord, 'cloud' | 'id' | 'phase'>): string {
  const key = `${phase}:${cloud}:${id}`
  if (Buffer.byteLength(key) <= LONGEST_ID) return key
  return `${phase}:sha256:${createHash('sha256').update(`${cloud}\0${id}`).digest('hex')}`
}

export function otherPhase(phase: Phase): Phase {
  return phase === 'final' ? 'pending' : 'final'
}
