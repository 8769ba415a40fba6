import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import type { AuditStore } from '../../../../src/audit/store'
import type { AuditTrail, Occurrence } from '../../../../src/audit/trail'
import { openTrail, type TrailOptions } from '../../../../src/audit/trail/open'
import { EVENT_TYPE_URI } from '../../../../src/cadf/event'
import { OperatorError } from '../../../../src/errors/operator-error'
import type { KeystoneSession } from '../../../../src/openstack/session'
import { handTimers } from '../../../support/hand-timers'
import { memoryAuditStore, storeFull } from '../../../support/memory-audit-store'
import { recordedOccurrences } from '../../../support/recorded-occurrences'

const USER = 'service/security/account/user'
let made = 0

/** An event of project p1's, another one each time. */
function occurrence(changes: object = {}): Occurrence {
  made += 1
  return {
    event: {
      typeURI: EVENT_TYPE_URI,
      id: `e${made}`,
      eventType: 'activity',
      eventTime: '2026-11-21T06:51:16.590561+00:00',
      action: 'create',
      outcome: 'success',
      initiator: { id: 'u1', typeURI: USER, project_id: 'p1' },
      target: { id: 't1', typeURI: 'network/router' },
      observer: { id: 'o1', typeURI: 'service/network' },
      ...changes,
    },
  }
}

async function world(options: Partial<TrailOptions> = {}, parts: Partial<AuditStore> = {}) {
  const store = Object.assign(memoryAuditStore(), parts)
  const timers = handTimers()
  const notices: string[] = []
  const trail = await openTrail({
    // As much of it as the trail uses; its readers are the engines' matter.
    store: store as unknown as AuditStore,
    cloud: 'lab',
    timers,
    random: () => 0.5,
    uuid: randomUUID,
    onNotice: (text) => notices.push(text),
    ...options,
  })
  return { store, timers, trail, notices }
}

const ADMIN = { id: 'admin', typeURI: USER, name: 'root', project_id: 'admins' }
const P1 = { cloud: 'lab', id: 'p1' }
const P2 = { cloud: 'lab', id: 'p2' }

describe('Keeping events', () => {
  it('stores what came together in one call, and answers in order', async () => {
    const { store, trail } = await world()
    const [first, second] = [occurrence(), occurrence()]
    assert.deepEqual(await trail.keep([first, second]), ['stored', 'stored'])
    assert.deepEqual(await trail.keep([occurrence(), first]), ['stored', 'repeated'])
    assert.deepEqual(store.inserts, [2, 2])
    assert.deepEqual(await trail.keep([]), [])
    assert.deepEqual(store.inserts, [2, 2])
  })

  it('stores the two phases of each recorded API call, and nothing twice', async () => {
    const { store, trail } = await world()
    const all = recordedOccurrences('neutron-audit.jsonl')
    const outcomes = await trail.keep(all)
    assert.ok(outcomes.every((outcome) => outcome === 'stored'))
    assert.equal(store.records.filter(({ phase }) => phase === 'pending').length, all.length / 2)
    assert.ok((await trail.keep(all)).every((outcome) => outcome === 'repeated'))
  })

  it('does so in the cloud that the notification names, else in its own', async () => {
    const { store, trail } = await world()
    const [recorded] = recordedOccurrences('keystone-cadf.jsonl')
    assert.ok(recorded !== undefined)
    const { notification } = recorded
    await trail.keep([
      recorded,
      { ...occurrence(), notification: { ...notification, source: { ...notification.source, cloud: 'other' } } },
      occurrence(),
    ])
    assert.deepEqual(
      store.records.map(({ cloud }) => cloud),
      ['lab', 'other', 'lab'],
    )
  })

  it('refuses what is no event, with all that came with it', async () => {
    const { store, trail } = await world()
    await assert.rejects(trail.keep([occurrence(), { event: null } as never]), { code: 'AUDIT_BAD_EVENT' })
    assert.equal(store.records.length, 0)
  })

  it('lets the event loop turn while it takes many', async () => {
    const { trail } = await world()
    let turns = 0
    let ended = false
    const count = () => {
      turns += 1
      if (!ended) setImmediate(count)
    }
    setImmediate(count)
    await trail.keep(Array.from({ length: 1000 }, () => occurrence()))
    ended = true
    assert.ok(turns >= 10, `${turns}`)
  })
})

