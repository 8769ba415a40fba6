import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, afterEach, before, beforeEach, describe, it } from 'mocha'
import type { Node } from 'node-red'
import helper, { type TestFlows } from 'node-red-node-test-helper'
import { type PocketCloud, startPocketCloud } from '../../lab/pocket-cloud'
import registerAccount from '../../nodes/qualys-config/qualys-config'
import registerScan from '../../nodes/qualys-scan/qualys-scan'
import { closeJournals } from '../../nodes/shared/journal'
import type { CadfEvent } from '../../src/cadf/event'
import { openJournal } from '../../src/journal/sqlite-journal'
import type { AuditRecord, Scan } from '../../src/qualys/model'
import { statusCalls } from '../support/status-calls'
import { waitFor } from '../support/wait-for'
import { batch, change, occurrence } from '../unit/qualys/exposures'

interface Out {
  readonly topic: string
  readonly scan: Scan
  readonly payload: AuditRecord
  readonly event: CadfEvent
  readonly notification: { messageId: string }
  readonly error?: { message: string; code: string }
}
interface Shown {
  readonly fill?: string
  readonly shape?: string
  readonly text?: string
}

describe('the qualys-scan node', () => {
  let cloud: PocketCloud
  let userDir: string
  let out: Record<'scans' | 'records' | 'completed' | 'caught', Out[]>

  before(async () => {
    helper.init(require.resolve('node-red'))
    await helper.startServer()
  })
  after(async () => {
    await helper.stopServer()
  })
  beforeEach(async () => {
    cloud = await startPocketCloud({ certificate: false })
    userDir = mkdtempSync(join(tmpdir(), 'qualys-scan-'))
    helper.settings({ userDir } as never)
  })
  afterEach(async () => {
    await helper.unload()
    await closeJournals()
    await cloud.close()
    rmSync(userDir, { recursive: true, force: true })
  })

  async function load(changes: Record<string, unknown> = {}): Promise<Node> {
    const flow = [
      { id: 'tab', type: 'tab', label: 'test' },
      { id: 'n-account', type: 'qualys-config', platform: 'custom', url: cloud.urls.qualys },
      {
        ...{
          id: 'n-scan',
          type: 'qualys-scan',
          z: 'tab',
          account: 'n-account',
          profile: 'Open ports',
          titlePrefix: 'osx',
        },
        ...{ external: true, ...changes, wires: [['n-scans'], ['n-records']] },
      },
      { id: 'n-catch', type: 'catch', z: 'tab', scope: ['n-scan'], wires: [['n-caught']] },
      { id: 'n-complete', type: 'complete', z: 'tab', scope: ['n-scan'], wires: [['n-completed']] },
      ...['scans', 'records', 'completed', 'caught'].map((id) => ({ id: `n-${id}`, type: 'helper', z: 'tab' })),
    ]
    const credentials = { 'n-account': { username: 'pocket_ab1', password: 'qualys-pocket' } }
    await helper.load([registerAccount, registerScan], flow as TestFlows, credentials)
    out = { scans: [], records: [], completed: [], caught: [] }
    for (const id of ['scans', 'records', 'completed', 'caught'] as const) {
      ;(helper.getNode(`n-${id}`) as Node).on('input', (msg) => out[id].push(msg as unknown as Out))
    }
    return helper.getNode('n-scan') as Node
  }
  const launched = () => cloud.qualys.subscription.scans
  const shown = (): Shown => {
    const args = statusCalls<Shown>(helper.getNode('n-scan'))
    return args.at(-1)?.[0] ?? {}
  }
  const see = (text: RegExp) =>
    waitFor(
      () => `${text}, not ${shown().text}`,
      () => text.test(shown().text ?? ''),
    )
  const opened = (addresses: string[]) => occurrence([change(addresses)])

  it('launches a scan, sends it on with the message, and audit records singly', async () => {
    const node = await load()
    node.receive(opened(['192.52.193.7', '10.0.0.5']) as never)
    const scanned = await waitFor('the scan', () => out.scans[0])
    await waitFor('the records', () => out.records.length === 2)
    const [scan] = launched()
    assert.equal(scanned.topic, 'security_group_rule.create.end')
    assert.equal(scanned.scan.status, 'launched')
    assert.equal(scanned.scan.launches[0]?.reference, scan?.reference)
    assert.equal(scan?.title, `osx/prod-1/${scanned.scan.key}`)
    assert.equal(scan?.profile.title, 'Open ports')
    assert.deepEqual(
      out.records.map(({ topic, payload, notification, event }) => [
        ...[topic, payload.address, payload.status, payload.scan, notification.messageId, event.initiator.name],
      ]),
      [
        ['security_group_rule.create.end', '192.52.193.7', 'scanned', scan?.reference, 'message-1', 'alice'],
        ['security_group_rule.create.end', '10.0.0.5', 'not-scanned', null, 'message-1', 'alice'],
      ],
    )
    assert.equal(out.records[1]?.payload.message, 'Not scanned: private address, no appliance')
    assert.equal(out.records[0]?.event.observer.id, 'n-scan')
  })

  it('launches one scan for a batch, and tells of each member', async () => {
    const node = await load({ appliances: 'pocket-appliance' })
    cloud.qualys.subscription.approved.push({ from: 0x0a000005, to: 0x0a000005 })
    const second = change(['192.52.193.8', '10.0.0.5'], { messageId: 'message-2', resourceId: 'rule-2' })
    node.receive(
      batch([
        occurrence([change(['192.52.193.7'])]),
        occurrence([second], { messageId: 'message-2' }),
        occurrence([], { messageId: 'message-3' }),
      ]) as never,
    )
    await waitFor('the records', () => out.records.length === 4)
    assert.deepEqual(
      launched().map(({ scanner, targets }) => [scanner, targets.length]),
      [
        ['External', 1],
        ['pocket-appliance', 1],
      ],
    )
    assert.deepEqual(
      out.records.map(({ payload, notification }) => [notification.messageId, payload.address, payload.status]),
      [
        ['message-1', '192.52.193.7', 'scanned'],
        ['message-2', '192.52.193.8', 'scanned'],
        ['message-2', '10.0.0.5', 'scanned'],
        ['message-3', null, 'not-scanned'],
      ],
    )
    assert.equal(out.scans.length, 1)
  })

  it('launches nothing a second time for a message that comes again', async () => {
    const node = await load()
    node.receive(opened(['192.52.193.7']) as never)
    await waitFor('the first', () => out.records.length === 1)
    await see(/^ready/)
    node.receive({ ...opened(['192.52.193.7']), _msgid: 'again' } as never)
    await waitFor('the second', () => out.records.length === 2)
    assert.equal(launched().length, 1)
    assert.equal(out.records[0]?.event.id, out.records[1]?.event.id)
  })

  it('is done with a message as soon as it is journalled, however long Qualys makes it wait', async () => {
    cloud.faults.add({ service: 'qualys', page: 'qualys-1965', bodyMatches: 'action=launch' })
    const node = await load()
    node.receive(opened(['192.52.193.7']) as never)
    await waitFor('completion', () => out.completed.length === 1)
    await see(/^rate limit until \d\d:\d\d:\d\d, 1 waiting$/)
    assert.deepEqual([shown().fill, shown().shape], ['yellow', 'ring'])
    assert.equal(out.scans.length, 0)
  })

  it('carries on after a restart with what was waiting', async () => {
    cloud.faults.add({ service: 'qualys', page: 'qualys-1965', bodyMatches: 'action=launch' })
    const node = await load()
    node.receive(opened(['192.52.193.7']) as never)
    node.receive(
      occurrence([change(['192.52.193.8'], { messageId: 'message-2' })], { messageId: 'message-2' }) as never,
    )
    await see(/2 waiting$/)
    await helper.unload()
    await closeJournals()
    cloud.faults.clear()
    await load()
    await waitFor('both scans', () => out.scans.length === 2)
    assert.deepEqual(
      out.records.map(({ payload }) => payload.address),
      ['192.52.193.7', '192.52.193.8'],
    )
    assert.equal(launched().length, 2)
    await see(/^ready, \d+ of 300 calls left$/)
  })

  it('shows a refused account as a red dot, sends nothing more, and keeps the message', async () => {
    cloud.faults.add({ service: 'qualys', page: 'qualys-2000' })
    const node = await load()
    node.receive(opened(['192.52.193.7']) as never)
    await see(/^stopped, 1 waiting: Qualys refuses the account: Bad Login/)
    assert.deepEqual([shown().fill, shown().shape], ['red', 'dot'])
    node.receive(
      occurrence([change(['192.52.193.8'], { messageId: 'message-2' })], { messageId: 'message-2' }) as never,
    )
    await see(/2 waiting/)
    assert.equal(cloud.received.filter(({ request }) => request.service === 'qualys').length, 1)
  })

  it('goes on when the account was mended and tested', async () => {
    cloud.faults.add({ service: 'qualys', page: 'qualys-2000', times: 1 })
    const node = await load()
    node.receive(opened(['192.52.193.7']) as never)
    await see(/^stopped/)
    await helper.request().post('/qualys-config/test').send({
      id: 'n-account',
      platform: 'custom',
      url: cloud.urls.qualys,
      username: 'pocket_ab1',
      password: '__PWRD__',
    })
    await waitFor('the scan', () => out.scans.length === 1)
  })

  it('records what Qualys refuses, with its code', async () => {
    const node = await load({ profile: 'No such profile' })
    node.receive(opened(['192.52.193.7']) as never)
    await waitFor('the record', () => out.records.length === 1)
    assert.equal(out.scans[0]?.scan.status, 'refused')
    assert.equal(out.records[0]?.payload.status, 'refused')
    assert.equal(out.records[0]?.payload.code, '1905')
    assert.deepEqual(out.records[0]?.event.reason, { reasonType: 'Qualys', reasonCode: '1905' })
  })

  it('sends nothing in a dry run', async () => {
    const node = await load({ dryRun: true })
    node.receive(opened(['192.52.193.7']) as never)
    await waitFor('the record', () => out.records.length === 1)
    assert.equal(out.scans[0]?.scan.status, 'dry-run')
    assert.equal(out.records[0]?.payload.message, 'Not scanned: dry run, would go to External')
    assert.equal(cloud.received.length, 0)
    await see(/^dry run/)
  })

  it('refuses a message with IPv6 where that is set to fail, and records why', async () => {
    const node = await load({ ipv6: 'fail' })
    node.receive(opened(['192.52.193.7', '2620:4f:8000::7']) as never)
    const caught = await waitFor('the error', () => out.caught[0])
    assert.match(caught.error?.message ?? '', /set to fail/)
    assert.deepEqual(
      out.records.map(({ payload }) => payload.code),
      ['IPV6_REFUSED', 'IPV6_REFUSED'],
    )
    assert.equal(launched().length, 0)
  })

  it('says what is missing in a message that no port lookup has seen', async () => {
    const node = await load()
    node.receive({ topic: 'x', payload: 'scan 1.2.3.4' } as never)
    const caught = await waitFor('the error', () => out.caught[0])
    assert.match(caught.error?.message ?? '', /Put an openstack-port-lookup node before/)
  })

  const misconfigured: Record<string, [Record<string, unknown>, RegExp]> = {
    'no account': [{ account: '' }, /No usable Qualys account/],
    'no profile': [{ profile: ' ' }, /option profile/],
    'External among the appliances': [{ appliances: 'dmz-1, external' }, /appliances/],
    'a chunk that is no number': [{ chunkAddresses: 'many' }, /chunkAddresses/],
    'a time longer than the search for a lost launch': [{ timeout: '120' }, /timeout/],
    'an unknown IPv6 policy': [{ ipv6: 'hope' }, /IPv6 policy/],
  }
  for (const [what, [changes, says]] of Object.entries(misconfigured)) {
    it(`shows a red dot and refuses messages with ${what}`, async () => {
      const node = await load(changes)
      assert.deepEqual([shown().fill, shown().shape, shown().text], ['red', 'dot', 'not configured'])
      node.receive(opened(['192.52.193.7']) as never)
      const caught = await waitFor('the error', () => out.caught[0])
      assert.match(caught.error?.message ?? '', says)
    })
  }

  it('says that another runtime has the journal, and works when that has gone', async () => {
    const other = await openJournal(join(userDir, 'openstack-events-journal.sqlite'))
    try {
      const node = await load()
      await see(/in use/)
      assert.deepEqual([shown().fill, shown().shape], ['red', 'dot'])
      node.receive(opened(['192.52.193.7']) as never)
      await waitFor('the error', () => out.caught.length === 1)
      await other.close()
      await see(/^ready/)
      node.receive(opened(['192.52.193.7']) as never)
      await waitFor('the scan', () => out.scans.length === 1)
    } finally {
      await other.close()
    }
  })

  it('leaves no timer and no listener behind when it is closed with nothing to do', async () => {
    await load()
    await see(/^ready/)
    const started = Date.now()
    await helper.unload()
    assert.ok(Date.now() - started < 3000)
  })
})
