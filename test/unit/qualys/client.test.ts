import assert from 'node:assert/strict'
import type { QualysClient } from '../../../src/qualys/client'
import { readIpv6Mappings } from '../../../src/qualys/ipv6-mappings'
import { listOptionProfiles } from '../../../src/qualys/option-profiles'
import { listScans } from '../../../src/qualys/scan-list'
import { type SkippingClock, skippingClock } from '../../support/skipping-clock'
import { clientOf, cutConnection, error, type FakeQualys, fakeQualys, noConnection, xml } from './fake-qualys'

describe('the Qualys client', () => {
  let clock: SkippingClock
  let qualys: FakeQualys
  let client: QualysClient

  beforeEach(() => {
    clock = skippingClock()
    qualys = fakeQualys(clock)
    client = clientOf(qualys, clock)
  })

  it('sends everything in the form body, with Basic authentication and X-Requested-With', async () => {
    await client.once({ api: 'launch', params: { action: 'launch', ip: '198.51.100.7,198.51.100.20-198.51.100.22' } })
    const { request } = qualys.calls[0] ?? assert.fail()
    assert.equal(request.method, 'POST')
    assert.equal(request.url, 'https://qualysapi.qualys.com/api/2.0/fo/scan/')
    assert.equal(request.body, 'action=launch&ip=198.51.100.7%2C198.51.100.20-198.51.100.22')
    assert.equal(
      request.headers?.['authorization'],
      `Basic ${Buffer.from('acme_ab1:correct horse').toString('base64')}`,
    )
    assert.equal(request.headers?.['content-type'], 'application/x-www-form-urlencoded')
    assert.ok(request.headers?.['x-requested-with'])
  })

  it('stops after the account is refused: not one more call, until somebody resumes', async () => {
    qualys.script.push(() => error(401, '2000', 'Bad Login/Password'))
    const answer = await client.once({ api: 'launch', params: {} })
    assert.equal(answer.kind, 'stop')
    assert.equal((await client.once({ api: 'list', params: {} })).kind, 'stop')
    await assert.rejects(listScans(client, new Date()), { code: 'QUALYS_REFUSED' })
    assert.equal(qualys.calls.length, 1)
    client.resume()
    assert.deepEqual(await listScans(client, new Date()), [])
  })

  it('goes on with other APIs when only one is refused', async () => {
    qualys.script.push(() => error(403, '2012', 'not authorized to run this API'))
    await assert.rejects(listOptionProfiles(client), { code: 'QUALYS_REFUSED' })
    assert.equal(client.stopped, undefined)
    assert.equal((await client.once({ api: 'launch', params: { action: 'launch' } })).kind, 'ok')
  })

  it('sends nothing when what must happen before fails', async () => {
    const beforeSend = () => Promise.reject(new Error('disk full'))
    await assert.rejects(client.once({ api: 'launch', params: {}, beforeSend }), /disk full/)
    assert.equal(qualys.calls.length, 0)
  })

  it('reads again what may be read again, and gives up after four failures', async () => {
    qualys.script.push(cutConnection, () => xml('<html/>', 502), noConnection)
    assert.deepEqual(await listScans(client, new Date()), [])
    qualys.script.push(cutConnection, cutConnection, cutConnection, cutConnection)
    await assert.rejects(listScans(client, new Date()), { code: 'QUALYS_UNREACHABLE', retryable: true })
  })

  it('waits out limits while reading, however many', async () => {
    for (let turn = 0; turn < 10; turn += 1) qualys.script.push(() => error(409, '1960', 'busy'))
    qualys.script.push(() => error(409, '1965', 'slow down', { items: { SECONDS_TO_WAIT: '3600' } }))
    assert.deepEqual(await listScans(client, new Date()), [])
    assert.ok(clock.now() - Date.parse('2026-11-20T10:00:00Z') >= 3_600_000)
  })

  it("knows how far Qualys' clock is from ours", async () => {
    qualys.script.push(() => xml('<A/>', 200, { date: 'Fri, 20 Nov 2026 09:50:00 GMT' }))
    await client.once({ api: 'list', params: {} })
    assert.equal(client.clockOffsetMs, -600_000)
  })

  it('ends all waiting when it is closed', async () => {
    await client.close()
    await assert.rejects(client.once({ api: 'list', params: {} }), { code: 'QUALYS_CLOSED' })
  })

  it('shows the six figures of the last reply', async () => {
    qualys.script.push(() => xml('<A/>', 200, { 'x-ratelimit-limit': '300', 'x-ratelimit-remaining': '299' }))
    await client.once({ api: 'list', params: {} })
    assert.deepEqual(client.limits('list'), { limit: 300, remaining: 299 })
  })
})

