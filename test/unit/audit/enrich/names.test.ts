import assert from 'node:assert/strict'
import { IdentityCache } from '../../../../src/audit/enrich/identity-cache'
import { fillNames } from '../../../../src/audit/enrich/names'
import { OperatorError } from '../../../../src/errors/operator-error'
import type { IdentityAnswer, IdentityKind } from '../../../../src/openstack/identity-look-ups'
import { handTimers } from '../../../support/hand-timers'

const USER = 'service/security/account/user'
const CLOUD: Readonly<Record<string, IdentityAnswer>> = {
  'project p1': { name: 'shop', domainId: 'd1' },
  'project p2': { name: 'bank', domainId: 'd2' },
  'user u1': { name: 'ada', domainId: 'd1' },
  'user u2': { name: 'bob', domainId: 'd2' },
  'domain d1': { name: 'Sales' },
  'domain d2': { name: 'Money' },
}

/** A Keystone of which every question is noted. */
function world(answer: (kind: IdentityKind, id: string) => IdentityAnswer | Promise<IdentityAnswer> = ask) {
  const timers = handTimers()
  const asked: string[] = []
  const notices: string[] = []
  const cache = new IdentityCache({
    timers,
    onNotice: (text) => notices.push(text),
    ask: async (kind, id) => {
      asked.push(`${kind} ${id}`)
      return answer(kind, id)
    },
  })
  const fill = async (...events: object[]) => fillNames(events as Record<string, unknown>[], { cache, timers })
  return { timers, asked, notices, cache, fill }
}

function ask(kind: IdentityKind, id: string): IdentityAnswer {
  return CLOUD[`${kind} ${id}`] ?? 'gone'
}

const acting = (initiator: object, target: object = { id: 't', typeURI: 'network/router' }) => ({
  initiator: { id: 'u1', typeURI: USER, ...initiator },
  target,
})

describe('Look-ups fill in', () => {
  it('names and domains of who acts in a project', async () => {
    const { fill } = world()
    const [filled] = await fill(acting({ project_id: 'p2' }))
    assert.deepEqual(filled, {
      incomplete: false,
      added: {
        'initiator.project_name': 'bank',
        'initiator.domain_id': 'd2',
        'initiator.project_domain_name': 'Money',
        'initiator.name': 'ada',
        'initiator.domain': 'Sales',
      },
    })
  })

  it('the home domain of who acts in none', async () => {
    const { fill } = world()
    const [filled] = await fill(acting({}))
    assert.equal(filled?.added['initiator.domain_id'], 'd1')
  })

  it('names of the target, its project and its domain', async () => {
    const { fill } = world()
    const targets = [
      { id: 't', typeURI: 'network/router', project_id: 'p2' },
      { id: 'p2', typeURI: 'data/security/project' },
      { id: 'u2', typeURI: 'data/security/account/user' },
      { id: 'd2', typeURI: 'data/security/domain' },
    ]
    const filled = await fill(...targets.map((target) => ({ target })))
    assert.deepEqual(
      filled.map(({ added }) => added),
      [
        { 'target.project_name': 'bank', 'target.domain_id': 'd2', 'target.project_domain_name': 'Money' },
        { 'target.name': 'bank', 'target.domain_id': 'd2' },
        { 'target.name': 'bob', 'target.domain_id': 'd2' },
        { 'target.name': 'Money' },
      ],
    )
  })

  it('nothing that the event says itself', async () => {
    const { fill } = world()
    const sent = {
      name: 'sent',
      domain: 'sent',
      project_id: 'p1',
      project_name: 'sent',
      domain_id: 'sent',
      project_domain_name: 'sent',
    }
    assert.deepEqual((await fill(acting(sent)))[0]?.added, {})
    const { 'initiator.name': name } = (await fill(acting({ username: 'sent' })))[0]?.added ?? {}
    assert.equal(name, undefined)
  })

  it('nothing by words that stand for not knowing, nor by ids that were made up, nor by what is no id', async () => {
    const { fill, asked } = world()
    const nobody = { id: 'unknown', typeURI: 'data/security/project' }
    await fill(
      acting({ id: 'unknown', user_id: 'unavailable', project_id: '' }, nobody),
      { ...acting({ id: 'abc' }), flags: ['initiator.id is random'] },
      acting({ id: 'x', typeURI: 'service/oss/monitoring' }),
      ...['../admin', 'a/b', 'a?b', 'a b', '%2e%2e', 'é', 'x'.repeat(300), 7, {}].map((id) =>
        acting({ id, project_id: id }),
      ),
    )
    assert.deepEqual(asked, [])
  })

  it('the user by the id that Keystone knows, not by the one derived from it', async () => {
    const { fill, asked } = world()
    await fill({ ...acting({ id: 'derived', user_id: 'u2' }), flags: ['initiator.id is derived from user_id'] })
    assert.deepEqual(asked, ['user u2', 'domain d2'])
  })
})

