import assert from 'node:assert/strict'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, afterEach, before, beforeEach, describe, it } from 'mocha'
import type { Node } from 'node-red'
import helper, { type TestFlows } from 'node-red-node-test-helper'
import { DEMO_PCE_KEY } from '../../lab/illumio/service'
import { type PocketCloud, startPocketCloud } from '../../lab/pocket-cloud'
import illumioConfig from '../../nodes/illumio-config/illumio-config'
import illumioEventsIn from '../../nodes/illumio-events-in/illumio-events-in'
import illumioGet from '../../nodes/illumio-get/illumio-get'
import { closeJournals } from '../../nodes/shared/journal'
import type { OccurrenceMessage } from '../../src/message/model'
import { statusCalls } from '../support/status-calls'
import { waitFor } from '../support/wait-for'

type Changes = Record<string, unknown>

describe('the Illumio nodes', function () {
  this.timeout(60_000)
  let userDir: string
  let cloud: PocketCloud

  before(async () => {
    helper.init(require.resolve('node-red'))
    await helper.startServer()
  })
  after(async () => {
    await helper.stopServer()
  })
  beforeEach(async () => {
    userDir = mkdtempSync(join(tmpdir(), 'illumio-'))
    helper.settings({ userDir } as never)
    cloud = await startPocketCloud({ certificate: false })
  })
  afterEach(async () => {
    await helper.unload()
    await closeJournals()
    await cloud.close()
    rmSync(userDir, { recursive: true, force: true })
  })

  async function load(changes: Changes = {}, account: Changes = {}, secret = DEMO_PCE_KEY.secret) {
    const flow = [
      { id: 'n-tab', type: 'tab', label: 'test' },
      { id: 'n-pce', type: 'illumio-config', address: cloud.vendors.illumio.url, org: '7', ...account },
      {
        ...{ id: 'n-in', type: 'illumio-events-in', z: 'n-tab', account: 'n-pce', wires: [['n-out']] },
        ...{ interval: '5', start: 'back', lookBack: '1', ...changes },
      },
      {
        id: 'n-get',
        type: 'illumio-get',
        z: 'n-tab',
        account: 'n-pce',
        href: 'payload',
        hrefType: 'msg',
        wires: [['n-got']],
      },
      { id: 'n-out', type: 'helper', z: 'n-tab' },
      { id: 'n-got', type: 'helper', z: 'n-tab' },
      { id: 'n-catch', type: 'catch', z: 'n-tab', scope: null, wires: [['n-caught']] },
      { id: 'n-caught', type: 'helper', z: 'n-tab' },
    ] as TestFlows
    const credentials = { 'n-pce': { key: DEMO_PCE_KEY.key, secret } }
    await helper.load([illumioConfig, illumioEventsIn, illumioGet] as never, flow, credentials)
    return {
      sent: collect<OccurrenceMessage>('n-out'),
      got: collect<Changes>('n-got'),
      caught: collect<Changes>('n-caught'),
    }
  }

  function collect<M>(id: string): M[] {
    const collected: M[] = []
    ;(helper.getNode(id) as Node).on('input', (msg) => {
      collected.push(msg as unknown as M)
    })
    return collected
  }

  const shown = (id: string) => statusCalls<Changes>(helper.getNode(id)).at(-1)?.[0] ?? {}

  it('hand on each event with its CADF form, once, also after a restart', async () => {
    cloud.vendors.illumio.happen({ event_type: 'sec_policy.create' })
    const first = await load()
    const [message] = await waitFor('the event', () => (first.sent.length > 0 ? first.sent : undefined), {
      timeoutMs: 30_000,
    })
    assert.equal(message?.topic, 'sec_policy.create')
    assert.equal(message?.event.action, 'deploy')
    assert.equal((message?.payload as Changes | undefined)?.['event_type'], 'sec_policy.create')
    assert.equal(message?.notification.source.kind, 'illumio')
    await waitFor(
      'the status',
      () => (/^polling, \d+ received/.test(String(shown('n-in')['text'])) ? true : undefined),
      {
        timeoutMs: 30_000,
      },
    )
    await helper.unload()
    await closeJournals()
    cloud.vendors.illumio.happen({ event_type: 'user.logout' })
    const second = await load()
    await waitFor('the second', () => (second.sent.length > 0 ? true : undefined), { timeoutMs: 30_000 })
    assert.deepEqual(
      second.sent.map(({ topic }) => topic),
      ['user.logout'],
    )
  })

  it('say what is wrong with the account, without the secret', async () => {
    const { sent } = await load({}, {}, 'not-the-secret')
    await waitFor('the status', () => (shown('n-in')['fill'] === 'red' ? true : undefined), { timeoutMs: 30_000 })
    assert.match(String(shown('n-in')['text']), /answered 401/)
    assert.equal(shown('n-in')['shape'], 'dot')
    const [told] = await waitFor('the event', () => (sent.length > 0 ? sent : undefined))
    assert.deepEqual([told?.topic, told?.event.reason?.reasonCode], ['illumio.poll.failed', 'ILLUMIO_AUTH'])
    assert.doesNotMatch(JSON.stringify(told), /not-the-secret/)
  })

  it('say no secret that the PCE repeats', async () => {
    const basic = Buffer.from(`${DEMO_PCE_KEY.key}:${DEMO_PCE_KEY.secret}`).toString('base64')
    cloud.faults.add({ service: 'illumio', status: 406, body: `bad: ${DEMO_PCE_KEY.secret} ${basic}` })
    const { sent } = await load()
    const [told] = await waitFor('the event', () => (sent.length > 0 ? sent : undefined))
    const said = JSON.stringify([told, helper.log().args, shown('n-in')])
    assert.match(said, /answered 406: bad: /)
    for (const secret of [DEMO_PCE_KEY.secret, basic]) assert.equal(said.includes(secret), false)
  })

  for (const [what, account] of [
    ['an address that is none', { address: 'not an address' }],
    ['http to another machine', { address: 'http://pce.example.net' }],
    ['an organisation that is none', { org: 'seven' }],
  ] as const) {
    it(`poll nothing with ${what}`, async () => {
      await load({}, account)
      await waitFor('the status', () => (shown('n-in')['text'] === 'no PCE' ? true : undefined))
      assert.equal(cloud.received.length, 0)
    })
  }

  it('fetch what an event names, and nothing else', async () => {
    cloud.vendors.illumio.resources.set('/orgs/7/sec_policy/93', { version: 93 })
    const { got, caught } = await load({ interval: '3600' })
    const node = helper.getNode('n-get') as Node
    node.receive({ payload: '/orgs/7/sec_policy/93' })
    await waitFor('the answer', () => (got.length > 0 ? true : undefined))
    assert.deepEqual(got[0]?.['payload'], { version: 93 })
    const hrefs = [
      '/orgs/7/api_keys',
      '/orgs/7/sec_policy/../users',
      '/users/21',
      'https://elsewhere/orgs/7/labels',
      '/orgs/7/labels?x=1',
      '',
    ]
    for (const payload of hrefs) node.receive({ payload })
    await waitFor('the errors', () => (caught.length === hrefs.length ? true : undefined))
    for (const { error } of caught) assert.equal((error as { code: string }).code, 'ILLUMIO_HREF')
    assert.equal(cloud.received.filter(({ request }) => request.path.includes('api_keys')).length, 0)
  })

  it('write what cannot be read to the dead letters', async () => {
    cloud.faults.add({ service: 'illumio', path: '*/events', body: '[{"no":"time"}]', skip: 1 })
    await load()
    const file = join(userDir, 'openstack-events-dead-letters-n-in.jsonl')
    const written = () => (existsSync(file) ? readFileSync(file, 'utf8') : '')
    const letter = await waitFor('the letter', () => (written().endsWith('\n') ? written() : undefined), {
      timeoutMs: 30_000,
    })
    assert.match(letter, /"code":"ILLUMIO_EVENT".*"no":"time"/)
  })
})
