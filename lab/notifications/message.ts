import { randomUUID } from 'node:crypto'
import type { CallContext } from '../neutron/context'
import { pythonJson } from './python-json'

/** What a service tells about one thing that happened. */
export interface PublishedNotification {
  readonly eventType: string
  readonly payload: Readonly<Record<string, unknown>>
  readonly context: CallContext
  /** Keystone sends none of its request context on the bus. */
  readonly contextOnBus: boolean
  readonly publisherId: string
  readonly messageId: string
  readonly at: Date
}

export interface NotificationSink {
  /** Resolves when the notification is out; while the broker is away that may take as long as it is away. */
  publish(notification: PublishedNotification): Promise<void>
  /** A line of the service's own log that is no notification; sinks that are no log pass it over. */
  note?(line: {
    readonly at: Date
    readonly logger: string
    readonly text: string
    readonly context: CallContext
  }): Promise<void>
  close(): Promise<void>
}

/** oslo's naive UTC time: `2026-11-21 06:51:16.542101`. Node knows milliseconds, so the last three digits are 0. */
export function osloTime(at: Date): string {
  return `${at.toISOString().slice(0, 23).replace('T', ' ')}000`
}

/** The message without its context, as the `log` driver writes it. */
export function bareMessage(notification: PublishedNotification): Record<string, unknown> {
  return {
    message_id: notification.messageId,
    publisher_id: notification.publisherId,
    event_type: notification.eventType,
    priority: 'INFO',
    payload: notification.payload,
    timestamp: osloTime(notification.at),
  }
}

/** The message with the request context flattened into it, as it travels on the bus; field order as recorded. */
export function busMessage(notification: PublishedNotification): Record<string, unknown> {
  const { context } = notification
  const { userId, projectId } = context
  const message = { ...bareMessage(notification), _unique_id: randomUUID().replaceAll('-', '') }
  if (!notification.contextOnBus) return message
  return {
    ...message,
    _context_user: userId,
    _context_project_id: projectId,
    _context_system_scope: null,
    _context_project: projectId,
    _context_domain: null,
    _context_user_domain: null,
    _context_project_domain: null,
    _context_is_admin: context.isAdmin,
    _context_read_only: false,
    _context_show_deleted: false,
    _context_auth_token: null,
    _context_request_id: context.requestId,
    _context_global_request_id: null,
    _context_resource_uuid: null,
    _context_roles: context.roles,
    _context_user_identity: `${userId} ${projectId} - - -`,
    _context_is_admin_project: true,
    _context_user_id: userId,
    _context_tenant_id: projectId,
    _context_timestamp: osloTime(context.at),
    _context_tenant_name: null,
    _context_project_name: null,
    _context_user_name: context.userName,
  }
}

/** Body of an AMQP message of driver `messagingv2`: JSON with JSON inside. */
export function envelope(notification: PublishedNotification): string {
  return pythonJson({ 'oslo.version': '2.0', 'oslo.message': pythonJson(busMessage(notification)) })
}
