import assert from 'node:assert/strict'
import type { EventEmitter } from 'node:events'
import { appendFileSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import helper from 'node-red-node-test-helper'
import register from '../../nodes/openstack-notification-in/openstack-notification-in'
import { closeJournals } from '../../nodes/shared/journal'
import { openJournal } from '../../src/journal/sqlite-journal'
import type { OccurrenceMessage } from '../../src/message/model'
import { waitFor } from '../support/wait-for'

helper.init(require.resolve('node-red'))

interface Status {
  readonly fill?: string
  readonly shape?: string
  readonly text?: string
}

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
  async function load(config: object) {
    await helper.load([register], flow(config))
    const received: OccurrenceMessage[] = []
    helper.getNode('out').on('input', (msg) => received.push(msg as unknown as OccurrenceMessage))
    const statuses: Status[] = []
    // The helper announces every call of a node's methods.
    const calls = helper.getNode('in') as unknown as EventEmitter
    calls.on('call:status', (call: { args: [Status] }) => statuses.push(call.args[0]))
    const shows = (look: string, text: RegExp) =>
      waitFor(
        () => `${look} ${text}; shown ${JSON.stringify(statuses)}`,
        () => statuses.some((one) => `${one.fill} ${one.shape}` === look && text.test(one.text ?? '')),
      )
    return { received, statuses, shows, ids: () => received.map(({ notification }) => notification.messageId) }
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

  it('shows that it waits for the file, and then that it follows it', async () => {
    const { shows } = await load({ file: log })
    await shows('yellow ring', /^waiting for the file/)
    writeFileSync(log, 'ordinary line\n')
    await shows('green dot', /^following/)
  })

  it('goes on after a deploy where it was', async () => {
    writeFileSync(log, line('m1'))
    const before = await load({ file: log, start: 'beginning' })
    await waitFor('m1', () => before.received.length === 1)
    await helper.unload()
    appendFileSync(log, line('m2'))
    const after = await load({ file: log, start: 'beginning' })
    await waitFor('m2', () => after.received.length === 1)
    assert.deepEqual(after.ids(), ['m2'])
  })

  it('reads nothing any more after it was removed', async () => {
    writeFileSync(log, '')
    const { received, shows } = await load({ file: log, start: 'beginning' })
    await shows('green dot', /^following/)
    await helper.unload()
    appendFileSync(log, line('m1'))
    await new Promise((resolve) => setTimeout(resolve, 400))
    assert.equal(received.length, 0)
  })

  it('sends the event types that are asked for', async () => {
    writeFileSync(
      log,
      line('m1', 'port.create.start') + line('m2', 'port.create.end') + line('m3', 'router.create.end'),
    )
    const { received, ids } = await load({
      file: log,
      start: 'beginning',
      include: 'port.* floatingip.*',
      ignore: '*.start',
    })
    await waitFor('m2', () => received.length > 0)
    appendFileSync(log, line('m4', 'floatingip.create.end'))
    await waitFor('m4', () => received.length > 1)
    assert.deepEqual(ids(), ['m2', 'm4'])
  })

  describe('with audited API calls', () => {
    const call = (id: string, action: string, requestPath: string, outcome = 'success') =>
      `2026-11-21 07:57:44.202 1 INFO oslo.messaging.notification.audit.http.response [-] ${JSON.stringify({
        message_id: id,
        publisher_id: 'backup-api',
        event_type: 'audit.http.response',
        priority: 'INFO',
        timestamp: '2026-11-21 07:57:44.201000',
        payload: {
          typeURI: 'http://schemas.dmtf.org/cloud/audit/1.0/event',
          id: `e-${id}`,
          eventType: 'activity',
          eventTime: '2026-11-21T07:57:44.200000+0000',
          action,
          outcome,
          initiator: { id: 'u1', typeURI: 'service/security/account/user' },
          target: { id: 'backup', typeURI: 'service/backup', name: 'backup' },
          observer: { id: 'target' },
          requestPath,
        },
      })}\n`

    it('leaves out what was only looked at, if told so', async () => {
      writeFileSync(
        log,
        call('m1', 'read/list', '/v1/vaults') +
          call('m2', 'update', '/v1/vaults/x') +
          call('m3', 'read', '/v1/vaults/x', 'failure') +
          call('m4', 'delete', '/v1/vaults/x'),
      )
      const { ids } = await load({ file: log, start: 'beginning', dropReads: true })
      await waitFor('m4', () => ids().includes('m4'))
      assert.deepEqual(ids(), ['m2', 'm4'])
    })

    it("names their resources and actions by the operator's audit map", async () => {
      const auditMap = join(directory, 'backup_api_audit_map.conf')
      writeFileSync(
        auditMap,
        '[custom_actions]\nrestore = restore/volume\n[path_keywords]\nvaults = safe\n[service_endpoints]\nbackup = service/backup\n',
      )
      writeFileSync(log, call('m1', 'update', '/v1/vaults/nightly/restore'))
      const { received } = await load({ file: log, start: 'beginning', auditMap })
      await waitFor('m1', () => received.length === 1)
      assert.equal(received[0]?.event.action, 'restore/volume')
      assert.deepEqual(received[0]?.event.target, { id: 'nightly', typeURI: 'service/backup/safe' })
    })

    for (const [what, auditMap] of [
      ['is not there', '/nowhere/map.conf'],
      ['has no absolute path', 'map.conf'],
    ] as const) {
      it(`says so when the map ${what}, and does not start`, async () => {
        writeFileSync(log, call('m1', 'delete', '/v1/vaults/x'))
        const { shows, received } = await load({ file: log, start: 'beginning', auditMap })
        await shows('red dot', /audit map/)
        assert.equal(received.length, 0)
      })
    }
  })

  it('gives no delivery to what is finished on receipt', async () => {
    writeFileSync(log, line('m1'))
    const { received } = await load({ file: log, start: 'beginning', settle: 'receipt' })
    await waitFor('m1', () => received.length === 1)
    assert.equal(received[0]?._delivery, undefined)
  })

  it('keeps dead letters in the user directory, readable by their owner only, and says how many', async () => {
    writeFileSync(log, `{"event_type": "x", \n${line('m1')}`)
    const { shows } = await load({ file: log, start: 'beginning' })
    await shows('green dot', /1 dead-lettered/)
    const letters = join(directory, 'openstack-events-dead-letters-in.jsonl')
    assert.equal(JSON.parse(readFileSync(letters, 'utf8')).reason.code, 'ENVELOPE_NOT_JSON')
    assert.equal(statSync(letters).mode & 0o777, 0o600)
  })

  describe('shows a red dot, and reads nothing,', () => {
    const wrong: [what: string, config: object, text: RegExp][] = [
      ['without a source', { source: '' }, /^No source is chosen/],
      ['with a source of a later version', { source: 'kafka' }, /^No source is chosen/],
      ['without a file', { file: '' }, /^No file is named/],
      ['without a message bus', { source: 'rabbitmq' }, /^no message bus$/],
      ['with a relative path', { file: 'neutron.log' }, /^The path neutron.log is not absolute/],
    ]
    for (const [what, config, text] of wrong) {
      it(what, async () => {
        const { shows } = await load(config)
        await shows('red dot', text)
      })
    }

    it('while another runtime has the journal', async () => {
      const other = await openJournal(join(directory, 'openstack-events-journal.sqlite'))
      try {
        writeFileSync(log, line('m1'))
        const { shows, received } = await load({ file: log, start: 'beginning' })
        await shows('red dot', /^journal in use$/)
        assert.equal(received.length, 0)
        await other.close()
        // It starts by itself as soon as the other one is gone.
        await waitFor('m1', () => received.length === 1)
      } finally {
        await other.close()
      }
    })
  })
})
