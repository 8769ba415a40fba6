import type { IncomingMessage } from 'node:http'
import { isIPv4, isIPv6 } from 'node:net'

/** The other end of a request, as far as it matters to whoever sends a password. */
export interface Peer {
  /** Of the person's machine where a trusted proxy tells it, else of whoever is connected. */
  readonly address: string
  /** A password sent this way cannot be read on the way: TLS from end to end, or it never leaves the machine. */
  readonly confidential: boolean
}

/** Headers that only something in between adds. */
const SIGNS_OF_A_PROXY = ['forwarded', 'via', 'x-forwarded-for', 'x-forwarded-host', 'x-forwarded-proto', 'x-real-ip']

/**
 * Who is at the other end. Without a trusted proxy its headers are worth nothing: anybody can write them. They still show
 * that something is in between, and then a connection from this very machine is no longer the person's own.
 *
 * @param trustProxy whether `X-Forwarded-Proto` and the last entry of `X-Forwarded-For` are written by a proxy of the
 *   operator's, which replaces what came with the request
 */
export function peerOf(request: Pick<IncomingMessage, 'headers' | 'socket'>, trustProxy: boolean): Peer {
  const { headers, socket } = request
  const connected = plainAddress(socket.remoteAddress ?? '')
  const encrypted = 'encrypted' in socket && socket.encrypted === true
  const proxied = SIGNS_OF_A_PROXY.some((name) => headers[name] !== undefined)
  if (!proxied) return { address: connected, confidential: encrypted || isLoopback(connected) }
  if (!trustProxy) return { address: connected, confidential: encrypted }
  const protocol = last(headers['x-forwarded-proto'])?.toLowerCase()
  const address = plainAddress(last(headers['x-forwarded-for']) ?? connected)
  // What the proxy does not say is taken for the worse.
  return {
    address,
    confidential: protocol === 'https' || (headers['x-forwarded-for'] !== undefined && isLoopback(address)),
  }
}

function last(header: string | string[] | undefined): string | undefined {
  const text = Array.isArray(header) ? header.join(',') : header
  return text?.split(',').at(-1)?.trim() || undefined
}

/** Without the brackets and port that some proxies write; IPv4 in IPv6 as IPv4. */
function plainAddress(text: string): string {
  const bare = /^\[([^\]]+)\](?::\d+)?$/.exec(text)?.[1] ?? /^([\d.]+):\d+$/.exec(text)?.[1] ?? text
  return /^::ffff:([\d.]+)$/i.exec(bare)?.[1] ?? bare.toLowerCase()
}

function isLoopback(address: string): boolean {
  return address === '::1' || (isIPv4(address) && address.startsWith('127.'))
}

/** What attempts are counted under: an IPv6 customer has a whole /64 to send from. */
export function countedAs(address: string): string {
  if (!isIPv6(address)) return address
  const [head = '', tail] = address.split('%')[0]?.split('::') ?? []
  const before = head === '' ? [] : head.split(':')
  const after = tail === undefined || tail === '' ? [] : tail.split(':')
  const zeros = tail === undefined ? [] : Array<string>(Math.max(0, 8 - before.length - after.length)).fill('0')
  const groups = [...before, ...zeros, ...after].slice(0, 4)
  return `${groups.map((group) => Number.parseInt(group, 16).toString(16)).join(':')}::/64`
}
