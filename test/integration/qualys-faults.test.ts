import assert from 'node:assert/strict'
import type { FaultEffect } from '../../lab/http/faults'
import { type PocketCloud, startPocketCloud } from '../../lab/pocket-cloud'
import { isGlobal } from '../../src/exposure/global-address'
import { undiciClient } from '../../src/http/undici-client'
import { QualysClient } from '../../src/qualys/client'
import { endpointOf } from '../../src/qualys/endpoint'
import { runScan, type ScanSettings, scanKey } from '../../src/qualys/scan'
import { listScans } from '../../src/qualys/scan-list'
import { readScanRequest } from '../../src/qualys/scan-request'
import { type MemoryJournal, memoryJournal } from '../support/memory-journal'
import { type SkippingClock, skippingClock } from '../support/skipping-clock'
import { change, occurrence } from '../unit/qualys/exposures'

const settings: ScanSettings = {
  ...{ profile: { by: 'title', value: 'Open ports' }, external: true, appliances: [], ipv6: 'drop', priority: 0 },
  ...{ titlePrefix: 'osx', chunk: { addresses: 256, bytes: 8192 }, floor: 0, timeoutMs: 2_000, dryRun: false },
}

/** The real client over real HTTP; only waiting takes no time, and the pocket cloud's clock waits along. */
describe('Qualys over HTTP', () => {
  let cloud: PocketCloud
  let client: QualysClient
  let clock: SkippingClock
  let journal: MemoryJournal

  beforeEach(async () => {
    cloud = await startPocketCloud({ certificate: false })
    clock = skippingClock(Date.now())
    const skip = clock.sleep
    clock.sleep = async (ms, signal) => {
      await skip(ms, signal)
      cloud.clock.advance(ms)
    }
    journal = memoryJournal(clock.now)
    client = clientAs('qualys-pocket')
  })
  afterEach(async () => {
    await client.close()
    await cloud.close()
  })

  const clientAs = (password: string) =>
    new QualysClient({
      endpoint: endpointOf(cloud.urls.qualys),
      username: 'pocket_ab1',
      password,
      http: undiciClient(),
      clock,
    })
  const scan = async (addresses: string[], changed: Partial<ScanSettings> = {}) => {
    const request = readScanRequest(occurrence([change(addresses)]))
    const all = { ...settings, ...changed }
    const context = { client, journal, owner: 'node', signal: new AbortController().signal, isGlobal }
    return (await runScan(scanKey(request, all), request, all, context)).scan
  }
  const launched = () => cloud.qualys.subscription.scans
  const exchanges = (action: string) =>
    cloud.received.filter(({ request }) => request.service === 'qualys' && request.body.includes(`action=${action}`))
  /** Happens to the next launch and to nothing else. */
  const nextLaunch = (effect: FaultEffect) =>
    cloud.faults.add({ service: 'qualys', bodyMatches: 'action=launch', times: 1, ...effect })
  const waited = () => clock.slept.reduce((sum, ms) => sum + ms, 0) / 1000

  it('launches, and Qualys has exactly the targets that were asked for', async () => {
    const { launches } = await scan(['192.52.193.7', '192.52.193.9', '192.52.193.8', '192.52.193.20'])
    assert.equal(launches[0]?.reference, launched()[0]?.reference)
    const [known] = await listScans(client, new Date(Date.now() - 60_000))
    assert.equal(known?.target, '192.52.193.7-192.52.193.9, 192.52.193.20')
  })

  it('is asked once with a wrong password, and never again: 401', async () => {
    client = clientAs('wrong')
    await assert.rejects(scan(['192.52.193.7']), { code: 'QUALYS_REFUSED' })
    await assert.rejects(scan(['192.52.193.7']), { code: 'QUALYS_REFUSED' })
    assert.deepEqual(
      cloud.received.map(({ status }) => status),
      [401],
    )
  })

  it('makes the launch wait while others use up the concurrency: 409/1960', async () => {
    cloud.qualys.subscription.limits.othersRunning = 2
    const free = clock.sleep
    let waits = 0
    clock.sleep = async (ms, signal) => {
      waits += 1
      if (waits === 4) cloud.qualys.subscription.limits.othersRunning = 0
      await free(ms, signal)
    }
    const { status } = await scan(['192.52.193.7'])
    assert.equal(status, 'launched')
    assert.deepEqual(
      exchanges('launch').map((exchange) => exchange.status),
      [409, 409, 409, 409, 200],
    )
    assert.equal(exchanges('list').length, 0)
  })

  it('makes the launch wait as long as the rate limit says, once: 409/1965', async () => {
    const { limits } = cloud.qualys.subscription
    limits.limits = { concurrency: 2, calls: 3, windowSeconds: 600 }
    limits.spend('/api/2.0/fo/scan/', 3)
    assert.equal((await scan(['192.52.193.7'])).status, 'launched')
    assert.deepEqual(
      exchanges('launch').map((exchange) => exchange.status),
      [409, 200],
    )
    assert.ok(waited() >= 590 && waited() < 660, `${waited()} s`)
  })

  it('spares a refused call where the last answer has announced the wait', async () => {
    cloud.qualys.subscription.limits.limits = { concurrency: 2, calls: 3, windowSeconds: 600 }
    const chunk = { addresses: 1, bytes: 8192 }
    await scan(['192.52.193.1', '192.52.193.3', '192.52.193.5', '192.52.193.7'], { chunk })
    assert.deepEqual(
      exchanges('launch').map((exchange) => exchange.status),
      [200, 200, 200, 200],
    )
    assert.ok(waited() >= 590 && waited() < 660, `${waited()} s`)
  })

  it('keeps the floor of calls that are left to others', async () => {
    cloud.qualys.subscription.limits.limits = { concurrency: 2, calls: 10, windowSeconds: 600 }
    const addresses = Array.from({ length: 8 }, (_, index) => `192.52.193.${index * 2 + 1}`)
    await scan(addresses, { chunk: { addresses: 1, bytes: 8192 }, floor: 5 })
    assert.equal(launched().length, 8)
    const left = launched().map(({ launchedAt }) => launchedAt.getTime())
    // Five calls bring the ten left to the floor; the sixth waits until the first leaves the window.
    assert.ok((left[5] ?? 0) - (left[0] ?? 0) >= 600_000)
    assert.equal(exchanges('launch').filter(({ status }) => status === 409).length, 0)
  })

  it('waits for the end of maintenance: 503/1999', async () => {
    nextLaunch({ page: 'qualys-1999' })
    const { status } = await scan(['192.52.193.7'])
    assert.equal(status, 'launched')
    assert.ok(waited() >= 150)
  })

  /** None of these is the answer to a launch that was made. */
  const wrongAnswers: Record<string, FaultEffect> = {
    'a maintenance page with 503': { page: 'qualys-maintenance' },
    'an HTML login page with 200': { page: 'qualys-login' },
    'a captive portal': { page: 'captive-portal' },
    'a proxy error': { page: 'proxy-error' },
    'an entity bomb': { page: 'qualys-entity-bomb' },
    'an external entity': { page: 'qualys-external-entity' },
    'truncated XML': { page: 'qualys-truncated' },
    '64 MB of XML': { page: 'qualys-huge' },
    nothing: { page: 'qualys-empty' },
    'another root element': { page: 'qualys-other-root' },
    'no reference': { page: 'qualys-no-reference' },
    'code 999 without a word on addresses': { page: 'qualys-999' },
    'a connection cut before it was handled': { disconnect: 'before' },
  }
  for (const [what, effect] of Object.entries(wrongAnswers)) {
    it(`searches the list and launches once more, marked, after ${what}`, async () => {
      nextLaunch(effect)
      const started = Date.now()
      const { launches } = await scan(['192.52.193.7'])
      assert.equal(launches[0]?.status, 'possibly-duplicated')
      assert.equal(launched().length, 1)
      assert.ok(exchanges('list').length >= 2)
      assert.ok(waited() >= 120)
      assert.ok(Date.now() - started < 10_000, 'it took too long to tell')
    })
  }

  /** The launch was made; its answer is lost. */
  const lostAnswers: Record<string, FaultEffect> = {
    'the connection is cut after the launch was sent': { disconnect: 'after' },
    'the connection is cut in the middle of the answer': { cutBodyAfter: 100 },
    'the answer takes longer than the time for it': { slowBody: { bytes: 5, everyMs: 100 } },
  }
  for (const [what, effect] of Object.entries(lostAnswers)) {
    it(`adopts its scan from the list when ${what}`, async () => {
      nextLaunch(effect)
      const { launches } = await scan(['192.52.193.7'], { timeoutMs: 1000 })
      assert.equal(launches[0]?.status, 'launched')
      assert.equal(launches[0]?.reference, launched()[0]?.reference)
      assert.equal(launched().length, 1)
      assert.equal(exchanges('launch').length, 1)
    })
  }

  it('reads a reply whose DTD lies elsewhere without fetching it', async () => {
    nextLaunch({ page: 'qualys-external-dtd' })
    const { launches } = await scan(['192.52.193.7'])
    assert.equal(launches[0]?.reference, 'scan/1.1')
  })

  it('asks the list again when the list itself comes wrong', async () => {
    nextLaunch({ disconnect: 'after' })
    for (const page of ['qualys-login', 'qualys-entity-bomb', 'qualys-truncated']) {
      cloud.faults.add({ service: 'qualys', bodyMatches: 'action=list', times: 1, page })
    }
    const { launches } = await scan(['192.52.193.7'])
    assert.equal(launches[0]?.status, 'launched')
    assert.equal(launched().length, 1)
  })

  it('names the path to change when the version is gone', async () => {
    cloud.qualys.behaviour.listV2Gone = true
    const old = new QualysClient({
      endpoint: endpointOf(cloud.urls.qualys, { list: '/api/2.0/fo/scan/' }),
      ...{ username: 'pocket_ab1', password: 'qualys-pocket', http: undiciClient(), clock },
    })
    await assert.rejects(listScans(old, new Date()), /change the path "list" in the account node/)
    await old.close()
  })

  it('is unreachable when nobody listens, and nothing is marked', async () => {
    const { qualys } = cloud.urls
    await cloud.close()
    await assert.rejects(scan(['192.52.193.7']), { code: 'QUALYS_UNREACHABLE' })
    cloud = await startPocketCloud({ certificate: false, ports: { qualys: Number(new URL(qualys).port) } })
    const { launches } = await scan(['192.52.193.7'])
    assert.equal(launches[0]?.status, 'launched')
    assert.equal(exchanges('list').length, 0)
  })

  describe('with addresses outside the subscription', () => {
    const known = ['192.52.193.7', '192.52.193.8', '192.52.193.9']
    const unknown = ['192.52.194.1', '192.52.194.3']

    for (const refusedAs of ['999', '1905'] as const) {
      for (const listable of [true, false]) {
        it(`scans the others and names these (refused as ${refusedAs}, list ${listable ? 'allowed' : 'refused'})`, async () => {
          cloud.qualys.subscription.unapprovedAs = refusedAs
          if (!listable) cloud.faults.add({ service: 'qualys', path: '/api/2.0/fo/asset/ip/', page: 'qualys-2012' })
          const { status, launches } = await scan([...known, ...unknown])
          assert.equal(status, 'partial')
          const refused = launches.filter((launch) => launch.status === 'refused')
          assert.deepEqual(refused.flatMap(({ addresses }) => addresses).sort(), unknown)
          for (const { code } of refused) assert.equal(code, refusedAs)
          const scanned = launches.filter((launch) => launch.status === 'launched')
          assert.deepEqual(scanned.flatMap(({ addresses }) => addresses).sort(), known)
          assert.equal(launched().length, scanned.length)
          if (listable) assert.equal(exchanges('launch').length, 2)
        })
      }
    }
  })
})
