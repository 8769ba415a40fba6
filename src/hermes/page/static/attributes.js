/** What can be filtered by, in the order of the picker, as the API calls it and as people do. */
export const ATTRIBUTES = [
  ['action', 'Action'],
  ['outcome', 'Outcome'],
  ['initiator_name', 'Who'],
  ['target_type', 'Target type'],
  ['target_name', 'Target name'],
  ['target_id', 'Target id'],
  ['observer_type', 'Service'],
  ['address', 'Client address'],
  ['reason_code', 'Reason code'],
  ['request_path', 'Request path'],
  ['request_id', 'Request id'],
  ['global_request_id', 'Global request id'],
  ['event_type', 'Event type'],
  ['severity', 'Severity'],
  ['initiator_id', 'Who, id'],
  ['initiator_project_id', 'Project of who'],
  ['target_project_id', 'Project of target'],
  ['initiator_domain_id', 'Domain of who'],
  ['target_domain_id', 'Domain of target'],
  ['observer_name', 'Service name'],
  ['initiator_type', 'Who, type'],
  ['message_id', 'Message id'],
]

const LABELS = new Map(ATTRIBUTES)

export function labelOf(attribute) {
  return LABELS.get(attribute) ?? attribute
}

export const HOWS = [
  ['is', 'is'],
  ['not', 'is not'],
  ['begins', 'begins with'],
  ['not-begins', 'does not begin with'],
]

/** As the API writes it with `match=extended`: `!` in front is "not", `*` at the end "begins with", `\` takes that from them. */
export function writtenCondition({ how, value }) {
  const negated = how === 'not' || how === 'not-begins'
  const prefix = how === 'begins' || how === 'not-begins'
  const start = !negated && value.startsWith('!') ? '\\' : ''
  const body = !prefix && value.endsWith('*') ? `${value.slice(0, -1)}\\*` : value
  return `${negated ? '!' : start}${body}${prefix ? '*' : ''}`
}

export function readCondition(attribute, text) {
  const negated = text.startsWith('!')
  const rest = negated || text.startsWith('\\!') ? text.slice(1) : text
  if (rest.endsWith('\\*')) return { attribute, how: negated ? 'not' : 'is', value: `${rest.slice(0, -2)}*` }
  if (rest.endsWith('*')) return { attribute, how: negated ? 'not-begins' : 'begins', value: rest.slice(0, -1) }
  return { attribute, how: negated ? 'not' : 'is', value: rest }
}

export function sameCondition(one, other) {
  return one.attribute === other.attribute && one.how === other.how && one.value === other.value
}
