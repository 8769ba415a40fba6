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
  /** HMAC-SHA-256 or Ed25519, over the members above; absent without a key. */
  readonly signature?: string
  /** By which a key is recognised, e.g. its fingerprint. */
  readonly key?: string
}

export interface VerifyReport {
  readonly ok: boolean
  /** Rows whose content was compared with their hash. */
  readonly events: number
  /** Rows whose content was removed by retention, as its signed records say. */
  readonly retired: number
  /** In order; the first is the first event that is not as it was. */
  readonly findings: readonly Finding[]
  /** What this report proves, in words: with neither key nor outside checkpoint it is accidents only. */
  readonly strength: 'accidents' | 'tampering'
  readonly writers: readonly { readonly writer: string; readonly position: number; readonly link: string }[]
}

export interface Finding {
  readonly kind: 'changed' | 'removed' | 'inserted' | 'cut-off' | 'retention' | 'signature'
  readonly writer: string
  readonly position: number
  /** Of the event, where it can be told. */
  readonly id?: string
  /** For people, one sentence. */
  readonly text: string
}
