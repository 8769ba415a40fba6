/**
 * What of an event is indexed for questions: a public short name for one of its members. The first group carries Hermes'
 * names; the second is beyond it. A value is absent where the event does not tell (see `isKnown`).
 */
export const ATTRIBUTES = [
  'observer_id',
  'observer_type',
  'target_id',
  'target_type',
  'initiator_id',
  'initiator_type',
  'initiator_name',
  'action',
  'outcome',
  'request_path',
  // beyond Hermes
  /** Of the notification; where the producer sent none, derived from observer and action. */
  'event_type',
  /** First word of the event type: `identity`, `compute`, `network`, … */
  'source',
  'observer_name',
  'target_name',
  /** Project and domain that the initiator acted in, and those of the target. */
  'initiator_project_id',
  'initiator_domain_id',
  'target_project_id',
  'target_domain_id',
  /** The `user_id` as Keystone sends it beside `initiator.id`. */
  'initiator_user_id',
  'request_id',
  'global_request_id',
  /** Of the client: `initiator.host.address`. */
  'address',
  'reason_code',
  /** Of the notification, by which the older Hermes looked events up. */
  'message_id',
  'severity',
  'cloud',
] as const

export type Attribute = (typeof ATTRIBUTES)[number]

export type Attributes = Readonly<Partial<Record<Attribute, string>>>
