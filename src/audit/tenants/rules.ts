/**
 * Why a tenant may see an event. Each rule names at most one project or domain, and only what the event or a look-up says;
 * `unknown`, `unavailable` and the empty text never are one. All are on unless configured otherwise.
 */
export const TENANT_RULES = [
  /** The project that the initiator's token was for. */
  'acting-project',
  /** The project that the target belongs to or is, or to which Keystone gave a role. */
  'target-project',
  /**
   * The domain that the initiator's token was for, or that somebody tried to log in to: where the event is about no project, or
   * about a project as such.
   */
  'acting-domain',
  /** The domain that the target belongs to or is, or in which Keystone gave a role: where the target is in no project. */
  'target-domain',
  /** The domain of a project that is created, changed or deleted. */
  'domain-of-project',
  /** The domain of the user who acted, from a look-up: where the event does not say where he acted. */
  'home-domain',
] as const

export type TenantRule = (typeof TENANT_RULES)[number]

export const ALL_RULES: ReadonlySet<TenantRule> = new Set(TENANT_RULES)
