import assert from 'node:assert/strict'
import { describe, it } from 'mocha'
import { countedAs, peerOf } from '../../../../src/hermes/page/peer'

type Request = Parameters<typeof peerOf>[0]

function request(from: string, headers: Record<string, string> = {}, encrypted = false): Request {
  return { headers, socket: { remoteAddress: from, ...(encrypted && { encrypted }) } } as unknown as Request
}

describe('who sends a password', () => {
  const cases: [string, Request, boolean, string, boolean][] = [
    ['from this machine', request('127.0.0.1'), false, '127.0.0.1', true],
    ['from this machine over IPv6', request('::1'), false, '::1', true],
    ['from this machine, written as IPv6', request('::ffff:127.0.0.1'), false, '127.0.0.1', true],
    ['from elsewhere over TLS', request('192.0.2.7', {}, true), false, '192.0.2.7', true],
    ['from elsewhere in the clear', request('192.0.2.7'), false, '192.0.2.7', false],
    ['from elsewhere, claiming TLS', request('192.0.2.7', { 'x-forwarded-proto': 'https' }), false, '192.0.2.7', false],
    [
      'through a proxy on this machine that nobody trusts',
      request('127.0.0.1', { 'x-forwarded-for': '192.0.2.7', 'x-forwarded-proto': 'https' }),
      false,
      '127.0.0.1',
      false,
    ],
    ['through a proxy that only says via', request('127.0.0.1', { via: '1.1 x' }), false, '127.0.0.1', false],
    [
      'through a trusted proxy with TLS',
      request('127.0.0.1', { 'x-forwarded-for': '203.0.113.9, 192.0.2.7', 'x-forwarded-proto': 'https' }),
      true,
      '192.0.2.7',
      true,
    ],
    [
      'through a trusted proxy without TLS',
      request('127.0.0.1', { 'x-forwarded-for': '192.0.2.7', 'x-forwarded-proto': 'http' }),
      true,
      '192.0.2.7',
      false,
    ],
    [
      'through a trusted proxy that does not say how it was reached',
      request('10.0.0.1', { 'x-forwarded-for': '192.0.2.7' }, true),
      true,
      '192.0.2.7',
      false,
    ],
    [
      'through a trusted proxy, with a lie in front',
      request('10.0.0.1', { 'x-forwarded-for': '192.0.2.7', 'x-forwarded-proto': 'https, http' }),
      true,
      '192.0.2.7',
      false,
    ],
    [
      'from the machine of the trusted proxy itself',
      request('127.0.0.1', { 'x-forwarded-for': '127.0.0.1', 'x-forwarded-proto': 'http' }),
      true,
      '127.0.0.1',
      true,
    ],
    [
      'from an address with a port',
      request('127.0.0.1', { 'x-forwarded-for': '[2001:DB8::7]:4711', 'x-forwarded-proto': 'https' }),
      true,
      '2001:db8::7',
      true,
    ],
    ['past the trusted proxy, in the clear', request('192.0.2.7'), true, '192.0.2.7', false],
  ]
  for (const [what, from, trusted, address, confidential] of cases) {
    it(`is known ${what}`, () => {
      assert.deepEqual(peerOf(from, trusted), { address, confidential })
    })
  }

  it('is one customer in all of an IPv6 network', () => {
    for (const [address, counted] of [
      ['192.0.2.7', '192.0.2.7'],
      ['2001:db8:0:1::7', '2001:db8:0:1::/64'],
      ['2001:db8:0:1:ffff:1:2:3', '2001:db8:0:1::/64'],
      ['2001:db8::1', '2001:db8:0:0::/64'],
      ['::1', '0:0:0:0::/64'],
      ['fe80::1%eth0', 'fe80:0:0:0::/64'],
    ] as const) {
      assert.equal(countedAs(address), counted)
    }
  })
})
