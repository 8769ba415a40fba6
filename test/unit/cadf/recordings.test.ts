import assert from 'node:assert/strict'
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { cadfEvent } from '../../../src/cadf/convert'
import type { CadfEvent } from '../../../src/cadf/event'
import { cadfViolations } from '../../../src/cadf/validate'
import { decodeNotification } from '../../../src/notification/envelope'
import { logLine } from '../../../src/notification/log-file/line'
import type { Notification } from '../../../src/notification/model'
import { recorded, recordedMessages, recordings } from '../notification/recordings'

interface Converted {
  readonly notification: Notification
  readonly payload: unknown
  readonly event: CadfEvent
}

function convert(body: string, exchange: string): Converted {
  const source = { kind: 'rabbitmq', cloud: 'lab', exchange } as const
  const { notification, payload } = decodeNotification(Buffer.from(body), source)
  return { notification, payload, event: cadfEvent(notification, payload) }
}

const convertedOf = (file: string) => recorded(file).map(({ body, exchange }) => convert(body, exchange))

function first(file: string, eventType: string, matches: (converted: Converted) => boolean = () => true): Converted {
  const found = convertedOf(file).find((one) => one.notification.eventType === eventType && matches(one))
  assert.ok(found, `${eventType} in ${file}`)
  return found
}

describe('The CADF event of every recorded message', () => {
  it('is valid', () => {
    let count = 0
    for (const { file, record } of recordedMessages()) {
      const { notification, event } = convert(record.body, record.exchange)
      assert.deepEqual(cadfViolations(event), [], `${file}: ${notification.eventType} ${JSON.stringify(event)}`)
      count++
    }
    assert.ok(count > 840, `${count} messages`)
  })

  it('is valid for what the log driver wrote, too', () => {
    let count = 0
    for (const file of ['keystone.log', 'neutron.log', 'octavia.log']) {
      for (const text of readFileSync(join(recordings, 'log-driver', file), 'utf8').split('\n')) {
        const line = logLine(text)
        if (line.kind !== 'notification') continue
        const { notification, payload } = decodeNotification(line.body, { kind: 'log-file', cloud: 'lab' })
        assert.deepEqual(cadfViolations(cadfEvent(notification, payload)), [], text)
        count++
      }
    }
    assert.ok(count > 300, `${count} lines`)
  })

  it('needs nothing filled in for what Neutron reports as done, but the id of a bulk request', () => {
    for (const { notification, payload, event } of convertedOf('neutron.jsonl')) {
      if (notification.eventType.endsWith('.start')) continue
      const members = Object.values(payload as object).find((value) => Array.isArray(value) && value.length > 1)
      assert.deepEqual(event.added, members === undefined ? undefined : ['target.id'], notification.eventType)
      assert.equal(event.outcome, 'success')
    }
  })

  it('is pending for what Neutron has only begun', () => {
    for (const { notification, event } of convertedOf('neutron.jsonl')) {
      if (notification.eventType.endsWith('.start')) assert.equal(event.outcome, 'pending', notification.eventType)
    }
  })

  it('is what Keystone and the audit middleware sent, but for the spelling of times and what is filled in', () => {
    for (const file of [
      'keystone-cadf.jsonl',
      'keystone-cadf-lockout.jsonl',
      'neutron-audit.jsonl',
      'octavia-audit.jsonl',
    ]) {
      for (const { payload, event } of convertedOf(file)) {
        const { added = [], observer, eventTime, reporterchain: _chain, initiator, flags: _flags, ...kept } = event
        const sent = payload as Record<string, unknown>
        const {
          observer: sentObserver,
          eventTime: sentTime,
          reporterchain: _sent,
          initiator: sentInitiator,
          ...rest
        } = sent
        assert.deepEqual(kept, rest)
        assert.equal(eventTime, String(sentTime).replace('+0000', '+00:00'))
        if (sentInitiator === undefined) {
          assert.deepEqual(initiator, { id: 'unknown', typeURI: 'unknown' })
          assert.deepEqual(added, ['initiator.id', 'initiator.typeURI'])
        } else {
          assert.deepEqual(initiator, sentInitiator)
          assert.deepEqual(added, [])
        }
        if ((sentObserver as { id: string }).id === 'target') assert.equal(observer.typeURI, event.target.typeURI)
        else assert.deepEqual(observer, sentObserver)
      }
    }
  })

  it('has the id of the request that set it off, where the source tells', () => {
    const rule = first('neutron.jsonl', 'security_group_rule.create.end')
    assert.equal(rule.event.initiator.request_id, rule.notification.context.requestId)
    const basic = first('keystone-basic.jsonl', 'identity.group.updated')
    assert.equal(basic.event.initiator.request_id, (basic.payload as { request_id: string }).request_id)
  })
})