describe('What Keystone said', () => {
  it('is remembered, and asked for once by many at a time', async () => {
    const { fill, asked } = world()
    await Promise.all([fill(acting({}), acting({})), fill(acting({}))])
    await fill(acting({}))
    assert.deepEqual(asked, ['user u1', 'domain d1'])
  })

  it('is asked for again after a quarter of an hour', async () => {
    const { fill, asked, timers } = world()
    await fill(acting({}))
    await timers.pass(14 * 60_000)
    await fill(acting({}))
    assert.equal(asked.length, 2)
    await timers.pass(2 * 60_000)
    await fill(acting({}))
    assert.equal(asked.length, 4)
  })

  it('is remembered for a minute where there is nothing of the id', async () => {
    const { fill, asked, timers } = world()
    const [filled] = await fill(acting({ id: 'nobody' }))
    assert.deepEqual(filled, { added: {}, incomplete: false })
    await fill(acting({ id: 'nobody' }))
    assert.equal(asked.length, 1)
    await timers.pass(61_000)
    await fill(acting({ id: 'nobody' }))
    assert.equal(asked.length, 2)
  })

  it('is bounded in number', async () => {
    const { fill, asked } = world((_kind, id) => ({ name: id }))
    for (let from = 0; from < 10_500; from += 300) {
      await fill(...Array.from({ length: 300 }, (_, n) => acting({ id: `x${from + n}` })))
    }
    const before = asked.length
    await fill(acting({ id: 'x10499' }))
    assert.equal(asked.length, before)
    await fill(acting({ id: 'x0' }))
    assert.equal(asked.length, before + 1)
  })

  it('never asks more than eight things at once', async () => {
    let active = 0
    let most = 0
    const { fill, asked } = world(async (): Promise<IdentityAnswer> => {
      active += 1
      most = Math.max(most, active)
      await new Promise((resolve) => setImmediate(resolve))
      active -= 1
      return 'gone'
    })
    await fill(...Array.from({ length: 100 }, (_, n) => acting({ id: `x${n}` })))
    assert.equal(asked.length, 100)
    assert.equal(most, 8)
  })
})

describe('What the account may not ask for', () => {
  it('is not asked for again for a while, and said once', async () => {
    const { fill, asked, notices, timers } = world((kind, id) => (kind === 'user' ? 'forbidden' : ask(kind, id)))
    const [filled] = await fill(acting({ project_id: 'p1' }))
    assert.deepEqual(Object.keys(filled?.added ?? {}), [
      'initiator.project_name',
      'initiator.domain_id',
      'initiator.project_domain_name',
    ])
    assert.equal(filled?.incomplete, false)
    await fill(acting({ project_id: 'p1' }))
    await fill(acting({ id: 'u2', project_id: 'p1' }))
    assert.deepEqual(
      asked.filter((one) => one.startsWith('user')),
      ['user u1', 'user u2'],
    )
    await timers.pass(11 * 60_000)
    await fill(acting({ id: 'u2' }))
    assert.equal(asked.filter((one) => one.startsWith('user')).length, 3)
    assert.equal(notices.length, 1)
    assert.match(notices[0] ?? '', /does not let this account look up every user/)
  })

  it('keeps nothing from what it may ask for', async () => {
    const { fill } = world((kind, id) => (id === 'u1' || kind === 'domain' ? ask(kind, id) : 'forbidden'))
    for (let n = 0; n < 100; n += 1) {
      await fill(acting({ id: `x${n}` }))
      if (n % 10 === 0) assert.equal((await fill(acting({ id: 'u1' })))[0]?.added['initiator.name'], 'ada')
    }
  })

  it('is not asked for at all for a while where nothing of its kind may be', async () => {
    const { fill, asked, timers } = world(() => 'forbidden')
    for (let n = 0; n < 100; n += 1) await fill(acting({ id: `x${n}` }))
    assert.equal(asked.length, 20)
    await timers.pass(11 * 60_000)
    await fill(acting({}))
    assert.equal(asked.length, 21)
  })
})

describe('While Keystone is away', () => {
  it('events go without, marked, and nobody waits', async () => {
    let away = true
    const { fill, asked, notices, timers } = world((kind, id) => {
      if (away) throw new OperatorError('KEYSTONE_UNAVAILABLE', 'Keystone is away.', { retryable: true })
      return ask(kind, id)
    })
    assert.deepEqual(await fill(acting({})), [{ added: {}, incomplete: true }])
    for (let n = 0; n < 100; n += 1) assert.equal((await fill(acting({ id: `x${n}` })))[0]?.incomplete, true)
    assert.equal(asked.length, 1)
    assert.equal(notices.length, 1)
    away = false
    await timers.pass(31_000)
    assert.equal((await fill(acting({})))[0]?.added['initiator.name'], 'ada')
    assert.equal(notices.length, 2)
  })

  it('what was known is still filled in', async () => {
    let away = false
    const { fill, timers } = world((kind, id) => {
      if (away) throw new OperatorError('KEYSTONE_UNAVAILABLE', 'Keystone is away.', { retryable: true })
      return ask(kind, id)
    })
    await fill(acting({}))
    away = true
    await timers.pass(60 * 60_000)
    assert.equal((await fill(acting({})))[0]?.added['initiator.name'], 'ada')
  })

  it('one that never answers holds events up for a second, once', async () => {
    const { fill, timers } = world(() => new Promise(() => {}))
    let done = false
    const filled = fill(acting({})).then((result) => {
      done = true
      return result
    })
    await timers.pass(900)
    assert.equal(done, false)
    await timers.pass(200)
    assert.deepEqual(await filled, [{ added: {}, incomplete: true }])
    // Nobody moves the clock for the next ones.
    for (const id of ['u1', 'u2', 'u3']) assert.equal((await fill(acting({ id })))[0]?.incomplete, true)
  })
})
