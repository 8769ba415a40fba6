import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { decodeNotification } from '../../../../src/notification/envelope'
import { logLine } from '../../../../src/notification/log-file/line'
import { contextOfPrefix, inContext } from '../../../../src/notification/log-file/request-context'
import type { NotificationContext } from '../../../../src/notification/model'
import { recordings } from '../recordings'

const request = 'req-86ee8899-c724-4e67-8e9b-99614198c192'
const global = 'req-00000000-0000-4000-8000-000000000001'
const user = '74948f9e907241a1bfc4c92aac04ae44'
const project = '1e0a1a033e3a431591e48fb10abce366'
const LOGGER = 'oslo.messaging.notification.'

const decoded = (line: string) => {
  const found = logLine(line)
  assert.ok(found.kind === 'notification', line)
  const source = { kind: 'log-file', cloud: 'c' } as const
  return inContext(decodeNotification(found.body, source), found.context)
}

describe('The request context of a log line', () => {
  const prefixes: [what: string, bracketed: string, expected: NotificationContext | undefined][] = [
    [
      'of today',
      `None ${request} ${user} ${project} - - default default`,
      { requestId: request, userId: user, projectId: project },
    ],
    [
      'with a global request id',
      `${global} ${request} ${user} ${project} - - default default`,
      { requestId: request, globalRequestId: global, userId: user, projectId: project },
    ],
    [
      'from before the system scope',
      `None ${request} ${user} ${project} - default default`,
      { requestId: request, userId: user, projectId: project },
    ],
    [
      'from before global request ids',
      `${request} ${user} ${project} - default default`,
      { requestId: request, userId: user, projectId: project },
    ],
    [
      'of a token for a domain',
      `None ${request} ${user} - default - default default`,
      { requestId: request, userId: user, domainId: 'default' },
    ],
    ['of a request without a token', `None ${request} - - - - - -`, { requestId: request }],
    ['with names where ids belong', `None ${request} alice shop - - Default Default`, { requestId: request }],
    ['in a form of somebody’s own', `None ${request} ${user} at work`, { requestId: request }],
    ['that is none', '-', undefined],
    ['without a request id', `${user} ${project} - - - -`, undefined],
  ]
  for (const [what, bracketed, expected] of prefixes) {
    it(what, () => {
      assert.deepEqual(contextOfPrefix(bracketed), expected)
    })
  }

  const body = (members: object = {}) =>
    JSON.stringify({ message_id: 'm', event_type: 'port.create.end', payload: {}, ...members })
  const prefixed = (type: string, text: string) =>
    `2026-11-21 07:57:44.202 22828 INFO ${LOGGER}${type} [None ${request} ${user} ${project} - - default default] ${text}`

  it('is that of the notification, which has none in its JSON', () => {
    const { context } = decoded(prefixed('port.create.end', body())).notification
    assert.deepEqual(context, { requestId: request, userId: user, projectId: project })
  })

  it('gives way to what the JSON itself says', () => {
    const { context } = decoded(prefixed('port.create.end', body({ _context_user_id: 'u' }))).notification
    assert.deepEqual(context, { userId: 'u' })
  })

  it('is not taken for audit events, whose lines can name the request before', () => {
    const line = prefixed('audit.http.request', body({ event_type: 'audit.http.request' }))
    assert.deepEqual(decoded(line).notification.context, {})
  })

  it('is read from records of use_json, without tokens', () => {
    const record = {
      message: body(),
      name: `${LOGGER}port.create.end`,
      levelname: 'INFO',
      context: {
        user: user,
        project_id: project,
        request_id: request,
        user_name: 'alice',
        auth_token: '***',
        roles: null,
      },
    }
    const { context } = decoded(JSON.stringify(record)).notification
    assert.deepEqual(context, { requestId: request, userId: user, projectId: project, userName: 'alice' })
  })

  it('names who did it in every line that Neutron wrote about its own doings', () => {
    let checked = 0
    for (const line of readFileSync(join(recordings, 'log-driver', 'neutron.log'), 'utf8').split('\n')) {
      if (!line.includes(LOGGER) || line.includes(`${LOGGER}audit.`)) continue
      const { context } = decoded(line).notification
      assert.match(context.userId ?? '', /^[0-9a-f]{32}$/, line)
      assert.match(context.projectId ?? '', /^[0-9a-f]{32}$/, line)
      assert.match(context.requestId ?? '', /^req-/, line)
      checked++
    }
    assert.equal(checked, 87)
  })
})
