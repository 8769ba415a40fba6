import type { HoldingSettings, Tenant, TenantSettings } from '../../audit/model'
import { quote } from '../../errors/redact'
import { isRecord } from '../../openstack/openstack-error'
import { type Answer, jsonAnswer } from '../answer'
import { ApiFailure, badRequest, forbidden, notFound } from '../failure'
import type { KnownCall, KnownRoute } from '../model'
import { initiatorOf, recordRead } from '../record-read'

const LONGEST_RETENTION_DAYS = 36_500

/** Whether events of the tenant are recorded, as the older Hermes promised, and for how long they are kept. */
export const showSettings: KnownRoute = async (call): Promise<Answer> => {
  const { tenant, reading } = tenantOf(call)
  const settings = await call.trail.settings(tenant)
  await recordRead(call, reading, 'read')
  return jsonAnswer(200, documentOf(tenant, settings))
}

/**
 * Changes them. Switching off and retention are the operator's unless the policy says otherwise: a tenant whose administrator
 * was taken over should not lose its trail by it. Refused changes are on record too.
 */
export const changeSettings: KnownRoute = async (call): Promise<Answer> => {
  const body = decodeChange(await call.body())
  const { tenant } = tenantOf(call)
  try {
    if (body.tenantId !== undefined && body.tenantId !== tenant.id) {
      throw forbidden('OTHER_TENANT', 'The tenant_id is not that of the token.')
    }
    if (body.change.enabled === false) call.demand('audit:disable')
    if (body.change.retentionDays !== undefined) call.demand('audit:retention')
  } catch (thrown) {
    await call.trail.tell({
      action: 'update',
      outcome: 'failure',
      initiator: initiatorOf(call),
      target: { id: tenant.id, typeURI: 'data/security/project' },
      tenants: [tenant],
      reason: { reasonType: 'HTTP', reasonCode: '403' },
      requestPath: call.requestPath,
    })
    throw thrown
  }
  return jsonAnswer(200, documentOf(tenant, await call.trail.changeSettings(tenant, body.change, initiatorOf(call))))
}

function tenantOf(call: KnownCall) {
  const reading = call.reading()
  if (reading.kind === 'nothing') throw notFound('There are no settings of a project and a domain together.')
  if (reading.tenant === '*') throw badRequest('ONE_TENANT', 'Settings are of one project or domain.')
  const tenant: Tenant = { cloud: reading.scope.cloud ?? '', id: reading.tenant }
  return { tenant, reading }
}

function documentOf({ id }: Tenant, { enabled, retentionDays, updatedBy, updatedAt }: HoldingSettings): unknown {
  return {
    tenant_id: id,
    enabled,
    ...(retentionDays === undefined ? {} : { retention_days: retentionDays }),
    ...(updatedBy === undefined ? {} : { updated_by: updatedBy }),
    ...(updatedAt === undefined ? {} : { updated_at: updatedAt }),
  }
}

interface Change {
  readonly tenantId?: string
  readonly change: TenantSettings
}

const MEMBERS: ReadonlySet<string> = new Set(['tenant_id', 'enabled', 'retention_days'])

/** @throws ApiFailure 400 */
function decodeChange(text: string): Change {
  const wrong = (why: string) => badRequest('BAD_BODY', `The body ${why}.`, 'It is {"enabled": true}, with tenant_id.')
  const body = parsed(text)
  if (!isRecord(body)) throw wrong('is no JSON object')
  const stranger = Object.keys(body).find((name) => !MEMBERS.has(name))
  if (stranger !== undefined) throw wrong(`has a member "${quote(stranger, 40)}"`)
  const { tenant_id: tenantId, enabled, retention_days: retentionDays } = body
  if (tenantId !== undefined && typeof tenantId !== 'string') throw wrong('has a tenant_id that is no text')
  if (enabled !== undefined && typeof enabled !== 'boolean')
    throw wrong('has an enabled that is neither true nor false')
  if (retentionDays !== undefined && !isDays(retentionDays)) {
    throw wrong(`has retention_days that are no whole number from 1 to ${LONGEST_RETENTION_DAYS}`)
  }
  if (enabled === undefined && retentionDays === undefined) throw wrong('changes nothing')
  return {
    ...(tenantId === undefined ? {} : { tenantId }),
    change: {
      ...(enabled === undefined ? {} : { enabled }),
      ...(retentionDays === undefined ? {} : { retentionDays }),
    },
  }
}

function isDays(value: unknown): value is number {
  return typeof value === 'number' && Number.isInteger(value) && value >= 1 && value <= LONGEST_RETENTION_DAYS
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    throw new ApiFailure(400, 'BAD_BODY', 'The body is no JSON.')
  }
}
