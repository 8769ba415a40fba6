import assert from 'node:assert/strict'
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { cadfEvent } from '../../../src/cadf/convert'
import type { CadfEvent, CadfResource } from '../../../src/cadf/event'
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

  it('is what Keystone sent, but for the spelling of times, and marks', () => {
    for (const file of ['keystone-cadf.jsonl', 'keystone-cadf-lockout.jsonl', 'keystone-cadf-messaging-v1.jsonl']) {
      for (const { payload, event } of convertedOf(file)) {
        const { added, eventTime, initiator, flags: _flags, ...kept } = event
        const { eventTime: sentTime, initiator: sentInitiator, ...rest } = payload as Record<string, unknown>
        assert.deepEqual(kept, rest)
        assert.equal(eventTime, String(sentTime).replace('+0000', '+00:00'))
        if (sentInitiator === undefined) {
          assert.deepEqual(initiator, { id: 'unknown', typeURI: 'service/security/account/user' })
          assert.deepEqual(added, ['initiator.id', 'initiator.typeURI'])
        } else {
          const { credential, host, ...who } = sentInitiator as CadfResource
          assert.deepEqual(initiator, {
            ...who,
            host: { ...host, trust: 'last-hop' },
            ...(credential === undefined ? {} : { credential: { ...credential, token: '***' } }),
          })
          assert.equal(added, undefined)
        }
      }
    }
  })

  it('is one operation in both messages of an API call, on the resource of the path', () => {
    let pairs = 0
    for (const file of [
      'neutron-audit.jsonl',
      'octavia-audit.jsonl',
      'all-services-in-order.jsonl',
      'edge-cases.jsonl',
    ]) {
      const requests = new Map<string, CadfEvent>()
      for (const { notification, event } of convertedOf(file)) {
        if (notification.eventType === 'audit.http.request') requests.set(event.id, event)
        if (notification.eventType !== 'audit.http.response') continue
        const request = requests.get(event.id)
        assert.ok(request, event.id)
        for (const member of ['action', 'target', 'initiator', 'observer', 'tags', 'eventTime'] as const) {
          assert.deepEqual(event[member], request[member])
        }
        assert.ok(request.outcome === 'pending' && event.outcome !== 'pending')
        assert.match(event.target.typeURI, /^network\/[a-z0-9/-]+$/)
        assert.match(event.observer.typeURI, /^service\/(network|load-balancer)$/)
        assert.equal(
          event.action === 'create' || event.action === 'read/list',
          event.target.id === 'unknown',
          event.requestPath,
        )
        // 201 is what a creation answers; putting a tag on a resource does so, too.
        if (event.reason?.reasonCode === '201') {
          assert.ok(event.action === 'create' || event.target.typeURI.endsWith('/tag'), event.requestPath)
        }
        pairs++
      }
    }
    assert.ok(pairs > 200, `${pairs} pairs`)
  })

  it('never holds a token of a request', () => {
    for (const { record } of recordedMessages()) {
      const { event } = convert(record.body, record.exchange)
      assert.ok(!/x{8}|gAAAA/.test(JSON.stringify(event.initiator.credential ?? '')), event.id)
    }
  })

  it('has the id of the request that set it off, where the source tells', () => {
    const rule = first('neutron.jsonl', 'security_group_rule.create.end')
    assert.equal(rule.event.initiator.request_id, rule.notification.context.requestId)
    const basic = first('keystone-basic.jsonl', 'identity.group.updated')
    assert.equal(basic.event.initiator.request_id, (basic.payload as { request_id: string }).request_id)
  })
})

/** One message of each event type, but where one is not like another, and of each recording. */
function samples(file: string): Record<string, CadfEvent> {
  const found: Record<string, CadfEvent> = {}
  for (const converted of convertedOf(file)) found[variantOf(converted)] ??= converted.event
  return found
}

function variantOf({ notification, payload, event }: Converted): string {
  const sent = payload as Record<string, unknown>
  const marks = [
    notification.eventType,
    notification.eventType.startsWith('audit.') ? `${event.action} ${event.target.typeURI}` : '',
    event.outcome === 'failure' ? `failure ${event.reason?.reasonCode ?? ''}` : '',
    Object.values(sent).some((value) => Array.isArray(value) && value.length > 1) ? 'bulk' : '',
    event.initiator.credential === undefined || notification.eventType.startsWith('audit.') ? '' : 'federated',
    ['user', 'group', 'project', 'domain'].filter((member) => typeof sent[member] === 'string').join(' '),
    typeof sent['actor_operation'] === 'string' ? `actor ${sent['actor_operation']}` : '',
    event.added?.includes('initiator.id') ? 'without initiator' : '',
  ]
  return marks.filter((mark) => mark !== '').join(', ')
}

describe('The CADF events of a recording, compared with the golden file', () => {
  const directory = join(recordings, '../cadf')
  const files = readdirSync(recordings).filter((file) => file.endsWith('.jsonl'))
  for (const file of files) {
    it(file, () => {
      const path = join(directory, file.replace('.jsonl', '.json'))
      const events = samples(file)
      // UPDATE_GOLDEN=1 writes them anew; look at the difference before it is committed.
      if (process.env['UPDATE_GOLDEN'] === '1') {
        mkdirSync(directory, { recursive: true })
        writeFileSync(path, `${JSON.stringify(events, null, 2)}\n`)
      }
      assert.ok(existsSync(path), `${path} is there`)
      assert.deepEqual(events, JSON.parse(readFileSync(path, 'utf8')))
    })
  }

  it('and there is one event of every event type in it, and no file is left over', () => {
    for (const file of files) {
      const types = new Set(convertedOf(file).map(({ notification }) => notification.eventType))
      assert.deepEqual(new Set(Object.keys(samples(file)).map((variant) => variant.split(', ')[0])), types)
    }
    assert.deepEqual(readdirSync(directory).sort(), files.map((file) => file.replace('.jsonl', '.json')).sort())
  })
})
