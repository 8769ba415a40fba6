import { ATTRIBUTES } from '../attributes'

// Lucene takes 32,766 bytes for a term, and a document with a longer one is rejected whole: what is longer is not indexed.
const WORD = { type: 'keyword', ignore_above: 8_191 }
const NUMBER = { type: 'long' }
// Words come cut and in lower case (src/audit/query/words.ts), so that every version and engine cuts them alike.
const TEXT = { type: 'text', analyzer: 'whitespace', norms: false }

const each = <T>(value: T) => Object.fromEntries(ATTRIBUTES.map((attribute) => [attribute, value]))

/**
 * Of an event's document. What is not named here is kept and not indexed: `body`, `notification`, `added`, `content` and the
 * hashes.
 */
export const EVENT_MAPPING = {
  dynamic: false,
  properties: {
    '@timestamp': { type: 'date' },
    time: NUMBER,
    sequence: NUMBER,
    cloud: WORD,
    id: WORD,
    phase: WORD,
    tenants: WORD,
    awaits: NUMBER,
    message_id: WORD,
    superseded: NUMBER,
    superseded_by: WORD,
    pending_for: WORD,
    writer: WORD,
    position: NUMBER,
    a: { properties: each(WORD) },
    words: { properties: each({ ...TEXT, copy_to: 'text' }) },
    text: TEXT,
  },
}

/** Of the chain's documents: batches, notes, and what could not be indexed. */
export const CHAIN_MAPPING = {
  dynamic: false,
  properties: { kind: WORD, writer: WORD, from: NUMBER, to: NUMBER, ids: WORD },
}

/** Of settings, writers' numbers and horizons; read whole. */
export const CONTROL_MAPPING = { dynamic: false, properties: { kind: WORD } }

export interface IndexSettings {
  readonly replicas: number | undefined
  readonly refreshInterval: string
}

/**
 * Hits up to which an offset is one request. The cluster's default, 10,000, is meant for ranked results of large documents; a place in
 * an order by time takes it some 100 bytes.
 */
export const WINDOW = 100_000

/**
 * `durability: request`: a write is answered when it is on disk, here and on the replicas in sync. It is the default, but a
 * cluster can be configured otherwise.
 */
export function indexSettings({ replicas, refreshInterval }: IndexSettings): object {
  return {
    number_of_shards: 1,
    ...(replicas === undefined ? { auto_expand_replicas: '0-1' } : { number_of_replicas: replicas }),
    codec: 'best_compression',
    refresh_interval: refreshInterval,
    'translog.durability': 'request',
    max_result_window: WINDOW,
  }
}