describe('An event whose id another one has', () => {
  it('is kept as a conflict that names the first and holds the other, once', async () => {
    const { store, trail, timers } = await world()
    const first = occurrence()
    const other = { event: { ...first.event, action: 'delete' } }
    await trail.keep([first])
    assert.deepEqual(await trail.keep([other]), ['conflict'])
    await timers.pass(60_000)
    assert.deepEqual(await trail.keep([other]), ['conflict'])
    assert.equal(store.records.length, 2)
    const [kept, conflict] = store.records
    assert.equal(JSON.parse(kept?.body ?? '').action, 'create')
    const event = JSON.parse(conflict?.body ?? '')
    assert.match(event.id, /^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/)
    assert.equal(event.target.id, first.event.id)
    assert.deepEqual(event.attachments[0].content, other.event)
    assert.deepEqual(conflict?.tenants, ['p1'])
  })

  it('is another conflict for another content, seen by those who may see that content', async () => {
    const { store, trail } = await world()
    const first = occurrence()
    const initiator = { id: 'u1', typeURI: USER, project_id: 'p2' }
    await trail.keep([first])
    assert.deepEqual(
      await trail.keep([{ event: { ...first.event, action: 'delete' } }, { event: { ...first.event, initiator } }]),
      ['conflict', 'conflict'],
    )
    assert.deepEqual(
      store.records.map(({ tenants }) => tenants),
      [['p1'], ['p1'], ['p2']],
    )
  })

  it('is none where only what this package says of it differs', async () => {
    const { trail } = await world()
    const first = occurrence()
    await trail.keep([first])
    assert.deepEqual(await trail.keep([{ event: { ...first.event, flags: ['action was update'] } }]), ['repeated'])
  })
})

describe('A store that was found damaged when it was opened', () => {
  it('is trouble from the beginning, not only with the first event', async () => {
    const damaged = new OperatorError('AUDIT_STORE_DAMAGED', 'A page is not as it was written.')
    const { trail } = await world({}, { trouble: damaged })
    const told: (Error | undefined)[] = []
    trail.onTrouble((trouble) => told.push(trouble))
    assert.deepEqual(told, [damaged])
  })
})

describe('Recording', () => {
  it('can be switched off for a tenant, and on again', async () => {
    const { store, trail } = await world()
    assert.deepEqual(await trail.settings(P1), { enabled: true })
    await trail.changeSettings(P1, { enabled: false }, ADMIN)
    assert.equal((await trail.settings(P1)).enabled, false)
    const before = store.records.length
    assert.deepEqual(await trail.keep([occurrence()]), ['not-recorded'])
    assert.equal(store.records.length, before)
    await trail.changeSettings(P1, { enabled: true }, ADMIN)
    assert.deepEqual(await trail.keep([occurrence()]), ['stored'])
  })

  it('goes on for identity and role events, and for those without a tenant', async () => {
    const { store, trail } = await world()
    await trail.changeSettings(P1, { enabled: false }, ADMIN)
    const keystone = { observer: { id: 'k', typeURI: 'service/security' } }
    const kept = [
      occurrence({ ...keystone, action: 'created.role_assignment', project: 'p1', target: { id: 'x', typeURI: USER } }),
      occurrence({ ...keystone, action: 'authenticate' }),
      occurrence({ target: { id: 'p1', typeURI: 'data/security/project' }, action: 'update' }),
      occurrence({ initiator: { id: 'u1', typeURI: USER } }),
    ]
    assert.deepEqual(await trail.keep(kept), ['stored', 'stored', 'stored', 'stored'])
    assert.deepEqual(store.records.at(-2)?.tenants, ['p1'])
    const secret = occurrence({
      target: { id: 's', typeURI: 'storage/volume' },
      observer: { id: 'b', typeURI: 'service/security/keymanager' },
    })
    assert.deepEqual(await trail.keep([secret]), ['not-recorded'])
  })

  it('of an event of two tenants goes on for the one that has it on', async () => {
    const { store, trail } = await world()
    await trail.changeSettings(P1, { enabled: false }, ADMIN)
    const target = { id: 't', typeURI: 'network/router', project_id: 'p2' }
    assert.deepEqual(await trail.keep([occurrence({ target })]), ['stored'])
    assert.deepEqual(store.records.at(-1)?.tenants, ['p2'])
    await trail.changeSettings(P2, { enabled: false }, ADMIN)
    assert.deepEqual(await trail.keep([occurrence({ target })]), ['not-recorded'])
  })

  it('can be off for all but those who switch it on', async () => {
    const { trail } = await world({ recordByDefault: false })
    assert.deepEqual(await trail.keep([occurrence()]), ['not-recorded'])
    assert.deepEqual(await trail.settings(P1), { enabled: false })
    const kept = await trail.changeSettings(P1, { retentionDays: 7 }, ADMIN)
    assert.equal(kept.enabled, false)
    assert.equal((await trail.changeSettings(P1, { enabled: true }, ADMIN)).enabled, true)
    assert.deepEqual(await trail.keep([occurrence()]), ['stored'])
  })

  it('is one cloud’s own: the same id in another is another tenant', async () => {
    const { trail } = await world()
    await trail.changeSettings({ cloud: 'other', id: 'p1' }, { enabled: false }, ADMIN)
    assert.deepEqual(await trail.keep([occurrence()]), ['stored'])
  })
})

