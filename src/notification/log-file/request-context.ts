import { contextOf } from '../context'
import type { DecodedNotification } from '../envelope'
import type { NotificationContext } from '../model'

type Writable<T> = { -readonly [K in keyof T]: T[K] }

const REQUEST_ID = /^req-[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/
const ID = /^([0-9a-f]{32}|[0-9a-f]{64}|[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12})$/i

/**
 * The request context that oslo.log writes in brackets before the text:
 * `[<global request id> <request id> <user> <project> <domain> [<system scope>] <user's domain> <project's domain>]`, with
 * `None` or `-` for what there is not; releases before Pike have no global request id. A deployment may have a format of
 * its own (`logging_user_identity_format`): what is not shaped like an id is not taken for one.
 */
export function contextOfPrefix(bracketed: string): NotificationContext | undefined {
  const words = bracketed.split(' ')
  const at = words.findIndex(
    (word, index) => index < 2 && REQUEST_ID.test(word) && !REQUEST_ID.test(words[index + 1] ?? ''),
  )
  const requestId = words[at]
  if (requestId === undefined) return undefined
  const context: Writable<NotificationContext> = { requestId }
  const globalRequestId = at === 1 ? words[0] : undefined
  if (globalRequestId !== undefined && REQUEST_ID.test(globalRequestId)) context.globalRequestId = globalRequestId
  const identity = words.slice(at + 1)
  if (identity.length !== 5 && identity.length !== 6) return context
  const [user = '', project = '', domain = ''] = identity
  if (ID.test(user)) context.userId = user
  if (ID.test(project)) context.projectId = project
  if (ID.test(domain) || domain === 'default') context.domainId = domain
  return context
}

/** The request context in a record of oslo.log's `use_json`; it has the names that a message flattens to `_context_*`. */
export function contextOfRecord(context: unknown): NotificationContext | undefined {
  if (typeof context !== 'object' || context === null) return undefined
  const found = contextOf(
    Object.fromEntries(Object.entries(context).map(([name, value]) => [`_context_${name}`, value])),
  )
  return Object.keys(found).length === 0 ? undefined : found
}

/**
 * A notification with the request context of its log line. The `log` driver leaves the context out of the JSON, so the
 * line is the only place that names who did it. Measured at Zed: the line of each notification of Neutron's and of the
 * Octavia worker's own names the same user, project and request as the message on the bus. Not so for the audit filter,
 * which runs outside the request's context in Octavia: its lines can name the request before. Its events name the
 * initiator themselves.
 */
export function inContext(decoded: DecodedNotification, context: NotificationContext | undefined): DecodedNotification {
  const { notification, payload } = decoded
  if (context === undefined || notification.eventType.startsWith('audit.')) return decoded
  if (Object.keys(notification.context).length > 0) return decoded
  return { notification: { ...notification, context }, payload }
}
