import assert from 'node:assert/strict'
import type { AuditStore } from '../../../../src/audit/store'
import { TENANT_RULES, type TenantRule } from '../../../../src/audit/tenants/rules'
import type { Occurrence } from '../../../../src/audit/trail'
import { openTrail } from '../../../../src/audit/trail/open'
import { EVENT_TYPE_URI } from '../../../../src/cadf/event'
import { OperatorError } from '../../../../src/errors/operator-error'
import type { KeystoneSession } from '../../../../src/openstack/session'
import { type Random, randomOf } from '../../../fuzz/random'
import { handTimers } from '../../../support/hand-timers'
import { type MemoryAuditStore, memoryAuditStore } from '../../../support/memory-audit-store'

/** Few ids, so that projects, domains, users and words that stand for nothing meet in every place. */
const IDS = ['a1', 'b2', 'c3', 'd4', 'default', 'unknown', 'unavailable', '', 'None', 'a1,b2', '*']
const TYPES = [
  'network/router',
  'data/security/project',
  'data/security/domain',
  'data/security/account/user',
  'unknown',
]
const ACTIONS = ['create', 'delete', 'created.role_assignment', 'delete/role_assignment', 'authenticate', 'update']
const USER = 'service/security/account/user'

/** What Keystone says of each id: a project or user `x` is in the domain `x-home`. */
const homeOf = (id: string) => `${id}-home`
const ASKABLE = new Set(['a1', 'b2', 'c3', 'd4', 'default'])

let keystoneIsAway = false
const keystone = {
  async request(_service: unknown, { path }: { path: string }) {
    if (keystoneIsAway) throw new OperatorError('KEYSTONE_UNAVAILABLE', 'Keystone is away.', { retryable: true })
    const [, kind = '', id = ''] = path.split('/')
    const name = kind.slice(0, -1)
    return { status: 200, headers: {}, text: JSON.stringify({ [name]: { name: id, domain_id: homeOf(id) } }) }
  },
} as unknown as KeystoneSession

function randomEvent(random: Random, number: number, again = 0.2): Occurrence {
  const maybe = (members: Record<string, string>) =>
    Object.fromEntries(
      Object.entries(members)
        .filter(() => random.chance(0.5))
        .map(([name]) => [name, random.of(IDS)]),
    )
  return {
    event: {
      typeURI: EVENT_TYPE_URI,
      // Some come again, some with another content.
      id: `e${random.chance(again) ? random.below(number + 1) : number}`,
      eventType: 'activity',
      eventTime: '2026-11-21T06:51:16.590561+00:00',
      action: random.of(ACTIONS),
      outcome: random.of(['success', 'failure', 'pending']),
      initiator: { id: random.of(IDS), typeURI: USER, ...maybe({ project_id: '', domain_id: '', user_id: '' }) },
      target: { id: random.of(IDS), typeURI: random.of(TYPES), ...maybe({ project_id: '', domain_id: '' }) },
      observer: { id: 'o1', typeURI: random.of(['service/network', 'service/security']) },
      ...maybe({ project: '', domain: '', user: '', group: '', tenant_id: '', project_id: '', domain_id: '' }),
    },
  }
}

interface Sent {
  readonly action: string
  readonly initiator: Readonly<Record<string, string>>
  readonly target: Readonly<Record<string, string>>
  readonly project?: string
  readonly domain?: string
}

const tells = (value: string | undefined): value is string => value !== undefined && ASKABLE.has(value)
/** Told, whether or not it can be a tenant's id: what is told keeps weaker reasons out. */
const isSaid = (value: string | undefined) =>
  value !== undefined && !['unknown', 'unavailable', '', 'None'].includes(value)

/** The reasons for which docs/audit-tenants.md lets a tenant see an event, each by itself. */
const REASONS: Readonly<Record<TenantRule, (tenant: string, event: Sent) => boolean>> = {
  'acting-project': (tenant, { initiator }) => tenant === initiator['project_id'],
  'target-project': (tenant, event) => tenant === projectOf(event),
  'acting-domain': (tenant, event) =>
    tenant === event.initiator['domain_id'] &&
    !isSaid(event.initiator['project_id']) &&
    (!isSaid(projectOf(event)) || event.target['typeURI'] === 'data/security/project'),
  'target-domain': (tenant, event) =>
    !isSaid(projectOf(event)) && event.target['typeURI'] !== 'data/security/project' && tenant === domainOf(event),
  'domain-of-project': (tenant, event) =>
    event.target['typeURI'] === 'data/security/project' && tenant === domainOf(event),
  'home-domain': (tenant, event) => {
    const { initiator } = event
    const user = isSaid(initiator['user_id']) ? initiator['user_id'] : initiator['id']
    const placed = isSaid(initiator['project_id']) || isSaid(initiator['domain_id'])
    const aboutProject = isSaid(projectOf(event)) && event.target['typeURI'] !== 'data/security/project'
    return !placed && !aboutProject && tells(user) && tenant === homeOf(user)
  },
}

