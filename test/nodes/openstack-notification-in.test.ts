import assert from 'node:assert/strict'
import { appendFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Node } from 'node-red'
import helper from 'node-red-node-test-helper'
import register from '../../nodes/openstack-notification-in/openstack-notification-in'
import { closeJournals } from '../../nodes/shared/journal'
import type { OccurrenceMessage } from '../../src/message/model'
import { waitFor } from '../support/wait-for'

helper.init(require.resolve('node-red'))

const line = (id: string, eventType = 'security_group_rule.create.end') =>
  `2026-11-21 07:57:44.202 22828 INFO oslo.messaging.notification.${eventType} [None req-1 u p - - default default] ` +
  `${JSON.stringify({
    message_id: id,
    publisher_id: 'network.vm',
    event_type: eventType,
    priority: 'INFO',
    timestamp: '2026-11-21 07:57:44.201000',
    payload: { security_group_rule: { id: `rule-${id}` } },
    _context_user_id: 'u1',
    _context_auth_token: 'gAAAAsecret',
  })}\n`

describe('openstack-notification-in', () => {
  let directory: string
  let log: string

  beforeEach(async () => {
    directory = mkdtempSync(join(tmpdir(), 'notification-in-'))
    log = join(directory, 'neutron.log')
    helper.settings({ userDir: directory })
    await helper.startServer()
  })
  afterEach(async () => {
    await helper.unload()
    await closeJournals()
    await helper.stopServer()
    rmSync(directory, { recursive: true, force: true })
  })

  const flow = (config: object) => [
    { id: 'in', type: 'openstack-notification-in', source: 'log-file', wires: [['out']], ...config },
    { id: 'out', type: 'helper' },
  ]
  async function load(config: object): Promise<{ node: Node; received: OccurrenceMessage[] }> {
    await helper.load([register], flow(config))
    const received: OccurrenceMessage[] = []
    helper.getNode('out').on('input', (msg) => received.push(msg as unknown as OccurrenceMessage))
    return { node: helper.getNode('in') as Node, received }
  }

  it('sends a message for each notification in a log file', async () => {
    writeFileSync(log, `ordinary line\n${line('m1')}`)
    const { received } = await load({ file: log, start: 'beginning', cloud: 'lab' })
    await waitFor('message 1', () => received.length === 1)
    appendFileSync(log, line('m2'))
    await waitFor('message 2', () => received.length === 2)
    const [message] = received
    assert.ok(message)
    assert.equal(message.topic, 'security_group_rule.create.end')
    assert.deepEqual(message.payload, { security_group_rule: { id: 'rule-m1' } })
    assert.equal(message.event.target.id, 'rule-m1')
    assert.equal(message.event.initiator.id, 'u1')
    assert.deepEqual(message.notification.source, { kind: 'log-file', cloud: 'lab', file: log, offset: 14 })
    assert.equal(typeof message._delivery, 'string')
    assert.ok(!JSON.stringify(received).includes('gAAAAsecret'))
  })
})
