import assert from 'node:assert/strict'
import {
  type Attempt,
  channelRefusal,
  connectionRefusal,
  exactly,
  grantCommand,
  queueDifference,
} from '../../../../src/notification/rabbitmq/refusal'

const withCode = (message: string, code: string | number) => Object.assign(new Error(message), { code })
const attempt: Attempt = {
  what: 'declare the queue "osx"',
  queue: 'osx',
  rights: { user: "o'brien", vhost: '/', configure: '^(osx)$', write: '^(osx)$', read: '^(osx|neutron)$' },
}

describe('why a broker refuses', () => {
  const connections: [string, unknown, string, boolean][] = [
    [
      'a login',
      new Error(
        'Handshake terminated by server: 403 (ACCESS-REFUSED) with message "ACCESS_REFUSED - Login was refused"',
      ),
      'BUS_LOGIN_REFUSED',
      false,
    ],
    [
      'a virtual host',
      new Error('Expected ConnectionOpenOk; got <ConnectionClose channel:0>'),
      'BUS_VHOST_REFUSED',
      false,
    ],
    [
      'a port where nobody listens',
      withCode('connect ECONNREFUSED 10.0.0.1:5672', 'ECONNREFUSED'),
      'BUS_UNREACHABLE',
      true,
    ],
    ['a name', withCode('getaddrinfo ENOTFOUND ctl9', 'ENOTFOUND'), 'BUS_HOST_UNKNOWN', true],
    ['silence', new Error('connect ETIMEDOUT'), 'BUS_UNREACHABLE', true],
    ['a certificate', withCode('self-signed certificate', 'DEPTH_ZERO_SELF_SIGNED_CERT'), 'BUS_TLS', false],
    [
      'a server name',
      withCode("Hostname/IP does not match certificate's altnames", 'ERR_TLS_CERT_ALTNAME_INVALID'),
      'BUS_TLS',
      false,
    ],
    ['TLS on a port without', withCode('wrong version number', 'ERR_SSL_WRONG_VERSION_NUMBER'), 'BUS_TLS', false],
    ['a closed socket', new Error('Socket closed abruptly during opening handshake'), 'BUS_HANDSHAKE', true],
    ['something else', new Error('odd'), 'BUS_CONNECTION', true],
  ]
  for (const [what, thrown, code, retryable] of connections) {
    it(`a connection: ${what} is ${code}, which ${retryable ? 'may pass' : 'needs a person'}`, () => {
      const error = connectionRefusal(thrown, 'ctl1:5672', 'cloud', ['pass-word'])
      assert.equal(error.code, code)
      assert.equal(error.retryable, retryable)
      assert.match(error.message, /ctl1:5672/)
    })
  }

  it('never shows the password, nor control characters', () => {
    const error = connectionRefusal(new Error('broken pass-word\u001b[31m'), 'ctl1:5672', '/', ['pass-word'])
    assert.doesNotMatch(error.message, /pass-word/)
    assert.ok(!error.message.includes('\u001b'))
  })

  it('a right: the error ends with the command that grants it', () => {
    const error = channelRefusal(
      withCode(
        "Operation failed: QueueDeclare; 403 (ACCESS-REFUSED) with message \"ACCESS_REFUSED - access to queue 'osx' in vhost '/' refused for user 'x'\"",
        403,
      ),
      attempt,
    )
    assert.equal(error.code, 'BUS_RIGHTS')
    assert.equal(error.retryable, false)
    assert.ok(
      error.message.endsWith(`rabbitmqctl set_permissions -p '/' 'o'\\''brien' '^(osx)$' '^(osx)$' '^(osx|neutron)$'`),
      error.message,
    )
  })

  const differences: [string, string, string, string, string][] = [
    [
      `inequivalent arg 'durable' for queue 'q1' in vhost '/': received 'false' but current is 'true'`,
      'q1',
      'durable',
      'false',
      'true',
    ],
    [
      `inequivalent arg 'x-max-length' for queue 'q.1' in vhost 'a': received none but current is the value '10' of type 'byte'`,
      'q.1',
      'x-max-length',
      'none',
      '10',
    ],
    [
      `inequivalent arg 'x-queue-type' for queue 'q' in vhost '/': received the value 'quorum' of type 'longstr' but current is none`,
      'q',
      'x-queue-type',
      'quorum',
      'none',
    ],
    [
      `inequivalent arg 'x-dead-letter-exchange' for queue 'q' in vhost '/': received the value '' of type 'longstr' but current is none`,
      'q',
      'x-dead-letter-exchange',
      '""',
      'none',
    ],
  ]
  for (const [text, queue, argument, wanted, current] of differences) {
    it(`a queue that differs in ${argument}: the argument is named`, () => {
      const message = `Operation failed: QueueDeclare; 406 (PRECONDITION-FAILED) with message "PRECONDITION_FAILED - ${text}"`
      assert.deepEqual(queueDifference(message), { queue, argument, wanted, current })
      const error = channelRefusal(withCode(message, 406), attempt)
      assert.equal(error.code, 'BUS_QUEUE_DIFFERS')
      assert.match(error.message, /use the queue as it is/)
    })
  }

  it('another precondition is no difference of the queue', () => {
    const message =
      'Channel closed by server: 406 (PRECONDITION-FAILED) with message "PRECONDITION_FAILED - unknown delivery tag 7"'
    const error = channelRefusal(withCode(message, 406), attempt)
    assert.equal(error.code, 'BUS_PRECONDITION')
    assert.equal(error.retryable, true)
  })

  it('a lock and a missing queue may pass', () => {
    assert.equal(channelRefusal(withCode('405 (RESOURCE-LOCKED)', 405), attempt).code, 'BUS_QUEUE_LOCKED')
    assert.equal(channelRefusal(withCode('404 (NOT-FOUND)', 404), attempt).code, 'BUS_MISSING')
  })
})

describe('the command that grants rights', () => {
  it('matches exactly the names, whatever they contain', () => {
    const pattern = new RegExp(exactly(['osx.cloud+1', 'a|b']))
    for (const name of ['osx.cloud+1', 'a|b']) assert.match(name, pattern)
    for (const name of ['osxxcloud+1', 'a', 'osx.cloud+11']) assert.doesNotMatch(name, pattern)
  })

  it('quotes for the shell', () => {
    const command = grantCommand({ user: 'u', vhost: "it's", configure: '^$', write: '^$', read: '^$' })
    assert.equal(command, `rabbitmqctl set_permissions -p 'it'\\''s' 'u' '^$' '^$' '^$'`)
  })
})
