import type { AuditRecord } from '../model'

/** The end of a writer's chain at a moment. Kept outside the machine it shows whatever is changed, removed or cut off later. */
export interface Checkpoint {
  /** A store writes under one id for as long as it exists; several Node-REDs on one OpenSearch are several writers. */
  readonly writer: string
  /** Of the last row, from 1; 0: nothing was written yet. */
  readonly position: number
  /** SHA-256 over everything up to it, hex. */
  readonly link: string
  /** ISO 8601 */
  readonly time: string
  /** HMAC-SHA-256 or Ed25519, over the members above and `key`; absent without a key. base64url. */
  readonly signature?: string
  /** By which a key is recognised: its fingerprint. */
  readonly key?: string
}

/** What of a record is hashed: all of it that never changes again. */
export type HashedRecord = Pick<AuditRecord, 'cloud' | 'id' | 'phase' | 'time' | 'body' | 'notification' | 'tenants'>

/** Where a chain ends; what the next row is linked to. */
export interface ChainHead {
  readonly writer: string
  /** Of the last row; 0 in an empty chain. */
  readonly position: number
  /** 32 bytes. */
  readonly link: Uint8Array
}

interface AnyChainRow {
  readonly writer: string
  readonly position: number
  /** As stored. */
  readonly leaf: Uint8Array
  /** As stored. */
  readonly link: Uint8Array
}

/** An event at its place in the chain. */
export interface EventRow extends AnyChainRow {
  readonly kind: 'event'
  /** Of the event, where it is known though the content is gone. */
  readonly id?: string | undefined
  /** Absent where retention removed the content, or somebody did. */
  readonly record?: HashedRecord | undefined
  /** Where an engine finds that a column outside the hash contradicts the hashed content (a hidden event): what, in words. */
  readonly contradiction?: string | undefined
}

/**
 * A line of the chain's own: a signed checkpoint (`checkpointText`) or a retention record (`retentionNote`).
 *
 * An engine with a signer appends a signed checkpoint of its end whenever it gives one out (`AuditStore.checkpoint`) and rows were
 * written since the last, and once when it opens a chain whose last note is not signed with this key. So signatures are links of
 * the chain: they cannot be taken out one by one. An engine without a signer appends retention records only.
 */
export interface NoteRow extends AnyChainRow {
  readonly kind: 'note'
  readonly text: string
}

/** Rows that a damaged store cannot give back. What follows is verified all the same, but for its first link. */
export interface UnreadableRows {
  readonly kind: 'unreadable'
  readonly writer: string
  readonly position: number
  /** The last of them; `position` where there is one, or where nobody knows how many there are. */
  readonly to: number
  /** In the words of the store. */
  readonly reason: string
}

export type ChainRow = EventRow | NoteRow | UnreadableRows

export interface VerifyReport {
  readonly ok: boolean
  /** Rows whose content was compared with their hash. */
  readonly events: number
  /** Rows whose content was removed by retention, as its records say. */
  readonly retired: number
  /** In order; the first is the first event that is not as it was. */
  readonly findings: readonly Finding[]
  /** Findings beyond the first thousand, which are not listed. */
  readonly moreFindings?: number
  /** `tampering`: each writer's chain was held to a checkpoint from outside or to a signature. */
  readonly strength: 'accidents' | 'tampering'
  /** Checkpoints that were given but, with keys, are not signed with one of them. */
  readonly leftOut?: number
  /** What this report proves and what it does not, in words. */
  readonly proof?: string
  readonly writers: readonly WriterReport[]
}

export interface WriterReport {
  readonly writer: string
  /** Of the last row. */
  readonly position: number
  readonly link: string
  /** Up to here the chain is as it was when the checkpoint was made, whoever may have written to the store since. */
  readonly provenTo?: number
  /** When that checkpoint was made. */
  readonly provenAt?: string
  /** What proves it: a checkpoint that was kept elsewhere, or a signature found in the store. */
  readonly provenBy?: 'outside' | 'signature'
}

export interface Finding {
  readonly kind: 'changed' | 'removed' | 'inserted' | 'cut-off' | 'retention' | 'signature'
  readonly writer: string
  readonly position: number
  /** Last position concerned, where it is more than one, or where it cannot be told which of them it is. */
  readonly to?: number
  /** Of the event, where it can be told. */
  readonly id?: string
  /** For people, one sentence. */
  readonly text: string
}
