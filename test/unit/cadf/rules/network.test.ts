import assert from 'node:assert/strict'
import { BlockList, isIP } from 'node:net'
import { describe, it } from 'mocha'
import { covers, parseNetwork } from '../../../../src/cadf/rules/network'
import { seeded } from './random-expressions'

function within(inner: string, outer: string): boolean {
  const [a, b] = [parseNetwork(outer), parseNetwork(inner)]
  assert.ok(a && b, `${inner} in ${outer}`)
  return covers(a, b)
}

describe('A network', () => {
  const inside: readonly [inner: string, outer: string][] = [
    ['10.1.2.3', '10.0.0.0/8'],
    ['10.0.0.0/8', '10.0.0.0/8'],
    ['198.51.100.255', '198.51.100.9/24'],
    ['255.255.255.255', '0.0.0.0/0'],
    ['192.0.2.1', '192.0.2.1'],
    ['2001:db8::1', '2001:db8::/32'],
    ['2001:DB8:0:0:0:0:0:1', '2001:db8::1/128'],
    ['::1', '::/0'],
    ['fe80::1%eth0', 'fe80::/10'],
    ['::ffff:10.1.2.3', '10.0.0.0/8'],
    ['10.1.2.3', '::ffff:10.0.0.0/104'],
    ['64:ff9b::192.0.2.1', '64:ff9b::/96'],
    ['2001:db8::/48', '2001:db8::/32'],
  ]
  for (const [inner, outer] of inside) it(`${outer} holds ${inner}`, () => assert.equal(within(inner, outer), true))

  const outside: readonly [inner: string, outer: string][] = [
    ['11.0.0.0', '10.0.0.0/8'],
    ['10.0.0.0/7', '10.0.0.0/8'],
    ['0.0.0.0/0', '10.0.0.0/8'],
    ['10.1.2.3', '::/0'],
    ['::1', '0.0.0.0/0'],
    ['2001:db9::1', '2001:db8::/32'],
    ['192.0.2.2', '192.0.2.1'],
  ]
  for (const [inner, outer] of outside) {
    it(`${outer} does not hold ${inner}`, () => assert.equal(within(inner, outer), false))
  }

  for (const text of [
    ...['', 'x', '10.0.0', '10.0.0.256', '10.0.0.0/33', '10.0.0.0/', '10.0.0.0/-1', '10.0.0.0/8/8', ' 10.0.0.1'],
    ...[
      '::/129',
      ':::',
      '1::2::3',
      '1:2:3:4:5:6:7',
      '1:2:3:4:5:6:7:8:9',
      '12345::',
      '::1.2.3',
      '1.2.3.4::',
      ':1:2:3:4:5:6:7',
    ],
    ...['1'.repeat(300), 'g::'],
  ]) {
    it(`is not read from ${JSON.stringify(text.slice(0, 40))}`, () => assert.equal(parseNetwork(text), undefined))
  }

  it("is read and compared as by Node's own", () => {
    const random = seeded(4)
    const byte = () => Math.floor(random() * 256)
    const group = () => (random() < 0.4 ? '0' : Math.floor(random() * 65536).toString(16))
    for (let i = 0; i < 2000; i++) {
      const six = random() < 0.5
      const full = six ? Array.from({ length: 8 }, group).join(':') : [byte(), byte(), byte(), byte()].join('.')
      const address = six ? full.replace(/(?:^|:)0(?::0)+(?::|$)/, '::') : full
      const length = Math.floor(random() * (six ? 129 : 33))
      const family = six ? 'ipv6' : 'ipv4'
      assert.equal(isIP(address), six ? 6 : 4, address)
      const list = new BlockList()
      list.addSubnet(address, length, family)
      // Half of the time a neighbour that shares the beginning.
      const other = random() < 0.5 ? address.replace(/[0-9a-f]+$/, six ? group() : String(byte())) : full
      if (isIP(other) === 0) continue
      assert.equal(within(other, `${address}/${length}`), list.check(other, family), `${other} in ${address}/${length}`)
    }
  })
})