describe('A change of settings', () => {
  it('is an event of the tenant, with who made it and what was before', async () => {
    const { store, trail } = await world()
    const changed = await trail.changeSettings(P1, { enabled: false, retentionDays: 90 }, ADMIN)
    assert.deepEqual(changed, {
      enabled: false,
      retentionDays: 90,
      updatedBy: 'root',
      updatedAt: '2026-11-21T07:00:00.000Z',
    })
    await trail.changeSettings(P1, { retentionDays: 30 }, ADMIN)
    assert.equal(store.records.length, 2)
    const record = store.records[1]
    assert.deepEqual(record?.tenants, ['p1'])
    const event = JSON.parse(record?.body ?? '')
    assert.equal(event.action, 'update/settings')
    assert.deepEqual(event.initiator, ADMIN)
    assert.equal(event.target.name, 'lab/p1')
    assert.deepEqual(
      event.attachments.map(({ content }: { content: { retentionDays: number } }) => content.retentionDays),
      [90, 30],
    )
  })

  it('can take back what was set', async () => {
    const { store, trail } = await world()
    await trail.changeSettings(P1, { enabled: false, retentionDays: 90 }, ADMIN)
    const reset = { enabled: undefined } as object
    assert.equal((await trail.changeSettings(P1, reset, ADMIN)).enabled, true)
    const [own] = await store.settings()
    assert.deepEqual(Object.keys(own?.settings ?? {}), ['retentionDays', 'updatedBy', 'updatedAt'])
  })

  it('is refused for values that cannot be, and nothing is told', async () => {
    const { store, trail } = await world()
    for (const change of [
      { enabled: 'no' },
      { retentionDays: 0 },
      { retentionDays: Number.NaN },
      { retentionDays: '7' },
    ]) {
      await assert.rejects(trail.changeSettings(P1, change as never, ADMIN), { code: 'AUDIT_BAD_SETTINGS' })
    }
    assert.equal(store.records.length, 0)
  })

  it('that many make at a time loses none', async () => {
    const { trail } = await world()
    await Promise.all([
      trail.changeSettings(P1, { enabled: false }, ADMIN),
      trail.changeSettings(P1, { retentionDays: 7 }, ADMIN),
    ])
    const { enabled, retentionDays } = await trail.settings(P1)
    assert.deepEqual([enabled, retentionDays], [false, 7])
  })

  it('that could not be stored is told of as a failure, and does not hold', async () => {
    const { store, trail } = await world()
    store.before = (what) => {
      if (what === 'setSettings') throw new OperatorError('AUDIT_STORE_AWAY', 'Gone.', { retryable: true })
    }
    await assert.rejects(trail.changeSettings(P1, { enabled: false }, ADMIN), { code: 'AUDIT_STORE_AWAY' })
    assert.deepEqual(
      store.records.map(({ attributes }) => attributes.outcome),
      ['success', 'failure'],
    )
    assert.equal((await trail.settings(P1)).enabled, true)
  })

  it('that cannot be told of does not come about', async () => {
    const { store, trail } = await world()
    store.before = (what) => {
      if (what === 'insert') throw storeFull()
    }
    await assert.rejects(trail.changeSettings(P1, { enabled: false }, ADMIN), { code: 'AUDIT_STORE_FULL' })
    assert.deepEqual(await store.settings(), [])
  })

  it('made by another process holds within a minute', async () => {
    const { store, timers, trail } = await world()
    await store.setSettings(P1, { enabled: false })
    await timers.pass(61_000)
    assert.deepEqual(await trail.keep([occurrence()]), ['not-recorded'])
  })
})

