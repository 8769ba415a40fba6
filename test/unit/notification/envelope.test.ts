import assert from 'node:assert/strict'
import { gzipSync } from 'node:zlib'
import { OperatorError } from '../../../src/errors/operator-error'
import { type BodyProperties, decodeNotification } from '../../../src/notification/envelope'
import type { NotificationSource } from '../../../src/notification/model'
import { recordedMessages } from './recordings'

const source: NotificationSource = { kind: 'rabbitmq', cloud: 'lab', exchange: 'neutron' }

const body = {
  message_id: '0c3a3f0e-8c5c-4b5e-8a60-2b7d1d6c9a11',
  publisher_id: 'network.controller1',
  event_type: 'security_group_rule.create.end',
  priority: 'INFO',
  payload: { security_group_rule: { id: 'r1' } },
  timestamp: '2026-11-21 06:51:16.704739',
}

const v2 = (inner: unknown, version: unknown = '2.0') =>
  JSON.stringify({ 'oslo.version': version, 'oslo.message': JSON.stringify(inner) })

const decode = (text: string | Buffer, properties?: BodyProperties) =>
  decodeNotification(typeof text === 'string' ? Buffer.from(text) : text, source, properties)

function refusal(run: () => unknown): OperatorError {
  try {
    run()
  } catch (thrown) {
    assert.ok(thrown instanceof OperatorError, `an operator's error, not ${String(thrown)}`)
    return thrown
  }
  return assert.fail('was taken')
}

