import assert from 'node:assert/strict'
import { DEMO_PCE_KEY, type Pce, pceVendor } from '../../../lab/illumio/service'
import { undiciClient } from '../../../src/http/undici-client'
import { PceClient } from '../../../src/illumio/client'
import { PceError } from '../../../src/illumio/pce-error'
import { type SkippingClock, skippingClock } from '../../support/skipping-clock'
import { type RunningVendor, startVendor } from '../../support/vendor'

const EVER = [0, Date.parse('2100-01-01T00:00:00Z')] as const

describe('the client of a PCE', () => {
  let lab: RunningVendor<Pce>
  let clock: SkippingClock
  let client: PceClient

  beforeEach(async () => {
    lab = await startVendor('illumio', pceVendor)
    clock = skippingClock()
    client = new PceClient({ origin: lab.url, org: 7, ...DEMO_PCE_KEY }, undiciClient(), clock)
  })
  afterEach(async () => {
    await client.close()
    await lab.close()
  })

  const failure = async (asked: Promise<unknown>): Promise<PceError> => {
    const thrown = await asked.then(
      () => undefined,
      (error: unknown) => error,
    )
    assert.ok(thrown instanceof PceError, String(thrown))
    assert.equal(thrown.message.includes(DEMO_PCE_KEY.secret), false)
    return thrown
  }

  it('asks for a window with both ends, and logs in with key and secret', async () => {
    const href = lab.vendor.happen()
    const { events, full } = await client.events(...EVER, 10)
    assert.deepEqual([events.map((event) => (event as { href: string }).href), full], [[href], false])
    const { request } = lab.received[0] ?? assert.fail()
    assert.equal(request.path, '/api/v2/orgs/7/events')
    assert.deepEqual(
      [...new URLSearchParams(request.query)],
      [
        ['timestamp[gte]', '1970-01-01T00:00:00.000Z'],
        ['timestamp[lte]', '2100-01-01T00:00:00.000Z'],
        ['max_results', '10'],
      ],
    )
  })

  it('fetches what one answer does not hold by an asynchronous job', async () => {
    for (let count = 0; count < 150; count += 1) lab.vendor.happen()
    assert.equal((await client.allEvents(...EVER)).length, 150)
    assert.deepEqual(
      lab.received.map(({ request }) => request.path.replace(/[0-9a-f-]{36}/, '…')),
      ['/api/v2/orgs/7/events', '/api/v2/orgs/7/jobs/…', '/api/v2/orgs/7/datafiles/…'],
    )
  })

  it('says that a job failed', async () => {
    lab.vendor.jobsFail = true
    assert.equal((await failure(client.allEvents(...EVER))).code, 'ILLUMIO_ANSWER')
  })

  it('waits for a job no longer than a minute at a time, whatever it is told', async () => {
    const location = '/orgs/7/jobs/1'
    lab.faults.add({ service: 'illumio', status: 202, headers: { location, 'retry-after': '86400' }, times: 1 })
    lab.faults.add({ service: 'illumio', body: JSON.stringify({ status: 'failed' }), path: '*/jobs/1' })
    await failure(client.allEvents(...EVER))
    assert.ok(clock.slept.includes(60_000) && Math.max(...clock.slept) === 60_000, String(clock.slept))
  })

  for (const [what, location, result] of [
    ['a job', 'https://elsewhere.example.net/api/v2/orgs/7/jobs/1', ''],
    ['a result', '/orgs/7/jobs/1', 'https://elsewhere.example.net/data'],
    ['a result without a scheme', '/orgs/7/jobs/1', '//elsewhere.example.net/data'],
  ] as const) {
    it(`takes its key nowhere else, when ${what} is said to be there`, async () => {
      lab.faults.add({ service: 'illumio', status: 202, headers: { location, 'retry-after': '1' }, times: 1 })
      const done = JSON.stringify({ status: 'done', result: { href: result } })
      lab.faults.add({ service: 'illumio', body: done, path: '*/jobs/1' })
      assert.match((await failure(client.allEvents(...EVER))).message, /points to another server/)
    })
  }

  for (const [status, code, needsPerson, waitMs] of [
    [401, 'ILLUMIO_AUTH', true, undefined],
    [403, 'ILLUMIO_AUTH', true, undefined],
    [404, 'ILLUMIO_NOT_FOUND', true, undefined],
    [400, 'ILLUMIO_QUERY', false, undefined],
    [406, 'ILLUMIO_QUERY', false, undefined],
    [422, 'ILLUMIO_QUERY', false, undefined],
    [429, 'ILLUMIO_RATE_LIMITED', false, 60_000],
    [500, 'ILLUMIO_AWAY', false, undefined],
    [503, 'ILLUMIO_AWAY', false, undefined],
  ] as const) {
    it(`calls an answer ${status} ${code}`, async () => {
      lab.faults.add({ service: 'illumio', status, body: `given: ${DEMO_PCE_KEY.secret}` })
      const error = await failure(client.events(...EVER, 10))
      assert.deepEqual([error.code, error.needsPerson, error.waitMs], [code, needsPerson, waitMs])
    })
  }

  it('waits as long as it is told', async () => {
    lab.faults.add({ service: 'illumio', status: 429, headers: { 'retry-after': '7' } })
    assert.equal((await failure(client.events(...EVER, 10))).waitMs, 7000)
  })

  for (const [what, fault] of [
    ['JSON that was cut', { body: '[{"href":"/orgs/7/ev' }],
    ['an object', { body: '{}' }],
    ['the page of a proxy', { page: 'captive-portal' }],
  ] as const) {
    it(`takes ${what} for no answer`, async () => {
      lab.faults.add({ service: 'illumio', ...fault })
      assert.equal((await failure(client.events(...EVER, 10))).code, 'ILLUMIO_ANSWER')
    })
  }

  it('is away when the connection breaks', async () => {
    lab.faults.add({ service: 'illumio', disconnect: 'after' })
    assert.equal((await failure(client.events(...EVER, 10))).code, 'ILLUMIO_AWAY')
  })

  it('keeps within 500 requests a minute, whoever of the account asks', async () => {
    const began = clock.now()
    await Promise.all(Array.from({ length: 400 }, () => client.events(...EVER, 10)))
    const minutes = (clock.now() - began) / 60_000
    assert.ok(400 / minutes <= 500, `${400 / minutes} a minute`)
  })
})