describe('What this package did itself', () => {
  it('is told in the tenants that it concerns, and in no other', async () => {
    const { store, trail } = await world()
    await trail.tell({
      action: 'read/list',
      outcome: 'success',
      initiator: ADMIN,
      target: { id: 'p1', typeURI: 'data/audit/events', project_id: 'p7' },
      tenants: [P1, { cloud: 'other', id: 'p1' }],
    })
    assert.deepEqual(
      store.records.map(({ cloud, tenants }) => [cloud, tenants]),
      [
        ['lab', ['p1']],
        ['other', ['p1']],
      ],
    )
  })

  it('is the administrators’ alone where it concerns no tenant', async () => {
    const { store, trail } = await world()
    const target = { id: 'all', typeURI: 'data/audit/events' }
    await trail.tell({ action: 'read/list', outcome: 'failure', initiator: ADMIN, target, tenants: [] })
    assert.deepEqual(
      store.records.map(({ tenants }) => tenants),
      [[]],
    )
  })
})

describe('Checkpoints', () => {
  const told = (trail: AuditTrail) => {
    const positions: number[] = []
    trail.onCheckpoint(({ position }) => positions.push(position))
    return positions
  }

  it('fall due after so many events', async () => {
    const { timers, trail } = await world({ checkpoints: { events: 3, minutes: 0 } })
    const positions = told(trail)
    await trail.keep([occurrence(), occurrence()])
    await timers.settle()
    assert.deepEqual(positions, [])
    await trail.keep([occurrence(), occurrence()])
    await timers.settle()
    assert.deepEqual(positions, [4])
    await trail.keep([occurrence()])
    await timers.settle()
    assert.deepEqual(positions, [4])
  })

  it('fall due after a time in which something was stored', async () => {
    const { timers, trail } = await world({ checkpoints: { events: 0, minutes: 10 } })
    const positions = told(trail)
    await timers.pass(60 * 60_000)
    assert.deepEqual(positions, [])
    await trail.keep([occurrence()])
    await timers.pass(11 * 60_000)
    assert.deepEqual(positions, [1])
    await timers.pass(60 * 60_000)
    assert.deepEqual(positions, [1])
  })

  it('are not due for what was there already', async () => {
    const { timers, trail } = await world({ checkpoints: { events: 2, minutes: 0 } })
    const positions = told(trail)
    const one = occurrence()
    for (let n = 0; n < 5; n += 1) await trail.keep([one])
    await timers.settle()
    assert.deepEqual(positions, [])
  })

  it('are taken once more when the trail is closed', async () => {
    const { trail } = await world()
    const positions = told(trail)
    await trail.keep([occurrence()])
    await trail.close()
    assert.deepEqual(positions, [1])
  })

  it('that fail are said, and fall due again', async () => {
    const { store, timers, trail, notices } = await world({ checkpoints: { events: 1, minutes: 0 } })
    const positions = told(trail)
    store.before = (what) => {
      if (what === 'checkpoint') throw storeFull()
    }
    await trail.keep([occurrence()])
    await timers.settle()
    assert.match(notices[0] ?? '', /No checkpoint .* The disk is full/)
    store.before = undefined
    await trail.keep([occurrence()])
    await timers.settle()
    assert.deepEqual(positions, [2])
  })
})

describe('Trouble with the store', () => {
  it('is reported, nothing is acknowledged, and it ends by itself', async () => {
    const { store, trail } = await world()
    const told: (string | undefined)[] = []
    const stop = trail.onTrouble((error) => told.push(error?.message))
    store.before = () => {
      throw storeFull()
    }
    const one = occurrence()
    await assert.rejects(trail.keep([one]), { code: 'AUDIT_STORE_FULL', retryable: true })
    assert.equal(store.records.length, 0)
    store.before = undefined
    assert.deepEqual(await trail.keep([one]), ['stored'])
    assert.deepEqual(told, [undefined, 'The disk is full.', undefined])
    stop()
  })

  it('that comes between an event and its conflict is healed by trying again', async () => {
    const { store, trail } = await world()
    const first = occurrence()
    await trail.keep([first])
    let calls = 0
    store.before = () => {
      calls += 1
      if (calls === 2) throw storeFull()
    }
    const other = { event: { ...first.event, action: 'delete' } }
    await assert.rejects(trail.keep([other]), { code: 'AUDIT_STORE_FULL' })
    assert.deepEqual(await trail.keep([other]), ['conflict'])
    assert.equal(store.records.length, 2)
  })

  it('at the door: unusable settings are refused before anything is opened', async () => {
    await assert.rejects(world({ tenantRules: ['everybody' as never] }), { code: 'AUDIT_CONFIGURATION' })
    await assert.rejects(world({ checkpoints: { events: -1, minutes: 0 } }), { code: 'AUDIT_CONFIGURATION' })
    await assert.rejects(world({ cloud: '' }), { code: 'AUDIT_CONFIGURATION' })
    await assert.rejects(world({ retention: { days: 0 } }), { code: 'AUDIT_RETENTION' })
  })
})

