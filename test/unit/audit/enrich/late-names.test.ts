import assert from 'node:assert/strict'
import { IdentityCache } from '../../../../src/audit/enrich/identity-cache'
import { LateNames } from '../../../../src/audit/enrich/late-names'
import type { Filling, StoredEvent, Tenant, TenantSettings } from '../../../../src/audit/model'
import { ALL_RULES, type TenantRule } from '../../../../src/audit/tenants/rules'
import { Turns } from '../../../../src/audit/trail/turns'
import { OperatorError } from '../../../../src/errors/operator-error'
import type { IdentityAnswer, IdentityKind } from '../../../../src/openstack/identity-look-ups'
import { handTimers } from '../../../support/hand-timers'

const USER = 'service/security/account/user'
const HALF_A_MINUTE = 30_000

type Answer = IdentityAnswer | Promise<IdentityAnswer>

/** A store of events that wait, and a Keystone that answers as it is told to. */
function world(options: { rules?: ReadonlySet<TenantRule>; settings?: (tenant: Tenant) => TenantSettings } = {}) {
  const timers = handTimers()
  const asked: string[] = []
  const notices: string[] = []
  const filled: Filling[] = []
  let events: StoredEvent[] = []
  const state = {
    answer: (_kind: IdentityKind, id: string): Answer => ({ name: `${id}'s name`, domainId: 'home' }),
    fails: false,
  }
  const store = {
    reads: 0,
    async awaiting(after: number, limit: number) {
      store.reads += 1
      if (state.fails) throw new OperatorError('AUDIT_STORE_AWAY', 'Gone.', { retryable: true })
      return events.filter(({ sequence }) => sequence > after).slice(0, limit)
    },
    async fillIn(fillings: readonly Filling[]) {
      filled.push(...fillings)
      const gone = new Set(fillings.map(({ event }) => event.sequence))
      events = events.filter(({ sequence }) => !gone.has(sequence))
    },
  }
  const cache = new IdentityCache({
    timers,
    ask: async (kind, id) => {
      asked.push(`${kind} ${id}`)
      return state.answer(kind, id)
    },
  })
  const late = new LateNames({
    ...{ store, cache, timers, turns: new Turns(), onNotice: (text: string) => notices.push(text) },
    rules: options.rules ?? ALL_RULES,
    settingsOf: options.settings ?? (() => ({})),
    recordByDefault: true,
  })
  let made = 0
  /** One more event that waits. */
  const add = (initiator: object, more: Partial<StoredEvent> = {}, members: object = {}) => {
    made += 1
    const body = JSON.stringify({
      ...{ id: `e${made}`, action: 'update', outcome: 'success', initiator: { id: 'u1', typeURI: USER, ...initiator } },
      ...{
        target: { id: 't', typeURI: 'network/router' },
        observer: { id: 'o', typeURI: 'service/network' },
        ...members,
      },
    })
    const stored: StoredEvent = {
      ...{ sequence: made, cloud: 'lab', id: `e${made}`, phase: 'final', time: 0, body, notification: {}, tenants: [] },
      ...more,
    }
    events.push(stored)
    return stored
  }
  return { timers, asked, notices, filled, state, store, late, add, waiting: () => events.map(({ id }) => id) }
}

const away = (): never => {
  throw new OperatorError('KEYSTONE_UNAVAILABLE', 'Keystone is away.', { retryable: true })
}

