import assert from 'node:assert/strict'
import { demoApplicationCredential, demoDomains, demoProjects, demoUsers } from '../../lab/demo/people'
import { type PocketCloud, startPocketCloud } from '../../lab/pocket-cloud'
import type { AuditStore } from '../../src/audit/store'
import { openTrail } from '../../src/audit/trail/open'
import { EVENT_TYPE_URI } from '../../src/cadf/event'
import { undiciClient } from '../../src/http/undici-client'
import type { KeystoneAuth } from '../../src/openstack/auth'
import { type KeystoneSession, keystoneSession } from '../../src/openstack/session'
import { systemTimers } from '../../src/time/timers'
import { memoryAuditStore } from '../support/memory-audit-store'

const { id, secret } = demoApplicationCredential
const operator: KeystoneAuth = { method: 'application_credential', credential: { id }, secret }
const { alice, viktor } = demoUsers
const member: KeystoneAuth = {
  method: 'password',
  user: { id: alice.id },
  password: alice.password,
  scope: { project: { id: demoProjects.shop.id } },
}
const USER = 'service/security/account/user'

describe('Names for stored events, from a Keystone', function () {
  this.timeout(60_000)
  let cloud: PocketCloud
  let session: KeystoneSession
  let notices: string[]

  afterEach(async () => {
    await session.close()
    await cloud.close()
  })

  async function trailWith(auth: KeystoneAuth) {
    notices = []
    cloud = await startPocketCloud({ certificate: false })
    session = keystoneSession({
      ...{ authUrl: cloud.urls.keystone, auth, interface: 'public', region: '', http: undiciClient({}) },
    })
    const store = memoryAuditStore()
    const trail = await openTrail({
      store: store as unknown as AuditStore,
      ...{ cloud: 'lab', keystone: session, timers: systemTimers, random: Math.random, uuid: () => 'none' },
      onNotice: (text) => notices.push(text),
    })
    let made = 0
    return async (initiator: object, target: object) => {
      made += 1
      await trail.keep([
        {
          event: {
            ...{ typeURI: EVENT_TYPE_URI, id: `e${made}`, eventType: 'activity', action: 'update', outcome: 'success' },
            eventTime: '2026-11-21T06:51:16.590561+00:00',
            initiator: { id: 'x', typeURI: USER, ...initiator },
            target: { id: 't', typeURI: 'network/router', ...target },
            observer: { id: 'o', typeURI: 'service/network' },
          },
        },
      ])
      return store.records.at(-1)
    }
  }

  it('are those of the users, projects and domains that there are', async () => {
    const keep = await trailWith(operator)
    const record = await keep(
      { user_id: viktor.id, project_id: demoProjects.shop.id },
      { project_id: demoProjects.depot.id },
    )
    assert.deepEqual(record?.added, {
      'initiator.project_name': 'shop',
      'initiator.domain_id': 'default',
      'initiator.project_domain_name': 'Default',
      'initiator.name': 'viktor',
      'initiator.domain': 'partner',
      'target.project_name': 'depot',
      'target.domain_id': demoDomains.partner.id,
      'target.project_domain_name': 'partner',
    })
    const changed = await keep({ user_id: viktor.id }, { id: alice.id, typeURI: 'data/security/account/user' })
    assert.deepEqual(changed?.tenants, [demoDomains.partner.id, 'default'])
    assert.deepEqual(notices, [])
  })

  it('are none of what there is not', async () => {
    const keep = await trailWith(operator)
    const record = await keep({ user_id: 'f'.repeat(32), project_id: '0'.repeat(32) }, {})
    assert.equal(record?.added, undefined)
    assert.ok(!record?.body.includes('flags'))
  })

  it('are those that a member may see, and it is said that there are others', async () => {
    const keep = await trailWith(member)
    const record = await keep(
      { user_id: alice.id, project_id: demoProjects.shop.id },
      { project_id: demoProjects.depot.id },
    )
    assert.equal(record?.added?.['initiator.name'], 'alice')
    assert.equal(record?.added?.['target.project_name'], undefined)
    assert.deepEqual(notices.length, 1)
    assert.match(notices[0] ?? '', /look up every project/)
  })

  it('are left out while it fails, and the event says so', async () => {
    const keep = await trailWith(operator)
    cloud.faults.add({ service: 'keystone', method: 'GET', status: 503 })
    const began = Date.now()
    const record = await keep({ user_id: alice.id }, {})
    // A second, and what a busy machine needs.
    assert.ok(Date.now() - began < 20_000)
    assert.match(record?.body ?? '', /names were not looked up/)
    assert.equal(notices.length, 1)
  })
})
