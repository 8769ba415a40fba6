import { OperatorError } from '../../errors/operator-error'
import { type EventTypeChoice, eventTypeChoice } from '../../notification/event-type-patterns'

/**
 * What a notification can be opted out by: its event type, and its event type with the outcome behind it. Keystone does the
 * second for logins only, and the first for all others.
 */
export function optOutNames(topic: unknown, outcome: unknown): string[] | undefined {
  if (typeof topic !== 'string') return undefined
  return typeof outcome === 'string' ? [topic, `${topic}.${outcome}`] : [topic]
}

/**
 * Whether a name is on the list, one pattern to a line, with `*` for any text. `.failed` stands for `.failure` as well:
 * Keystone's own list and its documentation say so, although its events say `failure` (so that its `.failed` holds nothing
 * back). Lines may be copied with the option's name from keystone.conf.
 * @throws OperatorError `CONDITION_VALUE`
 */
export function optOutList(value: string): EventTypeChoice {
  const patterns = value
    .split('\n')
    .map((line) => line.trim().replace(/^notification_opt_out\s*=\s*/, ''))
    .filter((pattern) => pattern !== '')
  if (patterns.length === 0) throw new OperatorError('CONDITION_VALUE', 'It has no event type to compare with.')
  const failed = patterns.filter((pattern) => pattern.endsWith('.failed'))
  return eventTypeChoice([...patterns, ...failed.map((pattern) => pattern.replace(/failed$/, 'failure'))], [])
}
