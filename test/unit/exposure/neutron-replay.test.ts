import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { lookUpExposure } from '../../../src/exposure/look-up'
import type { Change } from '../../../src/exposure/model'
import { processRuleMemory } from '../../../src/exposure/rule-memory'
import { decodeNotification } from '../../../src/notification/envelope'
import { type ExpectedChange, expectedChanges } from '../../support/exposure-table'
import { neutronWorld, sessionTo } from '../../support/neutron-world'

function short(change: Change, line: number): ExpectedChange {
  return {
    line,
    kind: change.kind,
    id: change.resourceId.slice(0, 4),
    group: change.securityGroupId?.slice(0, 4) ?? '-',
    scan: change.scan,
    addresses: change.addresses.map(({ kind, address }) => (kind === 'floating' ? `f:${address}` : address)).sort(),
  }
}

describe('The recorded notifications of Neutron, looked up one by one', () => {
  const recorded = readFileSync('test/fixtures/recordings/neutron.jsonl', 'utf8').trim().split('\n')

  const replay = async () => {
    const neutron = neutronWorld()
    const world = { session: sessionTo(neutron.answer), memory: processRuleMemory(), census: {} }
    const changes: { line: number; topic: string; change: Change }[] = []
    for (const [index, text] of recorded.entries()) {
      const { body } = JSON.parse(text)
      const { notification, payload } = decodeNotification(Buffer.from(body), { kind: 'inject', cloud: 'lab' })
      const { eventType: topic, messageId } = notification
      neutron.apply(topic, payload)
      const occurrence = { topic, payload, messageId, eventId: messageId }
      const [{ exposure, retry } = assert.fail()] = await lookUpExposure([occurrence], world, { scanOnDelete: false })
      assert.equal(retry, undefined)
      assert.equal(exposure.incomplete, undefined, `line ${index + 1}: ${exposure.incomplete}`)
      for (const change of exposure.changes) {
        assert.equal(change.messageId, messageId)
        changes.push({ line: index + 1, topic, change })
      }
    }
    return changes
  }

  it('give exactly the changes, verdicts and addresses of the table written by hand', async () => {
    const ended = (await replay()).filter(({ topic }) => topic.endsWith('.end'))
    assert.deepEqual(
      ended.map(({ change, line }) => short(change, line)),
      expectedChanges(),
    )
  })

  it('have a reason wherever nothing is scanned, and none where something is', async () => {
    for (const { line, change } of await replay()) {
      assert.equal(change.noScanReason === undefined, change.scan, `line ${line}`)
    }
  })

  it('give announcements (.start) a record, but neither a scan nor a question to Neutron', async () => {
    const started = (await replay()).filter(({ topic }) => topic.endsWith('.start'))
    const counted: Record<string, number> = {}
    for (const { change } of started) counted[change.kind] = (counted[change.kind] ?? 0) + 1
    // By hand: 17 requests for rules, one of them for two; 5 for ports, one of them for two; of 3 reserved addresses one with a port.
    assert.deepEqual(counted, {
      sg_create: 3,
      sg_update: 1,
      sg_delete: 4,
      sg_rule_add: 18,
      sg_rule_del: 5,
      port_create: 6,
      port_update: 8,
      port_delete: 6,
      fip_associate: 2,
      fip_disassociate: 4,
    })
    assert.ok(started.every(({ change }) => !change.scan && change.addresses.length === 0))
    const deleted = started.find(({ line }) => line === 106)?.change
    assert.equal(deleted?.securityGroupId?.slice(0, 4), '7523', 'a delete announced by id is remembered')
  })

  it('are not globally routable, as the lab uses documentation ranges', async () => {
    const addresses = (await replay()).flatMap(({ change }) => change.addresses)
    assert.ok(addresses.length > 50)
    assert.ok(addresses.every(({ global }) => !global))
  })

  it('tell port, device, project and the fixed address behind a floating one', async () => {
    const line111 = (await replay()).find(({ line }) => line === 111)?.change
    const floating = line111?.addresses.find(({ address }) => address === '203.0.113.80')
    assert.deepEqual(floating, {
      address: '203.0.113.80',
      family: 4,
      kind: 'floating',
      global: false,
      networkId: 'c69d357b-4ace-4ca0-908f-b8447641c372',
      fixedAddress: '10.20.0.168',
      portId: 'b4bb7b39-1347-4c8b-ab8c-b88430582dab',
      portName: 'p4-11bc36',
      deviceId: floating?.deviceId ?? '',
      deviceOwner: 'compute:nova',
      projectId: 'd757b24e2b344b86b8386b985d716f6b',
    })
    assert.match(floating?.deviceId ?? '', /^a893/)
  })
})
