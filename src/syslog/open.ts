import type { ConnectionOptions } from 'node:tls'
import { systemTimers, type Timers } from '../time/timers'
import { tcpDial, tlsDial } from './dial'
import type { SyslogSettings } from './settings'
import { CONNECT_TIMEOUT_MS, StreamTransport } from './stream-transport'
import { type OnState, RECONNECTING, type Reconnecting, type SyslogTransport } from './transport'
import { UdpTransport } from './udp-transport'

/** The lines alone may be many and short, or few and long. */
const HELD_BYTES = 64 * 1024 * 1024

export interface OpenOptions {
  readonly onState: OnState
  /** What the `tls-config` node adds; ignored without TLS. */
  readonly tls?: ConnectionOptions
  readonly timers?: Timers
  readonly random?: () => number
  readonly reconnecting?: Reconnecting
  /** For TCP and TLS; default 10 s. */
  readonly connectTimeoutMs?: number
}

/** Opens the transport that the settings ask for; it connects at once and as often as needed. */
export function openTransport(settings: SyslogSettings, options: OpenOptions): SyslogTransport {
  const { host, port, transport, framing } = settings
  const common = {
    limits: { lines: settings.hold, bytes: HELD_BYTES },
    onState: options.onState,
    timers: options.timers ?? systemTimers,
    random: options.random ?? Math.random,
    reconnecting: options.reconnecting ?? RECONNECTING,
  }
  const { connectTimeoutMs = CONNECT_TIMEOUT_MS } = options
  switch (transport) {
    case 'udp':
      return new UdpTransport({ ...common, host, port })
    case 'tcp':
      return new StreamTransport({ ...common, framing, connectTimeoutMs, dial: tcpDial(host, port) })
    case 'tls':
      return new StreamTransport({ ...common, framing, connectTimeoutMs, dial: tlsDial(host, port, options.tls ?? {}) })
  }
}
