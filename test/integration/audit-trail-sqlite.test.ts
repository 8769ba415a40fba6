import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Scope, StoredEvent } from '../../src/audit/model'
import { filterFrom } from '../../src/audit/query/filter-from'
import type { QueryParameters } from '../../src/audit/query/parameters'
import { parseSort } from '../../src/audit/query/sort'
import { openSqliteStore } from '../../src/audit/sqlite/open'
import type { AuditTrail, Occurrence } from '../../src/audit/trail'
import { openTrail } from '../../src/audit/trail/open'
import type { CadfEvent } from '../../src/cadf/event'
import { idKey } from '../../src/cadf/identity'
import { systemTimers } from '../../src/time/timers'
import { recordedOccurrences } from '../support/recorded-occurrences'

const EVERYTHING: Scope = { tenants: 'all' }
const FILES = ['keystone-cadf', 'neutron', 'neutron-audit', 'octavia', 'octavia-audit']

describe('A trail of recorded events in SQLite', function () {
  this.timeout(60_000)
  const folder = mkdtempSync(join(tmpdir(), 'audit-trail-'))
  const recorded: Occurrence[] = FILES.flatMap((file) => recordedOccurrences(`${file}.jsonl`))
  let trail: AuditTrail

  const open = async () =>
    openTrail({
      store: await openSqliteStore({ path: join(folder, 'trail.db'), fullText: true }),
      cloud: 'lab',
      timers: systemTimers,
      random: Math.random,
      uuid: randomUUID,
    })
  /** Events of every page of what these parameters ask for. */
  const ask = async (parameters: QueryParameters, scope: Scope = EVERYTHING): Promise<StoredEvent[]> => {
    const filter = filterFrom(parameters, scope)
    const sort = parseSort(typeof parameters['sort'] === 'string' ? parameters['sort'] : '')
    const page = await trail.store.list({ filter, sort, limit: 5000, total: true })
    assert.equal(page.total, page.events.length)
    return [...page.events]
  }
  const eventOf = ({ body }: StoredEvent) => JSON.parse(body) as CadfEvent
  /** What a question must find, judged by the events as they came. Of an operation the end counts where it is there. */
  const expected = (holds: (event: CadfEvent, occurrence: Occurrence) => boolean) => {
    const ends = new Map<string, Occurrence>()
    for (const occurrence of recorded) {
      const key = idKey(occurrence.event.id)
      if (!ends.has(key) || occurrence.event.outcome !== 'pending') ends.set(key, occurrence)
    }
    return [...ends].filter(([, occurrence]) => holds(occurrence.event, occurrence)).map(([key]) => key)
  }
  const same = (found: readonly StoredEvent[], keys: readonly string[]) => {
    assert.ok(keys.length > 0, 'nothing recorded answers this question')
    assert.deepEqual(found.map(({ id }) => id).sort(), [...keys].sort())
  }

  before(async () => {
    trail = await open()
    assert.ok((await trail.keep(recorded)).every((outcome) => outcome === 'stored'))
  })
  after(async () => {
    await trail.close()
    rmSync(folder, { recursive: true })
  })

  it('has each operation once', async () =>
    same(
      await ask({}),
      expected(() => true),
    ))

  it('shows a project what it did and what was done to it, and nothing else', async () => {
    const projects = new Set(recorded.flatMap(({ event }) => event.initiator.project_id ?? []))
    assert.ok(projects.size > 2)
    for (const project of projects) {
      const seen = await ask({}, { cloud: 'lab', tenants: [project] })
      same(
        seen,
        expected(({ initiator, target, ...event }) => {
          const isProject = target.typeURI === 'data/security/project' && target.id === project
          return (
            initiator.project_id === project ||
            target.project_id === project ||
            isProject ||
            event['project'] === project
          )
        }),
      )
    }
    assert.deepEqual(await ask({}, { cloud: 'lab', tenants: ['unknown'] }), [])
    assert.deepEqual(await ask({ project: '*', search: '*' }, { cloud: 'lab', tenants: [] }), [])
  })

  const questions: [string, QueryParameters, (event: CadfEvent, occurrence: Occurrence) => boolean][] = [
    ['an action', { action: 'delete' }, ({ action }) => action === 'delete'],
    ['all but one action', { action: '!authenticate' }, ({ action }) => action !== 'authenticate'],
    [
      'several beginnings',
      { match: 'extended', action: ['created.*', 'deleted.*'] },
      ({ action }) => /^(created|deleted)\./.test(action),
    ],
    [
      'the older source',
      { source: 'identity' },
      (_event, { notification }) => notification?.eventType.startsWith('identity') === true,
    ],
    [
      'the service by its older name',
      { source: 'network' },
      ({ observer }, { notification }) =>
        observer.typeURI === 'service/network' || notification?.eventType.startsWith('network') === true,
    ],
    [
      'the older event type',
      { event_type: 'identity.project' },
      (_event, { notification }) => notification?.eventType.startsWith('identity.project') === true,
    ],
    [
      'the older type of a resource',
      { resource_type: 'data/security' },
      ({ target }) => target.typeURI.startsWith('data/security'),
    ],
    ['a failure', { outcome: 'failure' }, ({ outcome }) => outcome === 'failure'],
    [
      'a type by its words',
      { search: 'security-group-rule -outcome:pending' },
      ({ target, outcome }) => target.typeURI === 'network/security-group-rule' && outcome !== 'pending',
    ],
    [
      'either word',
      { search: 'action:authenticate outcome:failure' },
      ({ action, outcome }) => action === 'authenticate' || outcome === 'failure',
    ],
    [
      'a client',
      { search: 'initiator.host.address:127.0.*' },
      ({ initiator }) => initiator.host?.address?.startsWith('127.0.') === true,
    ],
  ]
  for (const [what, parameters, holds] of questions) {
    it(`answers a question for ${what}`, async () => same(await ask(parameters), expected(holds)))
  }

  it('answers a question for a second', async () => {
    const time = recorded[100]?.event.eventTime.slice(0, 19) ?? ''
    same(
      await ask({ time }),
      expected(({ eventTime }) => eventTime.startsWith(time)),
    )
    const found = await ask({ time: `gte:${time} 00:00,lte:${time}Z`, sort: 'action:desc,time' })
    assert.deepEqual(
      found.map(eventOf).map(({ action }) => action),
      found
        .map(eventOf)
        .map(({ action }) => action)
        .sort()
        .reverse(),
    )
  })

  it('takes each event once, and one of the same id as a conflict that both can be told from', async () => {
    assert.ok((await trail.keep(recorded.slice(0, 50))).every((outcome) => outcome === 'repeated'))
    const [first] = recorded
    assert.ok(first !== undefined)
    const forged = { ...first, event: { ...first.event, outcome: 'failure' as const } }
    assert.deepEqual(await trail.keep([forged, forged]), ['conflict', 'conflict'])
    const conflicts = await ask({ action: 'create/conflict' })
    assert.deepEqual(
      conflicts.map(eventOf).map(({ target }) => target.id),
      [first.event.id],
    )
    const found = await trail.store.get(EVERYTHING, first.event.id)
    assert.equal(eventOf(found?.event as StoredEvent).outcome, first.event.outcome)
  })

  it('keeps its settings and all else when it is closed and opened, and is whole', async () => {
    const tenant = { cloud: 'lab', id: recorded[0]?.event.initiator.project_id ?? 'p' }
    const admin = { id: 'admin', typeURI: 'service/security/account/user' }
    await trail.changeSettings(tenant, { enabled: false, retentionDays: 90 }, admin)
    const before = (await ask({})).length
    await trail.close()
    trail = await open()
    assert.deepEqual((await trail.settings(tenant)).enabled, false)
    assert.equal((await ask({})).length, before)
    assert.ok((await trail.keep(recorded)).every((outcome) => outcome === 'repeated' || outcome === 'not-recorded'))
    assert.equal((await ask({})).length, before)
    const report = await trail.store.verify([])
    assert.deepEqual([report.ok, report.findings], [true, []])
  })
})