describe('Names from Keystone', () => {
  /** A session that knows one project and one user. */
  function keystone(requests: string[] = []): KeystoneSession {
    const answers: Record<string, unknown> = {
      '/projects/p1': { project: { name: 'shop', domain_id: 'd1' } },
      '/users/u1': { user: { name: 'ada', domain_id: 'd1' } },
      '/domains/d1': { domain: { name: 'Sales' } },
    }
    const never = () => Promise.reject(new Error('not asked for here'))
    return {
      async request(_service, { path }) {
        requests.push(path)
        return { status: 200, headers: {}, text: JSON.stringify(answers[path] ?? {}) }
      },
      endpoint: never,
      catalog: never,
      identity: never,
      keystone: never,
      close: async () => {},
    }
  }

  it('are kept beside the event, which stays as it came, and can be asked for', async () => {
    const { store, trail } = await world({ keystone: keystone() })
    const one = occurrence()
    await trail.keep([one])
    const [record] = store.records
    assert.deepEqual(JSON.parse(record?.body ?? ''), one.event)
    assert.equal(record?.added?.['initiator.project_name'], 'shop')
    assert.equal(record?.attributes.initiator_name, 'ada')
    assert.deepEqual(record?.tenants, ['p1'])
  })

  it('make no other content of an event, and file it under no project’s domain', async () => {
    const plain = await world()
    const filled = await world({ keystone: keystone() })
    const one = occurrence()
    await plain.trail.keep([one])
    await filled.trail.keep([one])
    assert.equal(plain.store.records[0]?.contentHash, filled.store.records[0]?.contentHash)
    assert.deepEqual(plain.store.records[0]?.tenants, filled.store.records[0]?.tenants)
  })

  it('file a login under the domain of the user', async () => {
    const { store, trail } = await world({ keystone: keystone() })
    await trail.keep([occurrence({ initiator: { id: 'u1', typeURI: USER, user_id: 'u1' }, action: 'authenticate' })])
    assert.deepEqual(store.records[0]?.tenants, ['d1'])
  })

  it('are not asked for events of another cloud', async () => {
    const requests: string[] = []
    const { trail } = await world({ keystone: keystone(requests) })
    const [recorded] = recordedOccurrences('keystone-cadf.jsonl')
    assert.ok(recorded !== undefined)
    const { notification } = recorded
    await trail.keep([
      { ...occurrence(), notification: { ...notification, source: { ...notification.source, cloud: 'other' } } },
    ])
    assert.deepEqual(requests, [])
  })

  it('that cannot be had are marked', async () => {
    const broken = { ...keystone(), request: () => Promise.reject(new OperatorError('KEYSTONE_UNAVAILABLE', 'Away.')) }
    const { store, trail, notices } = await world({ keystone: broken })
    assert.deepEqual(await trail.keep([occurrence(), occurrence()]), ['stored', 'stored'])
    assert.deepEqual(JSON.parse(store.records[0]?.body ?? '').flags, [
      'names were not looked up: Keystone did not answer',
    ])
    assert.equal(notices.length, 1)
  })
})

describe('Closing the trail', () => {
  it('waits for what is under way, and takes nothing more', async () => {
    const { store, trail } = await world()
    let release = () => {}
    const held = new Promise<void>((resolve) => {
      release = resolve
    })
    store.before = () => held
    const kept = trail.keep([occurrence()])
    const closing = trail.close()
    await assert.rejects(trail.keep([occurrence()]), { code: 'AUDIT_STORE_CLOSED' })
    assert.equal(store.closed, false)
    release()
    assert.deepEqual(await kept, ['stored'])
    await closing
    assert.equal(store.closed, true)
    await trail.close()
  })
})
