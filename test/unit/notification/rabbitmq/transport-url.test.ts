import assert from 'node:assert/strict'
import { OperatorError } from '../../../../src/errors/operator-error'
import { parseTransportUrl } from '../../../../src/notification/rabbitmq/transport-url'

const host = (hostname: string, port = 5672, username = 'u', password = 'p') => ({ hostname, port, username, password })

describe('a transport URL', () => {
  const readable: [string, string, Partial<ReturnType<typeof parseTransportUrl>>][] = [
    ['one host', 'rabbit://u:p@ctl1:5672/', { hosts: [host('ctl1')], vhost: '/', tls: false }],
    ['no port', 'rabbit://u:p@ctl1', { hosts: [host('ctl1')], vhost: '/' }],
    ['the alias kombu', 'kombu://u:p@ctl1/nova', { hosts: [host('ctl1')], vhost: 'nova' }],
    [
      'several hosts with their own credentials',
      'rabbit://a:1@ctl1:5671,b:2@ctl2,c:3@[2001:db8::1]:5673/cloud',
      {
        hosts: [host('ctl1', 5671, 'a', '1'), host('ctl2', 5672, 'b', '2'), host('2001:db8::1', 5673, 'c', '3')],
        vhost: 'cloud',
      },
    ],
    ['a trailing comma', 'rabbit://u:p@ctl1,/', { hosts: [host('ctl1')] }],
    ['an IPv6 host without port', 'rabbit://u:p@[::1]/', { hosts: [host('::1')] }],
    ['the virtual host / as a second slash', 'rabbit://u:p@ctl1:5672//', { vhost: '/' }],
    ['the virtual host / percent-encoded', 'rabbit://u:p@ctl1/%2F', { vhost: '/' }],
    ['a virtual host with a slash', 'rabbit://u:p@ctl1/a/b', { vhost: 'a/b' }],
    ['a virtual host with an encoded slash', 'rabbit://u:p@ctl1/a%2Fb', { vhost: 'a/b' }],
    ['encoded credentials', 'rabbit://us%40er:p%3A%2F%2C%25@ctl1/', { hosts: [host('ctl1', 5672, 'us@er', 'p:/,%')] }],
    ['a plain colon and @ in the password', 'rabbit://u:p:q@r@ctl1/', { hosts: [host('ctl1', 5672, 'u', 'p:q@r')] }],
    ['a plain % in the password', 'rabbit://u:50%off%21@ctl1/', { hosts: [host('ctl1', 5672, 'u', '50%off!')] }],
    ['a user without password', 'rabbit://u@ctl1/', { hosts: [host('ctl1', 5672, 'u', '')] }],
    [
      'no credentials',
      'rabbit://ctl1,ctl2/',
      { hosts: [host('ctl1', 5672, 'guest', 'guest'), host('ctl2', 5672, 'guest', 'guest')] },
    ],
    ['ssl=1 keeps port 5672, as oslo does', 'rabbit://u:p@ctl1/?ssl=1', { hosts: [host('ctl1', 5672)], tls: true }],
    ['ssl=False', 'rabbit://u:p@ctl1/?ssl=False', { tls: false }],
    [
      'options for oslo’s driver',
      'rabbit://u:p@ctl1/v?amqp_auto_delete=true&ssl=yes&heartbeat_rate=2',
      { vhost: 'v', tls: true, ignoredOptions: ['amqp_auto_delete', 'heartbeat_rate'] },
    ],
    ['a query without a path', 'rabbit://u:p@ctl1?ssl=true', { vhost: '/', tls: true }],
    ['amqp://', 'amqp://u:p@ctl1/', { hosts: [host('ctl1', 5672)], vhost: '/', tls: false }],
    ['amqps:// with its own port', 'amqps://u:p@ctl1/v', { hosts: [host('ctl1', 5671)], vhost: 'v', tls: true }],
    ['white space around it', '  rabbit://u:p@ctl1/  ', { hosts: [host('ctl1')] }],
  ]
  for (const [what, url, expected] of readable) {
    it(`is read with ${what}`, () => {
      const address = parseTransportUrl(url)
      for (const [member, value] of Object.entries(expected)) {
        assert.deepEqual(address[member as keyof typeof address], value)
      }
    })
  }

  const unreadable: [string, string, RegExp][] = [
    ['nothing', '', /no scheme/],
    ['no scheme', 'ctl1:5672', /no scheme/],
    ['a foreign scheme', 'kafka://u:secret-word@ctl1/', /neither rabbit/],
    ['no host', 'rabbit:///vhost', /names no host/],
    ['a user for some hosts only', 'rabbit://u:secret-word@ctl1,ctl2/', /none for host 2/],
    ['an encoding that is no UTF-8', 'rabbit://u:secret-word%ff@ctl1/', /password of host 1/],
    ['a port that is none', 'rabbit://u:secret-word@ctl1:99999/', /port outside/],
    ['a slash in the password', 'rabbit://u:secret-word/x@ctl1/', /percent-encode/],
    ['an IPv6 address without brackets', 'rabbit://u:secret-word@2001:db8::1/', /brackets/],
  ]
  for (const [what, url, message] of unreadable) {
    it(`is refused with ${what}, without quoting it`, () => {
      assert.throws(
        () => parseTransportUrl(url),
        (error) => {
          assert.ok(error instanceof OperatorError)
          assert.equal(error.code, 'TRANSPORT_URL')
          assert.match(error.message, message)
          assert.doesNotMatch(error.message, /secret-word/)
          return true
        },
      )
    })
  }
})