function projectOf({ action, target, project }: Sent): string | undefined {
  const places = [target['project_id'], target['typeURI'] === 'data/security/project' ? target['id'] : undefined]
  if (action.endsWith('role_assignment')) places.push(project)
  return places.find(isSaid)
}

function domainOf({ action, target, domain }: Sent): string | undefined {
  const places = [target['domain_id'], target['typeURI'] === 'data/security/domain' ? target['id'] : undefined]
  if (action.endsWith('role_assignment')) places.push(domain)
  const said = places.find(isSaid)
  if (said !== undefined) return said
  const { id, typeURI } = target
  const ofIdentity = typeURI === 'data/security/project' || typeURI === 'data/security/account/user'
  return ofIdentity && tells(id) ? homeOf(id) : undefined
}

describe('Whatever happens, a tenant', () => {
  for (const [seed, rules] of [
    [1, TENANT_RULES],
    [2, ['acting-project', 'target-project']],
    [3, ['acting-domain', 'target-domain']],
    [4, ['domain-of-project', 'home-domain', 'target-project']],
  ] as const) {
    it(`sees exactly what the rules ${rules === TENANT_RULES ? '' : `${rules.join(', ')} `}give a reason for`, async () => {
      const random = randomOf(seed)
      const store = memoryAuditStore()
      const trail = await openTrail({
        store: store as unknown as AuditStore,
        cloud: 'lab',
        keystone,
        tenantRules: rules,
        timers: handTimers(),
        random: Math.random,
        uuid: () => 'none',
      })
      for (let batch = 0; batch < 40; batch += 1) {
        await trail.keep(Array.from({ length: 50 }, (_, n) => randomEvent(random, batch * 50 + n)))
      }
      assertSeenAsReasoned(store, rules)
      assert.ok(store.records.some(({ body }) => body.includes('create/conflict')))
    })
  }

  it('comes to see exactly that also where Keystone was away while the events came', async () => {
    const random = randomOf(5)
    const store = memoryAuditStore()
    const timers = handTimers()
    const trail = await openTrail({
      ...{ store: store as unknown as AuditStore, cloud: 'lab', keystone, timers, random: Math.random },
      uuid: () => 'none',
    })
    keystoneIsAway = true
    for (let batch = 0; batch < 20; batch += 1) {
      await trail.keep(Array.from({ length: 50 }, (_, n) => randomEvent(random, batch * 50 + n)))
    }
    const waiting = () => store.awaiting(0, 1_000)
    const homes = () => IDS.flatMap((id) => store.visible({ cloud: 'lab', tenants: [homeOf(id)] }))
    assert.ok((await waiting()).length > 100)
    assert.deepEqual(homes(), [])
    keystoneIsAway = false
    for (let tries = 0; tries < 1_000 && (await waiting()).length > 0; tries += 1) await timers.pass(1_000)
    assert.deepEqual(await waiting(), [])
    assert.ok(homes().length > 50)
    assertSeenAsReasoned(store, TENANT_RULES)
    const conflicts = [...store.filled.values()].filter(({ event }) => event.body.includes('create/conflict'))
    assert.ok(conflicts.length > 10)
    for (const { added, attributes } of conflicts) assert.deepEqual([added, attributes], [{}, {}])
  })
})

function assertSeenAsReasoned(store: MemoryAuditStore, rules: readonly TenantRule[]): void {
  const everybody = new Set([...IDS, ...IDS.map(homeOf), 'lab', 'p1'])
  let seen = 0
  for (const tenant of everybody) {
    const visible = new Set(store.visible({ cloud: 'lab', tenants: [tenant] }))
    seen += visible.size
    for (const record of store.records) {
      const event = JSON.parse(record.body)
      // A conflict shows the event that it holds.
      const sent: Sent = event.attachments?.[0]?.content ?? event
      const allowed = (tenant.endsWith('-home') || tells(tenant)) && rules.some((rule) => REASONS[rule](tenant, sent))
      assert.equal(visible.has(record), allowed, `${tenant}: ${record.body}`)
    }
    assert.deepEqual(store.visible({ cloud: 'elsewhere', tenants: [tenant] }), [])
  }
  assert.ok(seen > 100, `${seen}`)
  assert.deepEqual(store.visible({ cloud: 'lab', tenants: [] }), [])
  assert.ok(store.records.some(({ tenants }) => tenants.length === 0))
}