describe('what Qualys lists', () => {
  const answering = (body: string) => {
    const clock = skippingClock()
    const qualys = fakeQualys(clock)
    qualys.script.push(() => xml(body))
    return { qualys, client: clientOf(qualys, clock) }
  }

  it('are scans: one, several or none', async () => {
    const scan = `<SCAN><REF>scan/1795168805.34567</REF><TYPE>API</TYPE><TITLE><![CDATA[osx/prod-1/6f0c]]></TITLE>
      <LAUNCH_DATETIME>2026-11-20T10:00:04Z</LAUNCH_DATETIME><STATUS><STATE>Finished</STATE><SUB_STATE>No_Vuln</SUB_STATE></STATUS>
      <TARGET><![CDATA[198.51.100.7, 198.51.100.20-198.51.100.22]]></TARGET></SCAN>`
    const { qualys, client } = answering(
      `<SCAN_LIST_OUTPUT><RESPONSE><SCAN_LIST>${scan}</SCAN_LIST></RESPONSE></SCAN_LIST_OUTPUT>`,
    )
    assert.deepEqual(await listScans(client, new Date('2026-11-20T09:55:00.123Z')), [
      {
        reference: 'scan/1795168805.34567',
        title: 'osx/prod-1/6f0c',
        state: 'Finished',
        launchedAt: '2026-11-20T10:00:04Z',
        target: '198.51.100.7, 198.51.100.20-198.51.100.22',
      },
    ])
    assert.deepEqual(qualys.calls[0]?.params, {
      action: 'list',
      launched_after_datetime: '2026-11-20T09:55:00Z',
    })
    assert.equal(qualys.calls[0]?.path, '/api/3.0/fo/scan/')
    for (const none of ['', '<SCAN_LIST/>', '<SCAN_LIST></SCAN_LIST>']) {
      const empty = answering(`<SCAN_LIST_OUTPUT><RESPONSE>${none}</RESPONSE></SCAN_LIST_OUTPUT>`)
      assert.deepEqual(await listScans(empty.client, new Date()), [])
    }
  })

  it('are option profiles, by title', async () => {
    const profile = (id: string, title: string, isDefault: string) =>
      `<OPTION_PROFILE><BASIC_INFO><ID>${id}</ID><GROUP_NAME><![CDATA[${title}]]></GROUP_NAME>
       <IS_DEFAULT>${isDefault}</IS_DEFAULT></BASIC_INFO><SCAN/></OPTION_PROFILE>`
    const both = profile('2', 'slow & sure', '0') + profile('1', 'fast', '1')
    const expected = [
      { id: '1', title: 'fast', isDefault: true },
      { id: '2', title: 'slow & sure', isDefault: false },
    ]
    for (const body of [both, `<RESPONSE>${both}</RESPONSE>`]) {
      const { client } = answering(`<OPTION_PROFILES>${body}</OPTION_PROFILES>`)
      assert.deepEqual(await listOptionProfiles(client), expected)
    }
  })

  it('are IPv6 mapping records, however the address is written', async () => {
    const { client } = answering(`<IP_MAP_LIST_OUTPUT><RESPONSE><IP_MAP_LIST>
      <IP_MAP><ID>46947</ID><V4>0.0.0.7</V4><V6>2001:0DB8:85a3::8a2e:370:84</V6></IP_MAP>
      <IP_MAP><ID>1</ID><V4>not one</V4><V6>2001:db8::1</V6></IP_MAP></IP_MAP_LIST></RESPONSE></IP_MAP_LIST_OUTPUT>`)
    assert.deepEqual([...(await readIpv6Mappings(client))], [['2001:db8:85a3::8a2e:370:84', '0.0.0.7']])
  })
})