describe('The CADF event, compared with the golden file', () => {
  const bulk = ({ payload }: Converted) => Object.values(payload as object).some((value) => Array.isArray(value))
  const golden: [name: string, converted: () => Converted][] = [
    ['neutron-security-group-rule-create-start', () => first('neutron.jsonl', 'security_group_rule.create.start')],
    ['neutron-security-group-rule-create-end', () => first('neutron.jsonl', 'security_group_rule.create.end')],
    [
      'neutron-security-group-rule-create-end-bulk',
      () => first('neutron.jsonl', 'security_group_rule.create.end', bulk),
    ],
    ['neutron-security-group-rule-delete-start', () => first('neutron.jsonl', 'security_group_rule.delete.start')],
    ['neutron-security-group-rule-delete-end', () => first('neutron.jsonl', 'security_group_rule.delete.end')],
    ['neutron-security-group-create-end', () => first('neutron.jsonl', 'security_group.create.end')],
    ['neutron-port-create-end-bulk', () => first('neutron.jsonl', 'port.create.end', bulk)],
    ['neutron-port-update-end', () => first('neutron.jsonl', 'port.update.end')],
    ['neutron-floatingip-update-end', () => first('neutron.jsonl', 'floatingip.update.end')],
    ['neutron-port-forwarding-create-end', () => first('neutron.jsonl', 'port_forwarding.create.end')],
    ['neutron-router-interface-create', () => first('neutron.jsonl', 'router.interface.create')],
    ['neutron-tag-create-end', () => first('neutron.jsonl', 'tag.create.end')],
    ['neutron-audit-request', () => first('neutron-audit.jsonl', 'audit.http.request')],
    ['neutron-audit-response', () => first('neutron-audit.jsonl', 'audit.http.response')],
    ['octavia-loadbalancer-create-end', () => first('octavia.jsonl', 'octavia.loadbalancer.create.end')],
    ['keystone-basic-user-created', () => first('keystone-basic.jsonl', 'identity.user.created')],
    ['keystone-role-assignment-created', () => first('keystone-cadf.jsonl', 'identity.role_assignment.created')],
    ['keystone-user-deleted', () => first('keystone-cadf.jsonl', 'identity.user.deleted')],
    [
      'keystone-authenticate-unknown-user',
      () => first('keystone-cadf.jsonl', 'identity.authenticate', ({ event }) => event.reason?.reasonCode === '404'),
    ],
  ]
  const directory = join(recordings, '../cadf')
  for (const [name, converted] of golden) {
    it(name, () => {
      const path = join(directory, `${name}.json`)
      const { event } = converted()
      // UPDATE_GOLDEN=1 writes them anew; look at the difference before it is committed.
      if (process.env['UPDATE_GOLDEN'] === '1') {
        mkdirSync(directory, { recursive: true })
        writeFileSync(path, `${JSON.stringify(event, null, 2)}\n`)
      }
      assert.ok(existsSync(path), `${path} is there`)
      assert.deepEqual(event, JSON.parse(readFileSync(path, 'utf8')))
    })
  }

  it('and no golden file is left over', () => {
    assert.deepEqual(readdirSync(directory).sort(), golden.map(([name]) => `${name}.json`).sort())
  })
})
