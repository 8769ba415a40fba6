import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { decodeNotification } from '../../../../src/notification/envelope'
import { logLine } from '../../../../src/notification/log-file/line'
import { recordings } from '../recordings'

const body = '{"message_id": "m1", "event_type": "port.create.end", "payload": {}}'
const prefix = '2026-11-21 07:57:44.202 22828 INFO oslo.messaging.notification.port.create.end'

describe('A line of a log file', () => {
  const bodies: [what: string, line: string, body: string][] = [
    ['with the prefix of oslo.log', `${prefix} [None req-1 user project - - default default] ${body}`, body],
    ['without a request context', `${prefix} [-] ${body}`, body],
    ['with what a journal puts before it', `Nov 21 07:57:44 ctl1 neutron-server[22828]: ${prefix} [-] ${body}`, body],
    ['that is the JSON itself', body, body],
    [
      'that is an envelope',
      '{"oslo.version": "2.0", "oslo.message": "{}"}',
      '{"oslo.version": "2.0", "oslo.message": "{}"}',
    ],
    [
      'of use_json',
      JSON.stringify({
        message: body,
        asctime: '2026-11-21 07:57:44',
        name: 'oslo.messaging.notification.port.create.end',
        levelname: 'INFO',
        context: { auth_token: 'x' },
      }),
      body,
    ],
  ]
  for (const [what, line, expected] of bodies) {
    it(`${what} holds a notification`, () => {
      assert.deepEqual(logLine(line), { kind: 'notification', body: expected })
    })
  }

  const passedOver: [what: string, line: string][] = [
    ['empty', ''],
    ['ordinary', '2026-11-21 07:57:43.580 22828 INFO neutron.wsgi [-] 127.0.0.1 "GET / HTTP/1.1" status: 200'],
    ['of a traceback', "    raise KeyError({'event_type': 'x'})"],
    ['a dump', "{'event_type': 'port.create.end'}"],
    ['of use_json by another logger', JSON.stringify({ message: 'x', name: 'neutron.wsgi', levelname: 'INFO' })],
    [
      'of use_json that mentions a notification',
      JSON.stringify({
        message: `sent ${body}`,
        name: 'neutron.wsgi',
        levelname: 'INFO',
        extra: { '"event_type"': 1 },
      }),
    ],
    ['about the driver', '2026-11-21 07:57:43.580 1 WARNING oslo.messaging.notification.driver [-] could not load'],
  ]
  for (const [what, line] of passedOver) {
    it(`${what} is passed over`, () => {
      assert.deepEqual(logLine(line), { kind: 'other' })
    })
  }

  it('in the Python form of keystonemiddleware is refused by name, with what to set', () => {
    const line = logLine(
      '2026-11-21 07:57:44.202 1 INFO keystonemiddleware.audit [-] Event type: audit.http.request, ' +
        "Context: {'user': None}, Payload: {'typeURI': 'http://schemas.dmtf.org/cloud/audit/1.0/event', 'id': 'x'}",
    )
    assert.equal(line.kind, 'refused')
    assert.ok(line.kind === 'refused')
    assert.equal(line.error.code, 'LOG_FILE_PYTHON_REPR')
    assert.match(line.error.remedy ?? '', /use_oslo_messaging = True/)
  })

  it('was written for every notification in the recorded files, and all can be read', () => {
    const counts = new Map<string, number>()
    for (const file of ['keystone.log', 'neutron.log', 'octavia.log']) {
      for (const text of readFileSync(join(recordings, 'log-driver', file), 'utf8').split('\n')) {
        const line = logLine(text)
        assert.notEqual(line.kind, 'refused')
        assert.equal(line.kind === 'notification', text.includes(' oslo.messaging.notification.'), text)
        if (line.kind !== 'notification') continue
        const { notification } = decodeNotification(line.body, { kind: 'log-file', cloud: 'lab' })
        assert.ok(text.includes(`oslo.messaging.notification.${notification.eventType} `))
        counts.set(file, (counts.get(file) ?? 0) + 1)
      }
    }
    assert.deepEqual([...counts.keys()], ['keystone.log', 'neutron.log', 'octavia.log'])
  })
})
