import { fieldsOf, text } from './draft'
import type { CadfReason } from './event'

const LONGEST = 500

/**
 * Why a service's own notification reports a failure: Nova's versioned ones in `fault`, its legacy ones and Cinder's in
 * `exception`, `message` and `code`, Heat's in `state_reason`. Undefined where they do not say.
 */
export function failureReason(payload: unknown): CadfReason | undefined {
  const outer = fieldsOf(payload) ?? {}
  const fields = fieldsOf(outer['nova_object.data']) ?? outer
  const fault = fieldsOf(fieldsOf(fields['fault'])?.['nova_object.data']) ?? fieldsOf(fields['fault']) ?? {}
  const exception = text(fault['exception']) ?? nameOf(fields['exception'])
  const said =
    text(fault['exception_message']) ??
    text(fields['message']) ??
    text(fields['state_reason']) ??
    text(fields['reason']) ??
    exception
  if (said === undefined) return undefined
  const code = fields['code'] ?? fault['code']
  const reasonCode = typeof code === 'number' || text(code) !== undefined ? String(code) : (exception ?? 'unknown')
  return { reasonType: said.slice(0, LONGEST), reasonCode: reasonCode.slice(0, LONGEST) }
}

/** Legacy payloads carry the exception's text, or an object that holds it. */
function nameOf(exception: unknown): string | undefined {
  return text(exception) ?? text(fieldsOf(exception)?.['message'])
}
