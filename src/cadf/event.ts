import type { AddressTrust } from './address-trust'

/**
 * The CADF event (DMTF DSP0262 1.0) as this package carries it in `msg.event`.
 * The model is open: what a source sends beyond these members is kept.
 */
export type Outcome = 'success' | 'failure' | 'unknown' | 'pending'

export interface CadfResource {
  id: string
  typeURI: string
  name?: string
  domain?: string
  /** `trust`, of this package: how far `address` can be believed. */
  host?: { id?: string; address?: string; agent?: string; platform?: string; trust?: AddressTrust }
  addresses?: { url: string; name?: string; port?: string }[]
  credential?: Record<string, unknown>
  user_id?: string
  username?: string
  project_id?: string
  project_name?: string
  domain_id?: string
  domain_name?: string
  request_id?: string
  global_request_id?: string
  [extra: string]: unknown
}

export interface CadfReason {
  reasonType?: string
  reasonCode?: string
  policyType?: string
  policyId?: string
}

export interface CadfAttachment {
  typeURI: string
  name: string
  content: unknown
}

export interface CadfEvent {
  typeURI: 'http://schemas.dmtf.org/cloud/audit/1.0/event'
  id: string
  eventType: string
  /** ISO 8601 with zone, e.g. `2026-11-21T06:51:16.590561+00:00` */
  eventTime: string
  /** e.g. `create`, `delete`, `update/add`, `read/list`, `created.project` */
  action: string
  outcome: Outcome
  initiator: CadfResource
  target: CadfResource
  observer: CadfResource
  reason?: CadfReason
  severity?: string
  tags?: string[]
  attachments?: CadfAttachment[]
  reporterchain?: unknown[]
  requestPath?: string
  /** Dotted paths of members that the source lacked and the conversion filled in, e.g. `initiator.id`. */
  added?: string[]
  /** Contradictions in what the source sent, kept as sent and named here, e.g. `outcome success but reason code 400`. */
  flags?: string[]
  [extra: string]: unknown
}

export const EVENT_TYPE_URI = 'http://schemas.dmtf.org/cloud/audit/1.0/event'
/** Stands for whatever a required member lacks; never a tenant, a burst key or a join key. */
export const UNKNOWN = 'unknown'
