import { createHash, randomUUID } from 'node:crypto'
import type { LabClock } from '../clock'
import type { LabRequest } from '../http/exchange'
import { type CallContext, callContext } from '../neutron/context'
import type { Notifier } from '../notifications/notifier'
import type { Assigned, Changed } from './changes'
import type { LoginReport } from './login'
import type { Token } from './model'

export interface KeystoneEventsOptions {
  readonly clock: LabClock
  readonly notifier: Notifier
  readonly optOut?: readonly string[]
}

export interface KeystoneEvents {
  resource(request: LabRequest, requestId: string, caller: Token, changed: Changed): Promise<void>
  assignment(request: LabRequest, requestId: string, caller: Token, assigned: Assigned): Promise<void>
  login(request: LabRequest, requestId: string, report: LoginReport): Promise<void>
}

/** Keystone's own default, whose third pattern never matches: the real outcome is `failure`. */
const DEFAULT_OPT_OUT = [
  'identity.authenticate.success',
  'identity.authenticate.pending',
  'identity.authenticate.failed',
]

const USER = 'service/security/account/user'
const TARGETS = { project: 'data/security/project', user: 'data/security/account/user' } as const

/** What Keystone publishes in its CADF format, as recorded: the same members in the same order. */
export function keystoneEvents({ clock, notifier, optOut = DEFAULT_OPT_OUT }: KeystoneEventsOptions): KeystoneEvents {
  const observer = { id: createHash('md5').update('pocket keystone').digest('hex'), typeURI: 'service/security' }

  async function publish(context: CallContext, eventType: string, event: Record<string, unknown>): Promise<void> {
    const withOutcome = `${eventType}.${String(event['outcome'])}`
    if (optOut.includes(eventType) || optOut.includes(withOutcome)) return
    await notifier.notify(context, eventType, {
      typeURI: 'http://schemas.dmtf.org/cloud/audit/1.0/event',
      eventType: 'activity',
      id: randomUUID(),
      eventTime: cadfTime(clock.now()),
      ...event,
    })
  }

  return {
    async resource(request, requestId, caller, { resource, operation, id }) {
      // Of a user's deletion Keystone does not know who did it.
      const nameless = resource === 'user' && operation === 'deleted'
      await publish(contextOf(caller, requestId, clock), `identity.${resource}.${operation}`, {
        action: `${operation}.${resource}`,
        outcome: 'success',
        observer,
        ...(!nameless && { initiator: initiator(request, requestId, caller) }),
        target: { id, typeURI: TARGETS[resource] },
        resource_info: id,
      })
    },
    async assignment(request, requestId, caller, { operation, outcome, ground, user, role }) {
      await publish(contextOf(caller, requestId, clock), `identity.role_assignment.${operation}`, {
        action: `${operation}.role_assignment`,
        outcome,
        observer,
        initiator: initiator(request, requestId, caller),
        target: { id: randomUUID(), typeURI: USER },
        ...ground,
        user,
        inherited_to_projects: false,
        role,
      })
    },
    async login(request, requestId, report) {
      const anonymous: CallContext = {
        ...{ requestId, at: clock.now(), userId: '', userName: '', projectId: '' },
        ...{ roles: [], isAdmin: false, seesAll: false },
      }
      const host = hostOf(request)
      const known = 'user' in report
      const who = known
        ? { user_id: report.user.id, username: report.user.name }
        : {
            user_name: report.claimed.name,
            domain_id: report.claimed.domain?.id,
            domain_name: report.claimed.domain?.name,
          }
      await publish(anonymous, 'identity.authenticate', {
        action: 'authenticate',
        outcome: report.outcome,
        observer,
        initiator: { id: known ? report.user.id : randomUUID(), typeURI: USER, host, request_id: requestId, ...who },
        target: { id: randomUUID(), typeURI: USER },
        ...(!known && {
          reason: { reasonType: `Could not find user: ${report.claimed.name}.`, reasonCode: '404' },
        }),
      })
    },
  }
}

function initiator(request: LabRequest, requestId: string, caller: Token): Record<string, unknown> {
  const { user, project, scope } = caller
  return {
    id: user.id,
    typeURI: USER,
    host: hostOf(request),
    user_id: user.id,
    ...(project !== undefined && { project_id: project.id }),
    ...(scope.kind === 'domain' && { domain_id: scope.domain.id }),
    request_id: requestId,
    username: user.name,
  }
}

/** Keystone takes the last entry of `X-Forwarded-For`, from whoever sends it. */
function hostOf({ headers }: LabRequest): { address: string; agent: string } {
  const forwarded = headers['x-forwarded-for']?.split(',').at(-1)?.trim()
  return { address: forwarded || '127.0.0.1', agent: headers['user-agent'] ?? '' }
}

function contextOf(caller: Token, requestId: string, clock: LabClock): CallContext {
  return { ...callContext(caller, clock.now()), requestId }
}

/** pycadf's form: an offset without colon. */
function cadfTime(at: Date): string {
  return `${at.toISOString().slice(0, 23)}000+0000`
}
