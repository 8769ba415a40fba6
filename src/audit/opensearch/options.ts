import type { HttpClient } from '../../http/client'
import type { Clock } from '../../http/retry'
import type { Signer, Verifier } from '../chain/signing'

export interface OpenSearchCredentials {
  readonly username?: string
  readonly password?: string
  /** Elasticsearch: `id:key` in base64, as it shows it; instead of user and password. */
  readonly apiKey?: string
}

export interface OpenSearchOptions {
  /** Carries TLS and proxy; the store closes it when it closes. */
  readonly http: HttpClient
  /** Of one or several nodes of the cluster, e.g. `https://search.example.net:9200`; the next one is tried where one is away. */
  readonly urls: readonly string[]
  readonly credentials?: OpenSearchCredentials
  /** What all names of indices begin with; default `openstack-audit`. */
  readonly prefix?: string
  /**
   * Under which this process writes its chain: the same for as long as the store exists, another for each process that writes
   * to the same indices. Letters, digits, `.`, `_`, `-`.
   */
  readonly writer: string
  /** Whether words are indexed for full text; default yes. Without it text queries look through nothing and are refused. */
  readonly fullText?: boolean
  readonly signer?: Signer
  /** Keys of the past, by which older checkpoints and retention records are recognised. */
  readonly verifiers?: readonly Verifier[]
  readonly clock?: Clock
  /** Of indices that are made from now on; default: one where the cluster has a second node, else none. */
  readonly replicas?: number
  /** How soon other processes see what this one stored; default `1s`. Of indices that are made from now on. */
  readonly refreshInterval?: string
  /** How long storing is tried again while the cluster is busy or away, ms; default 60 000. */
  readonly patienceMs?: number
  /** Of one question, ms; default 30 000. */
  readonly limitMs?: number
  /** Farthest offset of a page; default 1 000 000. */
  readonly deepest?: number
  /** Hits that one request may ask for; default 100 000, the `max_result_window` of the own indices. */
  readonly window?: number
  /** How long closing waits for what is being stored, ms; default 5 000. */
  readonly closeWithinMs?: number
  /** Existing indices of Hermes, read beside the own ones and never written. */
  readonly hermes?: HermesIndices
  /** Called for an event that the cluster will not index, whatever is tried; it is kept as text at its place in the chain. */
  readonly onRejected?: (id: string, reason: string) => void
}

export interface HermesIndices {
  /** Name or pattern: `hermes`, `audit-*`. */
  readonly indices: string
  /** Of which cloud they are. */
  readonly cloud: string
}
