import assert from 'node:assert/strict'
import { isGlobal } from '../../../src/exposure/global-address'
import { parseIpAddress } from '../../../src/exposure/ip-address'
import { IPV4_SPECIAL_PURPOSE, IPV6_SPECIAL_PURPOSE } from '../../../src/exposure/special-purpose'

/** Below the block, its first, its last, above the block. */
const boundaries: [
  block: string,
  below: [string, boolean],
  first: [string, boolean],
  last: [string, boolean],
  above: [string, boolean],
][] = [
  ['10.0.0.0/8', ['9.255.255.255', true], ['10.0.0.0', false], ['10.255.255.255', false], ['11.0.0.0', true]],
  ['100.64.0.0/10', ['100.63.255.255', true], ['100.64.0.0', false], ['100.127.255.255', false], ['100.128.0.0', true]],
  ['127.0.0.0/8', ['126.255.255.255', true], ['127.0.0.0', false], ['127.255.255.255', false], ['128.0.0.0', true]],
  [
    '169.254.0.0/16',
    ['169.253.255.255', true],
    ['169.254.0.0', false],
    ['169.254.255.255', false],
    ['169.255.0.0', true],
  ],
  ['172.16.0.0/12', ['172.15.255.255', true], ['172.16.0.0', false], ['172.31.255.255', false], ['172.32.0.0', true]],
  ['192.0.0.0/24', ['191.255.255.255', true], ['192.0.0.0', false], ['192.0.0.255', false], ['192.0.1.0', true]],
  ['192.0.0.9-10', ['192.0.0.8', false], ['192.0.0.9', true], ['192.0.0.10', true], ['192.0.0.11', false]],
  ['192.0.2.0/24', ['192.0.1.255', true], ['192.0.2.0', false], ['192.0.2.255', false], ['192.0.3.0', true]],
  ['192.88.99.0/24', ['192.88.98.255', true], ['192.88.99.0', false], ['192.88.99.255', false], ['192.88.100.0', true]],
  [
    '192.168.0.0/16',
    ['192.167.255.255', true],
    ['192.168.0.0', false],
    ['192.168.255.255', false],
    ['192.169.0.0', true],
  ],
  ['198.18.0.0/15', ['198.17.255.255', true], ['198.18.0.0', false], ['198.19.255.255', false], ['198.20.0.0', true]],
  [
    '198.51.100.0/24',
    ['198.51.99.255', true],
    ['198.51.100.0', false],
    ['198.51.100.255', false],
    ['198.51.101.0', true],
  ],
  ['203.0.113.0/24', ['203.0.112.255', true], ['203.0.113.0', false], ['203.0.113.255', false], ['203.0.114.0', true]],
  ['224.0.0.0/4', ['223.255.255.255', true], ['224.0.0.0', false], ['239.255.255.255', false], ['240.0.0.0', false]],
  ['::/127', ['::', false], ['::', false], ['::1', false], ['::2', false]],
  [
    '::ffff:0:0/96',
    ['::fffe:ffff:ffff', false],
    ['::ffff:0.0.0.0', false],
    ['::ffff:8.8.8.8', false],
    ['::1:0:0:0', false],
  ],
  [
    '64:ff9b::/96',
    ['64:ff9a:ffff::', false],
    ['64:ff9b::', true],
    ['64:ff9b::255.255.255.255', true],
    ['64:ff9b::1:0:0', false],
  ],
  ['2000::/3', ['1fff:ffff::', false], ['2000::', true], ['3fff:ffff::', true], ['4000::', false]],
  ['2001::/23', ['2000:ffff::', true], ['2001::', false], ['2001:1ff:ffff::', false], ['2001:200::', true]],
  ['2001:1::1-3', ['2001:1::', false], ['2001:1::1', true], ['2001:1::3', true], ['2001:1::4', false]],
  ['2001:20::/28', ['2001:1f:ffff::', false], ['2001:20::', true], ['2001:2f:ffff::', true], ['2001:30::', true]],
  ['2001:30::/28', ['2001:2f:ffff::', true], ['2001:30::', true], ['2001:3f:ffff::', true], ['2001:40::', false]],
  ['2001:db8::/32', ['2001:db7:ffff::', true], ['2001:db8::', false], ['2001:db8:ffff::', false], ['2001:db9::', true]],
  ['2002::/16', ['2001:ffff::', true], ['2002::', false], ['2002:ffff::', false], ['2003::', true]],
  ['3fff::/20', ['3ffe:ffff::', true], ['3fff::', false], ['3fff:fff:ffff::', false], ['3fff:1000::', true]],
  ['fc00::/7', ['fbff::', false], ['fc00::', false], ['fdff:ffff::', false], ['fe00::', false]],
  ['fe80::/10', ['fe7f::', false], ['fe80::', false], ['febf:ffff::', false], ['fec0::', false]],
  ['ff00::/8', ['feff::', false], ['ff00::', false], ['ff0e::1', false], ['ff0e::1', false]],
]

describe('Whether an address is globally routable', () => {
  for (const [block, ...edges] of boundaries) {
    it(`at the edges of ${block}`, () => {
      for (const [address, global] of edges) assert.equal(isGlobal(address), global, address)
    })
  }

  it('follows every row of both registries at its first address, unless a longer row says otherwise', () => {
    const rows = [...IPV4_SPECIAL_PURPOSE, ...IPV6_SPECIAL_PURPOSE]
    assert.equal(rows.length, 26 + 25)
    for (const [prefix, reachable] of rows) {
      const [address = ''] = prefix.split('/')
      const longer = rows.some(
        ([other]) => other !== prefix && other.split('/')[0] === address && length(other) > length(prefix),
      )
      if (!longer) assert.equal(isGlobal(address), reachable, prefix)
    }
    function length(prefix: string): number {
      return Number(prefix.split('/')[1])
    }
  })

  it('says yes to ordinary public addresses', () => {
    for (const address of ['8.8.8.8', '1.1.1.1', '185.1.2.3', '2a00:1450:4001::1', '2606:4700::1111']) {
      assert.equal(isGlobal(address), true, address)
    }
  })

  it('says no to what is no address', () => {
    for (const text of ['', 'localhost', '1.2.3', '1.2.3.4/32', '2001:::1', '08.8.8.8', '::g']) {
      assert.equal(isGlobal(text), false, text)
    }
  })

  it('reads every way to write an IPv6 address', () => {
    const value = parseIpAddress('2001:0db8:0000:0000:0000:0000:c000:0201')?.value
    for (const text of [
      '2001:db8::c000:201',
      '2001:DB8::192.0.2.1',
      '2001:db8:0:0:0:0:c000:201',
      '2001:db8::c000:201%eth0',
    ]) {
      assert.equal(parseIpAddress(text)?.value, value, text)
    }
    assert.equal(parseIpAddress('::')?.value, 0n)
    assert.equal(parseIpAddress('1::')?.value, 1n << 112n)
  })
})
