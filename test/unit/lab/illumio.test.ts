import assert from 'node:assert/strict'
import { DEMO_PCE_KEY } from '../../../lab/illumio/service'
import { type PocketCloud, startPocketCloud } from '../../../lab/pocket-cloud'
import { systemClock } from '../../../src/http/retry'
import { undiciClient } from '../../../src/http/undici-client'
import { PceClient } from '../../../src/illumio/client'
import type { PceError } from '../../../src/illumio/pce-error'
import { wholeWindow } from '../../support/whole-window'

describe('the PCE of the pocket cloud, asked by our client', () => {
  let cloud: PocketCloud
  let client: PceClient
  const START = Date.parse('2026-03-02T08:00:00Z')

  beforeEach(async () => {
    cloud = await startPocketCloud({ certificate: false })
    client = clientOf(DEMO_PCE_KEY.secret)
  })
  afterEach(async () => {
    await client.close()
    await cloud.close()
  })

  const clientOf = (secret: string, org = 7) =>
    new PceClient(
      { origin: cloud.vendors.illumio.url, org, key: DEMO_PCE_KEY.key, secret },
      undiciClient({}),
      systemClock,
    )
  const happen = (ms: number) => cloud.vendors.illumio.happen({ timestamp: new Date(START + ms).toISOString() })

  it('gives the events of a window, the ends included', async () => {
    for (const ms of [0, 10, 20]) happen(ms)
    const { events, full, at } = await client.events(START, START + 10, 100)
    assert.deepEqual([events.length, full], [2, false])
    assert.ok(Math.abs((at ?? 0) - Date.now()) < 5000)
  })

  it('says that there is more than it gave', async () => {
    for (let ms = 0; ms < 30; ms += 1) happen(ms)
    cloud.vendors.illumio.mostResults = 10
    assert.equal((await client.events(START, START + 100, 1000)).full, true)
    assert.equal((await wholeWindow(client, START, START + 100, 1000)).events.length, 30)
  })

  it('gives all events of one moment by a job', async () => {
    for (let count = 0; count < 30; count += 1) happen(5)
    cloud.vendors.illumio.mostResults = 10
    const { events, gaps } = await wholeWindow(client, START, START + 100, 10)
    assert.deepEqual([events.length, gaps], [30, []])
  })

  it('gives what an event names', async () => {
    cloud.vendors.illumio.resources.set('/orgs/7/sec_policy/93', { version: 93 })
    assert.deepEqual(await client.get('/orgs/7/sec_policy/93'), { version: 93 })
  })

  it('tells of its health, or that it cannot', async () => {
    cloud.vendors.illumio.health = 'warning'
    assert.equal(await client.health(), 'warning')
    cloud.vendors.illumio.health = 'absent'
    assert.equal(await client.health(), undefined)
  })

  it('is tested by one event', async () => {
    happen(0)
    assert.match(await client.test(), /organisation 7: 1 events can be read/)
  })

  it('asks for no result at another server, as the key would go there', async () => {
    cloud.faults.add({ service: 'illumio', status: 202, headers: { location: 'https://elsewhere.example.net/job' } })
    await assert.rejects(client.allEvents(START, START + 1), { code: 'ILLUMIO_ANSWER' })
    assert.equal(cloud.received.length, 1)
  })

  for (const [what, break_, code, person] of [
    ['a wrong secret', () => (client = clientOf('wrong')), 'ILLUMIO_AUTH', true],
    ['a wrong organisation', () => (client = clientOf(DEMO_PCE_KEY.secret, 8)), 'ILLUMIO_NOT_FOUND', true],
    ['too many requests', () => (cloud.vendors.illumio.rateLimit = 0), 'ILLUMIO_RATE_LIMITED', false],
    ['503', () => cloud.faults.add({ service: 'illumio', status: 503 }), 'ILLUMIO_AWAY', false],
    ['a cut connection', () => cloud.faults.add({ service: 'illumio', disconnect: 'before' }), 'ILLUMIO_AWAY', false],
    ['half an answer', () => cloud.faults.add({ service: 'illumio', body: '[{"href":' }), 'ILLUMIO_ANSWER', false],
    ['an answer that is no list', () => cloud.faults.add({ service: 'illumio', body: '{}' }), 'ILLUMIO_ANSWER', false],
    ['a refused query', () => cloud.faults.add({ service: 'illumio', status: 406 }), 'ILLUMIO_QUERY', false],
  ] as const) {
    it(`has an error of its own for ${what}, without the secret`, async () => {
      break_()
      await assert.rejects(client.events(START, START + 1, 10), (error: PceError) => {
        assert.deepEqual([error.code, error.needsPerson], [code, person])
        assert.doesNotMatch(error.message, /pocket-pce-secret|wrong/)
        return true
      })
    })
  }
})
