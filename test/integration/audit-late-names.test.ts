import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { startSmallOpenSearch } from '../../lab/opensearch/service'
import { openOpenSearchStore } from '../../src/audit/opensearch/open'
import { openSqliteStore } from '../../src/audit/sqlite/open'
import type { AuditStore } from '../../src/audit/store'
import { openTrail } from '../../src/audit/trail/open'
import { undiciClient } from '../../src/http/undici-client'
import type { KeystoneSession } from '../../src/openstack/session'
import { auditRecord, idsOf } from '../conformance/audit/records'
import { apiEvent, CLOUD, startAuditApi } from '../support/audit-api'
import { type HandTimers, handTimers } from '../support/hand-timers'
import { waitFor } from '../support/wait-for'

const USER = 'service/security/account/user'

/** Users `ada` of the domain d1 and `bob` of the default one; whoever asks for something else is told that there is nothing. */
function keystoneWith(state: { answers: boolean }, timers: HandTimers): KeystoneSession {
  const names: Readonly<Record<string, object>> = {
    '/users/ada': { user: { name: 'Ada', domain_id: 'd1' } },
    '/users/bob': { user: { name: 'Bob', domain_id: 'default' } },
    '/domains/d1': { domain: { name: 'Shop' } },
    '/domains/default': { domain: { name: 'Default' } },
  }
  return {
    async request(_service: unknown, { path }: { path: string }) {
      // Longer than a look-up may take.
      while (!state.answers) await new Promise<void>((resolve) => timers.after(5_000, resolve))
      return { status: 200, headers: {}, text: JSON.stringify(names[path] ?? {}) }
    },
  } as unknown as KeystoneSession
}

const login = (id: string, user: string) =>
  apiEvent({ id, action: 'authenticate', initiator: { id: user, typeURI: USER }, target: { id: 't', typeURI: USER } })
const ADAS = '7f1a2b3c-0000-4000-8000-00000000ada1'
const BOBS = '7f1a2b3c-0000-4000-8000-00000000b0b1'
const NOBODYS = '7f1a2b3c-0000-4000-8000-000000000001'

describe('Events that came while Keystone did not answer look-ups', function () {
  this.timeout(60_000)

  it('are seen with the token of the home domain when it does, and with no other', async () => {
    const state = { answers: false }
    const timers = handTimers()
    const site = await startAuditApi({}, { keystone: keystoneWith(state, timers), timers })
    try {
      const keeping = site.keep(login(ADAS, 'ada'), login(BOBS, 'bob'), login(NOBODYS, 'unknown'))
      await timers.pass(1_000)
      await keeping
      for (const token of ['viewer-of-d1', 'viewer-of-default', 'viewer-of-p1']) {
        assert.deepEqual(await site.ids('/v1/events', token), [])
      }
      assert.equal((await site.ask(`/v1/events/${ADAS}`, 'viewer-of-d1')).status, 404)
      state.answers = true
      await waitFor('names', async () => {
        await timers.pass(10_000)
        return (await site.store.awaiting(0, 10)).length === 0
      })
      assert.deepEqual(await site.ids('/v1/events', 'viewer-of-d1'), [ADAS])
      assert.deepEqual(await site.ids('/v1/events?initiator_name=Bob', 'viewer-of-default'), [BOBS])
      assert.deepEqual(await site.ids('/v1/events', 'viewer-of-default'), [BOBS])
      assert.deepEqual(await site.ids('/v1/events', 'viewer-of-p1'), [])
      assert.equal((await site.ask(`/v1/events/${BOBS}`, 'viewer-of-d1')).status, 404)
      const all = await site.ids('/v1/events?project_id=*&sort=time', 'cloud-viewer')
      assert.ok([ADAS, BOBS, NOBODYS].every((id) => all.includes(id)))
      const shown = await site.ask(`/v1/events/${ADAS}?shape=record`, 'viewer-of-d1')
      const record = shown.json() as {
        tenants: string[]
        added_tenants: string[]
        added: object
        event: { flags: string[] }
      }
      assert.deepEqual([record.tenants, record.added_tenants], [[], ['d1']])
      assert.deepEqual(record.added, {
        'initiator.name': 'Ada',
        'initiator.domain_id': 'd1',
        'initiator.domain': 'Shop',
      })
      assert.deepEqual(record.event.flags, ['names were not looked up: Keystone did not answer'])
      const report = await site.store.verify([])
      assert.deepEqual(report.findings, [])
    } finally {
      state.answers = true
      await timers.pass(60_000)
      await site.close()
    }
  })

  it('are waited for in a file of an earlier version, too', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'audit-late-'))
    const path = join(folder, 'trail.sqlite')
    const store = await openSqliteStore({ path, fullText: true })
    await store.insert([auditRecord()])
    await store.close()
    const file = new DatabaseSync(path)
    file.exec('DROP TABLE awaiting')
    file.close()
    const again = await openSqliteStore({ path, fullText: true })
    const record = auditRecord({ awaitsNames: true })
    await again.insert([record])
    assert.deepEqual(idsOf(await again.awaiting(0, 10)), [record.id])
    assert.deepEqual((await again.verify([])).findings, [])
    await again.close()
    rmSync(folder, { recursive: true, force: true })
  })

  const engines: Readonly<
    Record<string, () => Promise<{ open: () => Promise<AuditStore>; end: () => Promise<void> }>>
  > = {
    SQLite: async () => {
      const folder = mkdtempSync(join(tmpdir(), 'audit-late-'))
      return {
        open: () => openSqliteStore({ path: join(folder, 'trail.sqlite'), fullText: true }),
        end: async () => rmSync(folder, { recursive: true, force: true }),
      }
    },
    OpenSearch: async () => {
      const cluster = await startSmallOpenSearch()
      return {
        open: () => openOpenSearchStore({ http: undiciClient(), urls: [cluster.url], prefix: 'late', writer: 'one' }),
        end: () => cluster.close(),
      }
    },
  }
  for (const [engine, start] of Object.entries(engines)) {
    it(`are seen after a restart, too (${engine})`, async () => {
      const { open, end } = await start()
      const state = { answers: false }
      const opened = async () => {
        const timers = handTimers()
        const store = await open()
        const keystone = keystoneWith(state, timers)
        const trail = await openTrail({ store, cloud: CLOUD, keystone, timers, random: () => 0.5, uuid: randomUUID })
        return { timers, trail }
      }
      const first = await opened()
      const keeping = first.trail.keep([{ event: login(ADAS, 'ada') }])
      await waitFor('the events to be stored', async () => {
        await first.timers.pass(1_000)
        return Promise.race([keeping.then(() => true), new Promise((resolve) => setTimeout(() => resolve(false), 50))])
      })
      await first.trail.close()
      state.answers = true
      const second = await opened()
      const seen = () =>
        second.trail.store.count({ scope: { cloud: CLOUD, tenants: ['d1'] }, where: [] }).then((count) => count === 1)
      assert.equal(await seen(), false)
      await waitFor('the tenant to see it', async () => {
        await second.timers.pass(10_000)
        return seen()
      })
      await second.trail.close()
      await end()
    })
  }
})