describe('What look-ups could not tell when an event was stored', () => {
  it('is filled in half a minute later: names, and the home domain as a tenant', async () => {
    const { late, add, timers, filled, waiting } = world()
    const event = add({})
    late.expect()
    await timers.pass(HALF_A_MINUTE - 1)
    assert.equal(filled.length, 0)
    await timers.pass(1)
    assert.deepEqual(filled, [
      {
        event,
        added: { 'initiator.name': "u1's name", 'initiator.domain_id': 'home', 'initiator.domain': "home's name" },
        attributes: { initiator_name: "u1's name", initiator_domain_id: 'home' },
        tenants: ['home'],
      },
    ])
    assert.deepEqual(waiting(), [])
  })

  it('is asked for until Keystone answers, less and less often', async () => {
    const { late, add, timers, filled, asked, state } = world()
    state.answer = away
    add({})
    late.expect()
    await timers.pass(2 * 3_600_000)
    assert.equal(filled.length, 0)
    assert.ok(asked.length > 5 && asked.length < 40, `${asked.length}`)
    state.answer = () => ({ name: 'ada', domainId: 'home' })
    await timers.pass(11 * 60_000)
    assert.deepEqual(filled[0]?.tenants, ['home'])
  })

  it('waits for a Keystone that takes its time', async () => {
    const { late, add, timers, filled, state } = world()
    state.answer = async (_kind, id) => {
      await new Promise<void>((resolve) => timers.after(4_000, resolve))
      return { name: id, domainId: 'home' }
    }
    for (const id of ['u1', 'u2', 'u3']) add({ id })
    late.expect()
    await timers.pass(HALF_A_MINUTE + 20_000)
    assert.deepEqual(
      filled.map(({ tenants }) => tenants),
      [['home'], ['home'], ['home']],
    )
  })

  it('is nothing where Keystone knows of nothing, or may not tell', async () => {
    for (const answer of ['gone', 'forbidden'] as const) {
      const { late, add, timers, filled, waiting, state } = world()
      state.answer = () => answer
      add({})
      late.expect()
      await timers.pass(HALF_A_MINUTE)
      assert.deepEqual([filled[0]?.added, filled[0]?.tenants, filled[0]?.attributes], [{}, [], {}])
      assert.deepEqual(waiting(), [])
    }
  })

  it('overwrites neither what the event says nor what was known before, and files by what is new only', async () => {
    const { late, add, timers, filled } = world()
    // Known then; by other rules or switches it is not filed under d9, and must not be now.
    add({}, { added: { 'initiator.domain_id': 'd9', 'initiator.name': 'ada' } })
    add({ name: 'sent', domain_id: 'sent' }, { tenants: ['sent'] })
    add({ project_id: 'p1' }, { tenants: ['p1'] })
    late.expect()
    await timers.pass(HALF_A_MINUTE)
    assert.deepEqual(
      filled.map(({ tenants }) => tenants),
      [[], [], []],
    )
    const [known, sent] = filled
    assert.equal(known?.added['initiator.domain_id'], 'd9')
    assert.equal(known?.added['initiator.name'], 'ada')
    assert.deepEqual(known?.attributes, {})
    assert.equal(sent?.added['initiator.name'], undefined)
    assert.equal(sent?.added['initiator.domain_id'], undefined)
  })

  it('makes nobody of who is not known', async () => {
    const { late, add, timers, filled, asked } = world()
    for (const id of ['unknown', 'unavailable', '', 'None']) add({ id, user_id: id })
    add({ id: 'abc' }, {}, { flags: ['initiator.id is random'] })
    add({}, { body: 'no JSON' })
    late.expect()
    await timers.pass(HALF_A_MINUTE)
    assert.deepEqual(asked, [])
    assert.ok(filled.length === 6 && filled.every(({ tenants }) => tenants.length === 0))
  })

  it('files nowhere by a rule that is off, nor under a tenant whose recording is off, but for identity events', async () => {
    const ruled = world({ rules: new Set(['acting-project', 'target-project'] as const) })
    const switched = world({ settings: ({ id }) => (id === 'home' ? { enabled: false } : {}) })
    for (const { add, late, timers } of [ruled, switched]) {
      add({})
      add({}, {}, { observer: { id: 'k', typeURI: 'service/security' } })
      late.expect()
      await timers.pass(HALF_A_MINUTE)
    }
    assert.deepEqual(
      [ruled, switched].map(({ filled }) => filled.map(({ tenants }) => tenants)),
      [
        [[], []],
        [[], ['home']],
      ],
    )
    assert.equal(switched.filled[0]?.added['initiator.name'], "u1's name")
  })

  it('is taken up by the next where one is never answered', async () => {
    const { late, add, timers, filled, waiting, state } = world()
    state.answer = (_kind, id) => (id === 'odd' ? away() : { name: id, domainId: 'home' })
    add({ id: 'odd' })
    for (let n = 0; n < 100; n += 1) add({ id: `u${n}` })
    late.expect()
    for (let tries = 0; tries < 1_000 && filled.length < 100; tries += 1) await timers.pass(1_000)
    assert.equal(filled.length, 100)
    assert.deepEqual(waiting(), ['e1'])
  })

  it('is looked for again when the store fails, and that is said once', async () => {
    const { late, add, timers, filled, notices, state } = world()
    state.fails = true
    add({})
    late.expect()
    await timers.pass(10 * 60_000)
    assert.equal(notices.length, 1)
    state.fails = false
    await timers.pass(11 * 60_000)
    assert.equal(filled.length, 1)
  })

  it('is no work where nothing waits, and none after the end', async () => {
    const { late, add, timers, filled, store } = world()
    late.expect()
    await timers.pass(24 * 3_600_000)
    assert.equal(store.reads, 1)
    add({})
    late.expect()
    await late.stop()
    await timers.pass(24 * 3_600_000)
    assert.equal(filled.length, 0)
  })

  it('of very many is done a part at a time, all of them in the end', async () => {
    const { late, add, timers, filled } = world()
    for (let n = 0; n < 2_500; n += 1) add({ id: `u${n % 7}` })
    late.expect()
    await timers.pass(HALF_A_MINUTE)
    // Each event is read in a turn of its own.
    for (let tries = 0; tries < 1_000 && filled.length < 2_500; tries += 1) await timers.pass(1_000)
    assert.equal(filled.length, 2_500)
  })
})