describe('The envelope of a notification', () => {
  it('is opened in version 2, where the message is JSON text inside JSON', () => {
    const { notification, payload } = decode(v2(body))
    assert.deepEqual(notification, {
      messageId: body.message_id,
      eventType: 'security_group_rule.create.end',
      publisherId: 'network.controller1',
      priority: 'INFO',
      timestamp: '2026-11-21T06:51:16.704739+00:00',
      context: {},
      source,
    })
    assert.deepEqual(payload, body.payload)
  })

  it('may be absent, as the driver of version 1 sends it', () => {
    assert.deepEqual(decode(JSON.stringify(body)), decode(v2(body)))
  })

  it('may be given as text, as in a log file', () => {
    assert.deepEqual(decodeNotification(v2(body), source), decode(v2(body)))
  })

  it('opens for every recorded message, and the payload is what was published but for tokens', () => {
    let count = 0
    for (const { file, record } of recordedMessages()) {
      const { notification, payload } = decode(record.body)
      const outer = JSON.parse(record.body)
      const inner = outer['oslo.message'] === undefined ? outer : JSON.parse(outer['oslo.message'])
      assert.equal(notification.messageId, inner.message_id, file)
      assert.equal(notification.publisherId, inner.publisher_id)
      assert.match(notification.timestamp, /^2026-11-21T\d\d:\d\d:\d\d\.\d{6}\+00:00$/)
      assert.equal(notification.added, undefined)
      delete inner.payload.initiator?.credential?.token
      assert.deepEqual(payload, inner.payload)
      count++
    }
    assert.ok(count > 840, `${count} messages`)
  })

  it('leaves bulk payloads as they are', () => {
    const payload = { security_group_rules: [{ id: 'r1' }, { id: 'r2' }] }
    assert.deepEqual(decode(v2({ ...body, payload })).payload, payload)
  })

  it('reads text in any script', () => {
    const payload = { name: 'żółw-\u202e-🐢' }
    assert.deepEqual(decode(v2({ ...body, payload })).payload, payload)
    assert.deepEqual(decode(JSON.stringify({ ...body, payload })).payload, payload)
  })

  it('takes a body of 5 MB', () => {
    const payload = { text: 'x'.repeat(5_000_000) }
    assert.deepEqual(decode(v2({ ...body, payload })).payload, payload)
  })

  describe('is refused with a reason when it is', () => {
    const latin1 = Buffer.from(v2(body).replace('r1', 'Z\u00fcrich'), 'latin1')
    const cases: [what: string, body: string | Buffer, code: string, properties?: BodyProperties][] = [
      ['empty', '', 'ENVELOPE_EMPTY'],
      ['blank', ' \n', 'ENVELOPE_EMPTY'],
      ['not JSON', 'hello', 'ENVELOPE_NOT_JSON'],
      ['cut', v2(body).slice(0, -10), 'ENVELOPE_NOT_JSON'],
      ['JSON with a message that is not', '{"oslo.version":"2.0","oslo.message":"{"}', 'ENVELOPE_NOT_JSON'],
      ['a list', '[]', 'ENVELOPE_SHAPE'],
      ['null', 'null', 'ENVELOPE_SHAPE'],
      ['a number', '42', 'ENVELOPE_SHAPE'],
      ['a text', '"x"', 'ENVELOPE_SHAPE'],
      ['a message that is a list', v2([1]), 'ENVELOPE_SHAPE'],
      ['a message that is no text', '{"oslo.version":"2.0","oslo.message":{}}', 'ENVELOPE_SHAPE'],
      ['a version without a message', '{"oslo.version":"2.0"}', 'ENVELOPE_SHAPE'],
      ['of version 3', v2(body, '3.0'), 'ENVELOPE_VERSION'],
      ['of version 20', v2(body, '20.0'), 'ENVELOPE_VERSION'],
      ['of a version that is a number', v2(body, 2), 'ENVELOPE_VERSION'],
      ['without a version', JSON.stringify({ 'oslo.message': '{}' }), 'ENVELOPE_VERSION'],
      ['without an event type', v2({ ...body, event_type: undefined }), 'ENVELOPE_NO_EVENT_TYPE'],
      ['with an event type that is no text', v2({ ...body, event_type: 7 }), 'ENVELOPE_NO_EVENT_TYPE'],
      ['an RPC call', v2({ method: 'sync_routers', args: {} }), 'ENVELOPE_NO_EVENT_TYPE'],
      ['Latin-1', latin1, 'ENVELOPE_NOT_UTF8'],
      ['cut within a character', Buffer.from(JSON.stringify({ a: 'ü' })).subarray(0, 7), 'ENVELOPE_NOT_UTF8'],
      ['compressed, by its signature', gzipSync(v2(body)), 'ENVELOPE_COMPRESSED'],
      ['compressed, by its header', gzipSync(v2(body)), 'ENVELOPE_COMPRESSED', { headers: { compression: 'gzip' } }],
      ['compressed, by its encoding', v2(body), 'ENVELOPE_COMPRESSED', { contentEncoding: 'gzip' }],
    ]
    for (const [what, bad, code, properties] of cases) {
      it(what, () => {
        const error = refusal(() => decode(bad, properties))
        assert.equal(error.code, code)
        assert.ok(error.remedy !== undefined && error.remedy !== '')
        assert.equal(error.retryable, false)
      })
    }

    it('and the reason shows nothing of the body that could be a secret or a second line', () => {
      const error = refusal(() => decode('{"auth_token": "gAAAAABsecret",\n"x": '))
      assert.doesNotMatch(error.message, /gAAAAAB|\n/)
      const members = refusal(() => decode(JSON.stringify({ 'a\nFORGED line': 1 })))
      assert.doesNotMatch(members.message, /\n/)
    })
  })

  describe('context', () => {
    it('is mapped from its flattened members', () => {
      const { context } = decode(
        v2({
          ...body,
          _context_user_id: 'u1',
          _context_user_name: 'alice',
          _context_project_id: 'p1',
          _context_project_name: 'shop',
          _context_domain_id: 'd1',
          _context_request_id: 'req-1',
          _context_global_request_id: 'req-2',
          _context_roles: ['member', 7],
          _context_is_admin: false,
          _context_remote_address: '192.0.2.7',
        }),
      ).notification
      assert.deepEqual(context, {
        userId: 'u1',
        userName: 'alice',
        projectId: 'p1',
        projectName: 'shop',
        domainId: 'd1',
        requestId: 'req-1',
        globalRequestId: 'req-2',
        roles: ['member'],
        isAdmin: false,
        remoteAddress: '192.0.2.7',
      })
    })

    it('is mapped from the names of older services', () => {
      const icehouse = { ...body, _context_user: 'u1', _context_tenant_id: 'p1', _context_tenant_name: 'shop' }
      assert.deepEqual(decode(v2(icehouse)).notification.context, {
        userId: 'u1',
        projectId: 'p1',
        projectName: 'shop',
      })
      assert.equal(decode(v2({ ...body, _context_tenant: 'p1' })).notification.context.projectId, 'p1')
      assert.equal(decode(v2({ ...body, _context_project: 'p1' })).notification.context.projectId, 'p1')
    })

    it('prefers a present name over an absent one', () => {
      const mixed = { ...body, _context_user_id: null, _context_user: 'u1', _context_project_id: '' }
      assert.deepEqual(decode(v2(mixed)).notification.context, { userId: 'u1' })
    })
  })

  describe('tokens', () => {
    const secret = 'gAAAAABkeepmeout'
    const carriers: [what: string, inner: object][] = [
      ['the context', { _context_auth_token: secret, _context_auth_token_info: { token: secret } }],
      ['the credential of an initiator', { payload: { initiator: { id: 'u', credential: { token: secret } } } }],
      ['an event inside a list', { payload: { events: [{ credential: { token: secret, type: 'x' } }] } }],
      ['a nested context', { payload: { args: { ctxt: { auth_token: secret } } } }],
      ['headers', { payload: { headers: { 'X-Auth-Token': secret, 'x-subject-token': secret } } }],
      ['a flattened context in the payload', { payload: { _context_auth_token: secret } }],
    ]
    for (const [what, inner] of carriers) {
      it(`are dropped from ${what}`, () => {
        const text = JSON.stringify(decode(v2({ ...body, ...inner })))
        assert.ok(!text.includes(secret), text)
      })
    }

    it('are dropped without what stands beside them', () => {
      const payload = { initiator: { credential: { token: secret, identity_status: 'Confirmed' }, name: 'alice' } }
      assert.deepEqual(decode(v2({ ...body, payload })).payload, {
        initiator: { credential: { identity_status: 'Confirmed' }, name: 'alice' },
      })
    })

    it('are dropped from what stands inside a credential, too', () => {
      const payload = {
        credential: { scope: { auth_token: secret }, token: secret },
        others: [{ credential: [{ user_token: secret }] }],
      }
      assert.deepEqual(decode(v2({ ...body, payload })).payload, {
        credential: { scope: {} },
        others: [{ credential: [{}] }],
      })
    })

    it('are not confused with other members', () => {
      const payload = { token_count: 3, tokens: ['a'], secretary: 'Ann', credential: 'plain' }
      assert.deepEqual(decode(v2({ ...body, payload })).payload, payload)
    })
  })

  it('nested so deeply that nobody could write or clone it is refused', () => {
    const deep = (levels: number, member = 'x') =>
      `{"event_type": "port.create.end", "payload": {"${member}": ${'['.repeat(levels)}${']'.repeat(levels)}}}`
    assert.equal(decodeNotification(deep(900), source).notification.eventType, 'port.create.end')
    for (const member of ['x', 'credential', 'outcome']) {
      assert.throws(() => decodeNotification(deep(20_000, member), source), { code: 'ENVELOPE_SHAPE' })
    }
  })

  describe('members that are lacking', () => {
    it('are made up visibly: an id from the body, the time of arrival, the priority of the routing key', () => {
      const bare = v2({ event_type: 'port.create.end', payload: {} })
      const from = { ...source, routingKey: 'notifications.error' }
      const at = Date.UTC(2026, 10, 21, 7)
      const one = decodeNotification(bare, from, { receivedAt: at }).notification
      assert.equal(one.timestamp, '2026-11-21T07:00:00.000+00:00')
      assert.equal(one.priority, 'ERROR')
      assert.equal(one.publisherId, null)
      assert.deepEqual(one.added, ['messageId', 'timestamp'])
      const again = decodeNotification(bare, from, { receivedAt: at + 1000 }).notification
      assert.equal(one.messageId, again.messageId)
      assert.match(one.messageId, /^[0-9a-f]{32}$/)
    })
  })
})
