import type { AuditRecord, Tenant, TenantSettings } from '../model'

export type Filed = Pick<AuditRecord, 'cloud' | 'tenants' | 'attributes' | 'notification'>

/**
 * A record with the tenants that have recording on; undefined where it has tenants and all of them have it off. Events of identity and
 * roles are kept for all of their tenants, so that nobody can give himself a role unseen by switching off recording first; events
 * without a tenant are the cloud's.
 */
export function recordable<R extends Filed>(
  record: R,
  settingsOf: (tenant: Tenant) => TenantSettings,
  byDefault: boolean,
): R | undefined {
  const { cloud, tenants } = record
  if (tenants.length === 0 || isIdentityEvent(record)) return record
  const recording = tenants.filter((id) => settingsOf({ cloud, id }).enabled ?? byDefault)
  if (recording.length === tenants.length) return record
  return recording.length === 0 ? undefined : { ...record, tenants: recording }
}

/** Of Keystone: its own notifications, and calls of its API. */
export function isIdentityEvent({ attributes, notification }: Pick<Filed, 'attributes' | 'notification'>): boolean {
  return (
    notification.eventType?.startsWith('identity.') === true ||
    attributes.source === 'identity' ||
    attributes.event_type?.startsWith('identity.') === true ||
    attributes.target_type?.startsWith('data/security/') === true
  )
}
