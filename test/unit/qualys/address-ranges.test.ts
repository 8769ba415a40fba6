import assert from 'node:assert/strict'
import {
  addressesIn,
  chunkRanges,
  countAddresses,
  formatRanges,
  ipv4Number,
  ipv4Text,
  mergeAddresses,
  parseRange,
} from '../../../src/qualys/address-ranges'

describe('IPv4 addresses', () => {
  it('become numbers and back', () => {
    for (const text of ['0.0.0.0', '198.51.100.7', '255.255.255.255', '128.0.0.1']) {
      assert.equal(ipv4Text(ipv4Number(text) ?? -1), text)
    }
  })

  it('are nothing else', () => {
    for (const text of ['', '1.2.3', '1.2.3.256', '1.2.3.4/24', '::1', ' 1.2.3.4', '1.2.3.4\n', '0x1.2.3.4']) {
      assert.equal(ipv4Number(text), undefined, text)
    }
  })

  it('are merged with their neighbours, sorted by number, each once, and none is added', () => {
    const merged = mergeAddresses(['10.0.0.10', '10.0.0.2', '10.0.0.9', '10.0.0.2', '9.255.255.255', '10.0.0.0'])
    assert.equal(formatRanges(merged), '9.255.255.255-10.0.0.0,10.0.0.2,10.0.0.9-10.0.0.10')
    assert.deepEqual(addressesIn(merged), ['9.255.255.255', '10.0.0.0', '10.0.0.2', '10.0.0.9', '10.0.0.10'])
  })

  it('are read back from ranges', () => {
    assert.equal(formatRanges([parseRange(' 10.0.0.1 - 10.0.0.3 ') ?? assert.fail()]), '10.0.0.1-10.0.0.3')
    for (const text of ['10.0.0.3-10.0.0.1', '1-2', '10.0.0.1-10.0.0.2-10.0.0.3', '10.0.0.0/8']) {
      assert.equal(parseRange(text), undefined, text)
    }
  })
})

describe('targets for one launch', () => {
  const many = Array.from({ length: 700 }, (_, index) => ipv4Text((ipv4Number('10.1.0.0') ?? 0) + index))

  it('are cut at so many addresses, a range on the border in two', () => {
    const chunks = chunkRanges(mergeAddresses(many), { addresses: 256, bytes: 8192 })
    assert.deepEqual(chunks.map(countAddresses), [256, 256, 188])
    assert.deepEqual(chunks.flatMap(addressesIn), many)
  })

  it('are cut at so many bytes of text', () => {
    const scattered = many.filter((_, index) => index % 2 === 0)
    const chunks = chunkRanges(mergeAddresses(scattered), { addresses: 256, bytes: 100 })
    assert.deepEqual(chunks.flatMap(addressesIn), scattered)
    for (const chunk of chunks) assert.ok(formatRanges(chunk).length <= 100, formatRanges(chunk))
    assert.ok(chunks.length <= Math.ceil(formatRanges(mergeAddresses(scattered)).length / 80))
  })

  it('always fit one address, whatever the limit', () => {
    const chunks = chunkRanges(mergeAddresses(['10.0.0.1', '10.0.0.5']), { addresses: 1, bytes: 1 })
    assert.deepEqual(chunks.map(formatRanges), ['10.0.0.1', '10.0.0.5'])
  })

  it('are none for no addresses', () => {
    assert.deepEqual(chunkRanges(mergeAddresses([]), { addresses: 256, bytes: 8192 }), [])
  })
})
