import assert from 'node:assert/strict'
import { createSocket, type Socket } from 'node:dgram'
import { afterEach, beforeEach, describe, it } from 'mocha'
import type { TransportState } from '../../../src/syslog/transport'
import { UdpTransport } from '../../../src/syslog/udp-transport'
import { systemTimers } from '../../../src/time/timers'
import { waitFor } from '../../support/wait-for'

describe('the syslog datagram transport', () => {
  let receiver: Socket | undefined
  let received: string[]
  let port: number
  let transport: UdpTransport
  let states: TransportState[]

  const listen = (on: number) =>
    new Promise<number>((resolve, reject) => {
      const socket = createSocket('udp4')
      receiver = socket
      socket.once('error', reject)
      socket.on('message', (bytes) => received.push(bytes.toString()))
      socket.bind(on, '127.0.0.1', () => resolve(socket.address().port))
    })
  const hangUp = () => new Promise<void>((resolve) => (receiver === undefined ? resolve() : receiver.close(resolve)))

  beforeEach(async () => {
    received = []
    states = []
    port = await listen(0)
    transport = new UdpTransport({
      host: '127.0.0.1',
      port,
      limits: { lines: 10_000, bytes: 64 * 1024 * 1024 },
      onState: (state) => states.push(state),
      timers: systemTimers,
      random: Math.random,
      reconnecting: { firstMs: 20, capMs: 50, stableMs: 10_000 },
    })
  })

  afterEach(async () => {
    await transport.close(1000)
    await hangUp()
  })

  it('sends one datagram a line', async () => {
    await Promise.all(Array.from({ length: 100 }, (_, index) => transport.write(Buffer.from(`line ${index}`))))
    await waitFor('100 datagrams', () => received.length === 100)
    assert.equal(received[99], 'line 99')
  })

  it('notices that nobody listens here, holds the line and delivers it later', async () => {
    await transport.write(Buffer.from('first'))
    await hangUp()
    const written = transport.write(Buffer.from('second'))
    const away = await waitFor('away', () => states.find((state) => state.kind === 'away'))
    assert.ok(away.kind === 'away' && away.reason === 'connection refused')
    assert.equal(transport.held, 1)
    await listen(port)
    await written
    await waitFor('the held line', () => received.includes('second'))
    assert.equal(states.at(-1)?.kind, 'connected')
  })

  it('refuses what no datagram can carry', async () => {
    await assert.rejects(transport.write(Buffer.alloc(70_000, 'x')), { code: 'SYSLOG_TOO_LONG' })
    await transport.write(Buffer.from('still works'))
    await waitFor('the next one', () => received.includes('still works'))
  })
})
