import { OperatorError } from '../../errors/operator-error'
import { quote } from '../../errors/redact'
import { identityEntry } from '../../openstack/identity-look-ups'
import type { KeystoneSession } from '../../openstack/session'
import type { Timers } from '../../time/timers'
import { IdentityCache } from '../enrich/identity-cache'
import type { Configuration } from '../model'
import { checkPolicy, type RetentionPolicy } from '../retention/policy'
import { type RetentionOutcome, retentionSchedule } from '../retention/schedule'
import type { AuditStore } from '../store'
import { TENANT_RULES, type TenantRule } from '../tenants/rules'
import type { AuditTrail, OwnEvent } from '../trail'
import { type CheckpointRule, checkRule } from './checkpoints'
import { tellOfConfiguration } from './configuration'
import { StoredTrail } from './stored-trail'

export interface TrailOptions {
  /** Open; the trail closes it. */
  readonly store: AuditStore
  /** Of events whose notification does not name one, and of this package's own. */
  readonly cloud: string
  /** Of that cloud, for names and domains that events lack; the trail does not close it. */
  readonly keystone?: KeystoneSession
  /** Default: all. */
  readonly tenantRules?: readonly TenantRule[]
  /** For all; tenants may have days of their own. Default: everything is kept. */
  readonly retention?: RetentionPolicy
  readonly onRetention?: (outcome: RetentionOutcome) => void
  /** Default: after 10,000 events, and after 60 minutes. */
  readonly checkpoints?: CheckpointRule
  /** Whether events of tenants for whom nothing is set are recorded; default: they are. */
  readonly recordByDefault?: boolean
  /** What of this, and of the store, is to be remembered there, and told of in an event when it has changed. Default: nothing. */
  readonly configuration?: Configuration
  readonly timers: Timers
  /** From 0 to 1. */
  readonly random: () => number
  readonly uuid: () => string
  /** For people: what is worth knowing and does not keep events from being stored. */
  readonly onNotice?: (text: string) => void
}

/** A look-up in the background may take longer than anybody waits for it. */
const LOOK_UP_MS = 5000
const CHECKPOINTS: CheckpointRule = { events: 10_000, minutes: 60 }

/**
 * Opens the trail on a store.
 * @throws OperatorError `AUDIT_CONFIGURATION`, `AUDIT_RETENTION`, and what the store says when its settings are read
 */
export async function openTrail(options: TrailOptions): Promise<AuditTrail> {
  const { store, keystone, timers, random, onNotice = () => {}, onRetention } = options
  const policy = checkPolicy(options.retention ?? {})
  const rules = checkTenantRules(options.tenantRules ?? TENANT_RULES)
  const checkpoints = checkRule(options.checkpoints ?? CHECKPOINTS)
  if (options.cloud === '') throw configuration('names no cloud')
  const trail = new StoredTrail({
    store,
    cloud: options.cloud,
    names:
      keystone &&
      new IdentityCache({
        ask: (kind, id) => identityEntry(keystone, kind, id, { timeoutMs: LOOK_UP_MS }),
        timers,
        onNotice,
      }),
    rules,
    checkpoints,
    recordByDefault: options.recordByDefault ?? true,
    timers,
    uuid: options.uuid,
    onNotice,
  })
  await trail.open()
  const told = await toldOf(options, trail)
  const retention = retentionSchedule({
    ...{ store, policy, timers, random },
    ...(onRetention === undefined ? {} : { onRun: onRetention }),
  })
  trail.stopFirst({
    async stop() {
      await Promise.all([told?.stop(), retention.stop()])
    },
  })
  return trail
}

/** A store that is damaged takes nothing any more. */
async function toldOf({ store, cloud, configuration, timers, onNotice = () => {} }: TrailOptions, trail: AuditTrail) {
  if (configuration === undefined || store.trouble !== undefined) return undefined
  const tell = (own: OwnEvent) => trail.tell(own)
  return tellOfConfiguration({ store, tell, cloud, configuration, timers, onNotice })
}

function checkTenantRules(rules: readonly TenantRule[]): ReadonlySet<TenantRule> {
  const known: readonly string[] = TENANT_RULES
  const unknown = rules.find((rule) => !known.includes(rule))
  if (unknown !== undefined) throw configuration(`has no tenant rule ${quote(String(unknown), 60)}`)
  return new Set(rules)
}

export function configuration(what: string): OperatorError {
  return new OperatorError('AUDIT_CONFIGURATION', `The audit trail ${what}.`, {
    remedy: 'Open the audit store node and correct it.',
  })
}
