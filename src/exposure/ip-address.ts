import { isIP } from 'node:net'

/** An address as a number, so that it can be compared with networks. */
export interface IpAddress {
  readonly family: 4 | 6
  readonly value: bigint
}

/** Undefined for anything but a plain IPv4 or IPv6 address; scopes (`fe80::1%eth0`) are dropped. */
export function parseIpAddress(text: string): IpAddress | undefined {
  const address = text.split('%')[0] ?? ''
  switch (isIP(address)) {
    case 4:
      return { family: 4, value: parseIpv4(address) }
    case 6:
      return { family: 6, value: parseIpv6(address) }
    default:
      return undefined
  }
}

export const BITS: Readonly<Record<4 | 6, number>> = { 4: 32, 6: 128 }

/** The first `length` bits of an address. */
export function networkPart({ family, value }: IpAddress, length: number): bigint {
  return value >> BigInt(BITS[family] - length)
}

function parseIpv4(address: string): bigint {
  return address.split('.').reduce((value, octet) => (value << 8n) | BigInt(octet), 0n)
}

function parseIpv6(address: string): bigint {
  // `::ffff:192.0.2.1` ends in an IPv4 address that stands for two groups.
  const plain = address.replace(/[^:]+\.[^:]+$/, (v4) => {
    const value = parseIpv4(v4)
    return `${(value >> 16n).toString(16)}:${(value & 0xffffn).toString(16)}`
  })
  const [head = '', tail] = plain.split('::')
  const groups = (part: string) => (part === '' ? [] : part.split(':'))
  const left = groups(head)
  const right = tail === undefined ? [] : groups(tail)
  const zeros = Array<string>(tail === undefined ? 0 : 8 - left.length - right.length).fill('0')
  return [...left, ...zeros, ...right].reduce((value, group) => (value << 16n) | BigInt(`0x${group}`), 0n)
}
