import { OperatorError } from '../errors/operator-error'
import { quote } from '../errors/redact'

/**
 * What may be read of a PCE by an href: the resources that events name. Others (API keys, users' profiles, reports) are nobody's
 * to fetch by a text that came from outside.
 */
const READABLE =
  /^\/orgs\/\d{1,9}\/(?:workloads|agents|vens|labels|label_groups|events|sec_policy|container_clusters|enforcement_boundaries|networks|virtual_services|pairing_profiles|settings\/workloads)(?:\/[A-Za-z0-9._~-]{1,100}){0,8}$/

/**
 * Checks an href before it becomes a request.
 * @throws OperatorError ILLUMIO_HREF
 */
export function readableHref(href: unknown): string {
  const text = typeof href === 'string' ? href.trim() : ''
  // A dot segment would lead out of what is allowed.
  if (READABLE.test(text) && !/(^|\/)\.{1,2}(\/|$)/.test(text)) return text
  throw new OperatorError('ILLUMIO_HREF', `${quote(text, 100) || 'Nothing'} is no href that can be read.`, {
    remedy: 'Give an href of an event, e.g. /orgs/7/sec_policy/93; help lists what can be read.',
  })
}
