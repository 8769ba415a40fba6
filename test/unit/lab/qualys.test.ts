import assert from 'node:assert/strict'
import { type PocketCloud, startPocketCloud } from '../../../lab/pocket-cloud'
import { refusals } from '../../../lab/qualys/failure'
import { ask, type PocketAnswer, qualysCall } from '../../support/pocket-calls'

const scanApi = '/api/2.0/fo/scan/'

describe('The pocket cloud’s Qualys', () => {
  let cloud: PocketCloud
  beforeEach(async () => {
    cloud = await startPocketCloud({ certificate: false })
  })
  afterEach(() => cloud.close())

  const launch = (given: Record<string, string | undefined> = {}, headers: Record<string, string> = {}) => {
    const form = {
      action: 'launch',
      scan_title: 'osx/pocket/web/8d2e41',
      option_title: 'Open ports',
      iscanner_name: 'External',
      ip: '192.52.193.21,192.52.193.30-192.52.193.32',
      ...given,
    }
    const sent = Object.entries(form).filter((entry): entry is [string, string] => entry[1] !== undefined)
    return qualysCall(cloud, scanApi, Object.fromEntries(sent), headers)
  }
  const list = (given: Record<string, string> = {}, version = '3.0') =>
    qualysCall(cloud, `/api/${version}/fo/scan/`, { action: 'list', ...given })
  const value = (answer: PocketAnswer, name: string) =>
    new RegExp(`<${name}>(?:<!\\[CDATA\\[)?([^<\\]]*)`).exec(answer.text)?.[1]
  const reference = (answer: PocketAnswer) => /<KEY>REFERENCE<\/KEY>\s*<VALUE>([^<]+)/.exec(answer.text)?.[1]

  it('launches a scan and gives its reference in the documented form', async () => {
    const answer = await launch()
    assert.equal(answer.status, 200)
    assert.match(answer.headers.get('content-type') ?? '', /^text\/xml/)
    assert.equal(value(answer, 'TEXT'), 'New vm scan launched')
    assert.match(answer.text, /^<\?xml version="1\.0" encoding="UTF-8" \?>\n<!DOCTYPE SIMPLE_RETURN SYSTEM "https:/)
    assert.match(reference(answer) ?? '', /^scan\/\d{10}\.\d{5}$/)
    assert.doesNotMatch(answer.text, /<CODE>/)
    const [scan] = cloud.qualys.subscription.scans
    assert.equal(scan?.title, 'osx/pocket/web/8d2e41')
    assert.equal(scan?.scanner, 'External')
  })

  it('turns bad credentials away with 2000, and calls without the header that names the caller', async () => {
    const wrong = await launch({}, { authorization: `Basic ${Buffer.from('pocket_ab1:wrong').toString('base64')}` })
    assert.deepEqual([wrong.status, value(wrong, 'CODE'), value(wrong, 'TEXT')], [401, '2000', 'Bad Login/Password'])
    const unnamed = await launch({}, { 'x-requested-with': '' })
    assert.deepEqual([unnamed.status, value(unnamed, 'CODE')], [400, '1903'])
    assert.equal(cloud.qualys.subscription.scans.length, 0)
  })

  it('refuses a repeated parameter loudly, or takes the last one as the real service does', async () => {
    const form = 'action=launch&option_title=Open+ports&ip=192.52.193.21&ip=192.52.193.22'
    const loud = await qualysCall(cloud, scanApi, form)
    assert.equal(loud.status, 400)
    assert.match(value(loud, 'TEXT') ?? '', /Repeated parameter\(s\): ip/)
    cloud.qualys.behaviour.repeatedParameters = 'last-wins'
    assert.equal((await qualysCall(cloud, scanApi, form)).status, 200)
    assert.deepEqual(
      cloud.qualys.subscription.scans[0]?.targets.map(({ from, to }) => to - from + 1),
      [1],
    )
  })

  const refused: [what: string, given: Record<string, string | undefined>, code: string, text: RegExp][] = [
    ['no option profile', { option_title: undefined }, '1922', /option_id, option_title/],
    ['two option profiles', { option_id: '1001' }, '1904', /option_id, option_title/],
    [
      'an unknown option profile',
      { option_title: 'Nightly' },
      '1905',
      /parameter option_title has invalid value: Nightly/,
    ],
    ['no target', { ip: undefined }, '1922', /ip, asset_groups/],
    ['an empty target', { ip: '' }, '1905', /Empty IP/],
    ['a network instead of a range', { ip: '192.52.193.0/24' }, '1905', /192\.52\.193\.0\/24/],
    ['an IPv6 address', { ip: '2001:db8::1' }, '1905', /2001:db8::1/],
    ['an unknown scanner', { iscanner_name: 'lost' }, '1905', /parameter iscanner_name/],
    ['two ways to choose a scanner', { default_scanner: '1' }, '1904', /iscanner_name, default_scanner/],
    ['an unknown parameter', { colour: 'red' }, '1901', /Unrecognized parameter\(s\): colour/],
    ['a priority out of range', { priority: '12' }, '1905', /priority/],
    ['a title that is not ASCII', { scan_title: 'żółw' }, '1905', /scan_title/],
  ]
  for (const [what, given, code, text] of refused) {
    it(`refuses a launch with ${what}`, async () => {
      const answer = await launch(given)
      assert.equal(value(answer, 'CODE'), code, answer.text)
      assert.match(value(answer, 'TEXT') ?? '', text)
      assert.equal(reference(answer), undefined)
      assert.equal(cloud.qualys.subscription.scans.length, 0)
    })
  }

  it('names the addresses that are not approved, in the one way and the other', async () => {
    const given = { ip: '192.52.193.254-192.52.194.1,9.9.9.9,192.52.193.21' }
    const one = await launch(given)
    assert.deepEqual([one.status, value(one, 'CODE')], [400, '1905'])
    assert.match(value(one, 'TEXT') ?? '', /192\.52\.194\.0-192\.52\.194\.1,9\.9\.9\.9 /)
    cloud.qualys.subscription.unapprovedAs = '999'
    const other = await launch(given)
    assert.deepEqual([other.status, value(other, 'CODE')], [500, '999'])
    assert.match(
      value(other, 'TEXT') ?? '',
      /not approved for your account: 192\.52\.194\.0-192\.52\.194\.1,9\.9\.9\.9$/,
    )
  })

  it('refuses a launch by GET', async () => {
    const { username, password } = cloud.qualys.subscription
    const headers = { authorization: `Basic ${btoa(`${username}:${password}`)}`, 'x-requested-with': 'test' }
    const url = `${cloud.urls.qualys}${scanApi}?action=launch&option_title=Open+ports&ip=192.52.193.21`
    assert.equal(value(await ask('GET', url, { headers }), 'CODE'), '1908')
  })

  it('moves a scan through its states by the clock, results lagging behind the end', async () => {
    await launch()
    const seen = async () => {
      const answer = await list()
      return `${value(answer, 'STATE')} ${value(answer, 'PROCESSED')}`
    }
    const { loading, running, finished, processed } = cloud.qualys.subscription.times
    assert.equal(await seen(), 'Queued 0')
    cloud.clock.advance(loading)
    assert.equal(await seen(), 'Loading 0')
    cloud.clock.advance(running - loading)
    assert.equal(await seen(), 'Running 0')
    cloud.clock.advance(finished - running)
    assert.equal(await seen(), 'Finished 0')
    cloud.clock.advance(processed - finished)
    assert.equal(await seen(), 'Finished 1')
  })

  it('ends scans in every way there is', async () => {
    const { subscription } = cloud.qualys
    for (const outcome of ['no-host', 'no-vuln', 'error', 'paused'] as const) {
      subscription.outcome = outcome
      await launch({ scan_title: outcome })
    }
    cloud.clock.advance(subscription.times.processed)
    const text = (await list()).text
    const state = (title: string) => {
      const scan = text.split('<SCAN>').find((part) => part.includes(`[${title}]`)) ?? ''
      return [/<STATE>(\w+)/.exec(scan)?.[1], /<SUB_STATE>(\w+)/.exec(scan)?.[1]]
    }
    assert.deepEqual(state('no-host'), ['Finished', 'No_Host'])
    assert.deepEqual(state('no-vuln'), ['Finished', 'No_Vuln'])
    assert.deepEqual(state('error'), ['Error', undefined])
    assert.deepEqual(state('paused'), ['Paused', undefined])
  })

  it('lists by reference, state, time and target, and an empty list without SCAN_LIST', async () => {
    const first = reference(await launch()) ?? ''
    cloud.clock.advance(3_600_000)
    await launch({ ip: '192.52.193.99' })
    const references = async (given: Record<string, string>) =>
      [...(await list(given)).text.matchAll(/<REF>([^<]+)/g)].map((match) => match[1])
    assert.equal((await references({})).length, 2)
    assert.deepEqual(await references({ scan_ref: first }), [first])
    assert.deepEqual(await references({ state: 'Finished' }), [first])
    assert.deepEqual(await references({ target: '192.52.193.31' }), [first])
    const later = `${new Date(cloud.clock.now().getTime() - 1_800_000).toISOString().slice(0, 19)}Z`
    assert.equal((await references({ launched_after_datetime: later })).includes(first), false)
    assert.doesNotMatch((await list({ scan_ref: 'scan/1.1' })).text, /SCAN_LIST>/)
    cloud.clock.advance(31 * 24 * 3_600_000)
    assert.deepEqual(await references({}), [])
  })

  it('serves the 2.0 list until it is gone', async () => {
    assert.equal((await list({}, '2.0')).status, 200)
    cloud.qualys.behaviour.listV2Gone = true
    const gone = await list({}, '2.0')
    assert.equal(gone.status, 404)
    assert.match(gone.headers.get('content-type') ?? '', /text\/html/)
    assert.equal((await list()).status, 200)
    assert.equal((await launch()).status, 200)
  })

  it('cancels what is going, and fetches what is finished', async () => {
    const first = reference(await launch()) ?? ''
    const manage = (action: string, scan: string, more = {}) =>
      qualysCall(cloud, scanApi, { action, scan_ref: scan, ...more })
    assert.equal(value(await manage('fetch', first), 'CODE'), '1905')
    assert.equal((await manage('cancel', first)).status, 200)
    assert.equal(value(await list(), 'STATE'), 'Canceled')
    assert.equal(value(await manage('cancel', first), 'CODE'), '1905')
    const second = reference(await launch()) ?? ''
    cloud.clock.advance(3_600_000)
    const fetched = await manage('fetch', second, { output_format: 'json_extended' })
    const parts = fetched.body as Record<string, unknown>[]
    assert.equal(parts[1]?.['reference'], second)
    assert.equal(parts[2]?.['qid'], 82023)
  })

  it('lists option profiles, approved addresses and appliances', async () => {
    const profiles = await qualysCall(cloud, '/api/2.0/fo/subscription/option_profile/vm/', { action: 'list' })
    assert.deepEqual(
      [...profiles.text.matchAll(/<GROUP_NAME><!\[CDATA\[([^\]]+)/g)].map((match) => match[1]),
      ['Initial Options', 'Open ports', 'fast & light'],
    )
    const asked = { action: 'list', ips: '192.52.193.250-192.52.194.3,9.9.9.9' }
    const addresses = await qualysCall(cloud, '/api/2.0/fo/asset/ip/', asked)
    assert.equal(value(addresses, 'IP_RANGE'), '192.52.193.250-192.52.193.255')
    assert.doesNotMatch(addresses.text, /9\.9\.9\.9/)
    const appliances = await qualysCall(cloud, '/api/2.0/fo/appliance/', { action: 'list' })
    assert.equal(value(appliances, 'NAME'), 'pocket-appliance')
  })

  it('tells the six limits with every answer', async () => {
    const answer = await list()
    const headers = Object.fromEntries([...answer.headers].filter(([name]) => /ratelimit|concurrency/.test(name)))
    assert.deepEqual(headers, {
      'x-ratelimit-limit': '300',
      'x-ratelimit-window-sec': '3600',
      'x-ratelimit-remaining': '299',
      'x-ratelimit-towait-sec': '0',
      'x-concurrency-limit-limit': '2',
      'x-concurrency-limit-running': '1',
    })
  })

  it('blocks by rate with 1965 and the wait in header and body, per API, until the window has moved on', async () => {
    const { limits } = cloud.qualys.subscription
    limits.limits = { concurrency: 2, calls: 3, windowSeconds: 181 }
    for (let call = 0; call < 3; call++) assert.equal((await launch()).status, 200)
    const blocked = await launch()
    assert.equal(blocked.status, 409)
    assert.equal(value(blocked, 'CODE'), '1965')
    assert.match(blocked.text, /<TEXT> This API may not run for 3 minutes and 1 second\. <\/TEXT>/)
    assert.match(blocked.text, /<KEY>SECONDS_TO_WAIT<\/KEY>\s*<VALUE>181</)
    assert.equal(blocked.headers.get('x-ratelimit-remaining'), '0')
    assert.equal(blocked.headers.get('x-ratelimit-towait-sec'), '181')
    assert.equal((await list()).status, 200)
    cloud.clock.advance(181_000)
    assert.equal((await launch()).status, 200)
  })

  it('blocks by concurrency with 1960, first, and without saying how long to wait', async () => {
    cloud.qualys.behaviour.callMs = 200
    const answers = await Promise.all([launch(), launch(), launch()])
    assert.deepEqual(answers.map((answer) => answer.status).sort(), [200, 200, 409])
    const blocked = answers.find((answer) => answer.status === 409) as PocketAnswer
    assert.equal(value(blocked, 'CODE'), '1960')
    assert.match(blocked.text, /<KEY>CALLS_TO_FINISH<\/KEY>\s*<VALUE>1</)
    assert.equal(blocked.headers.get('x-concurrency-limit-running'), '2')
    assert.equal(blocked.headers.has('x-ratelimit-towait-sec'), false)
    assert.equal(blocked.headers.has('x-ratelimit-remaining'), false)
    cloud.qualys.subscription.limits.othersRunning = 2
    assert.equal((await launch()).status, 409)
  })

  it('has every code of the table ready as a page', async () => {
    for (const [code, { status }] of Object.entries(refusals)) {
      cloud.faults.add({ service: 'qualys', page: `qualys-${code}`, times: 1 })
      const answer = await launch()
      assert.deepEqual([answer.status, value(answer, 'CODE')], [status, code])
    }
    assert.equal(cloud.qualys.subscription.scans.length, 0)
  })

  it('can launch and then cut the connection: the scan is there although nobody heard of it', async () => {
    cloud.faults.add({ service: 'qualys', bodyMatches: 'action=launch', disconnect: 'after', times: 1 })
    await assert.rejects(launch())
    assert.equal(cloud.qualys.subscription.scans.length, 1)
    assert.match((await list()).text, /osx\/pocket\/web\/8d2e41/)
  })
})
