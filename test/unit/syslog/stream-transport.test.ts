import assert from 'node:assert/strict'
import { afterEach, beforeEach, describe, it } from 'mocha'
import { tcpDial } from '../../../src/syslog/dial'
import { type StreamOptions, StreamTransport } from '../../../src/syslog/stream-transport'
import type { TransportState } from '../../../src/syslog/transport'
import { systemTimers } from '../../../src/time/timers'
import { ByteServer } from '../../support/byte-server'
import { waitFor } from '../../support/wait-for'

describe('the syslog stream transport', () => {
  let server: ByteServer
  let transport: StreamTransport | undefined
  let states: TransportState[]

  beforeEach(async () => {
    server = new ByteServer()
    await server.start()
    states = []
  })

  afterEach(async () => {
    await transport?.close(1000)
    await server.stop()
  })

  function open(changes: Partial<StreamOptions> = {}): StreamTransport {
    transport = new StreamTransport({
      dial: tcpDial('127.0.0.1', server.port),
      framing: 'newline',
      limits: { lines: 10_000, bytes: 64 * 1024 * 1024 },
      onState: (state) => states.push(state),
      timers: systemTimers,
      random: Math.random,
      reconnecting: { firstMs: 20, capMs: 50, stableMs: 10_000 },
      ...changes,
    })
    return transport
  }

  const write = (text: string) => (transport as StreamTransport).write(Buffer.from(text))
  const reached = (kind: TransportState['kind']) =>
    waitFor(`state ${kind}`, () => states.find((state) => state.kind === kind))

  it('answers when the bytes were taken, and not before there is a connection', async () => {
    await server.stop()
    open()
    let answered = false
    const written = write('early').then(() => {
      answered = true
    })
    await reached('away')
    assert.equal(answered, false)
    assert.equal(transport?.held, 1)
    await server.start()
    await written
    await waitFor('the line', () => server.lines.length === 1)
    assert.equal(transport?.held, 0)
  })

  it('writes lines in order over one connection', async () => {
    open()
    await Promise.all(Array.from({ length: 500 }, (_, index) => write(`line ${index}`)))
    await waitFor('500 lines', () => server.lines.length === 500)
    assert.deepEqual(
      server.lines,
      Array.from({ length: 500 }, (_, index) => `line ${index}`),
    )
    assert.equal(server.connections, 1)
  })

  it('gathers the lines of one turn into one write', async () => {
    open()
    await reached('connected')
    const before = server.chunks
    await Promise.all(Array.from({ length: 100 }, (_, index) => write(`line ${index}`)))
    await waitFor('100 lines', () => server.lines.length === 100)
    assert.equal(server.chunks - before, 1)
  })

  it('holds lines while the server is away and delivers them in order when it returns', async () => {
    open()
    await write('first')
    await waitFor('the first line', () => server.lines.length === 1)
    await server.stop()
    await reached('away')
    const held = Promise.all([write('second'), write('third')])
    assert.equal(transport?.held, 2)
    await server.start()
    await held
    await waitFor('three lines', () => server.lines.length === 3)
    assert.deepEqual(server.lines, ['first', 'second', 'third'])
  })

  it('says why it is away and when it tries next', async () => {
    await server.stop()
    open()
    const away = await reached('away')
    assert.ok(away.kind === 'away')
    assert.equal(away.reason, 'connection refused')
    assert.equal(away.needsPerson, false)
    assert.ok(away.retryInMs <= 20)
  })

  it('writes again what had not been taken when the connection broke', async () => {
    server.pause()
    open()
    const big = 'x'.repeat(1024 * 1024)
    const unanswered = new Set(Array.from({ length: 20 }, (_, index) => String(index)))
    const written = Promise.all(
      [...unanswered].map((name) => write(`${name} ${big}`).then(() => unanswered.delete(name))),
    )
    await waitFor('a connection', () => server.connections === 1)
    const open20 = [...unanswered]
    assert.ok(open20.length > 5, 'the socket buffers do not take 20 MB')
    server.cut()
    server.resume()
    await written
    await waitFor('every line that was not taken before', () => {
      const whole = new Set(server.text.split('\n').filter((line) => line.endsWith(big)))
      return open20.every((name) => whole.has(`${name} ${big}`))
    })
    assert.ok(server.connections >= 2)
  })

  it('stops taking when the server reads nothing, says so, and goes on when it reads', async () => {
    server.pause()
    open({ slowAfterMs: 100 })
    const big = 'x'.repeat(1024 * 1024)
    let answered = 0
    const all = Array.from({ length: 20 }, () =>
      write(big).then(() => {
        answered += 1
      }),
    )
    await reached('slow')
    assert.ok(answered < 20, `${answered} lines counted as taken by a server that reads nothing`)
    server.resume()
    await Promise.all(all)
    await waitFor('20 lines', () => server.lines.length === 20)
    assert.equal(states.at(-1)?.kind, 'connected')
  })

  it('drops a held line when its delivery is taken back', async () => {
    await server.stop()
    open()
    const taken = new AbortController()
    const given = assert.rejects((transport as StreamTransport).write(Buffer.from('gone'), { signal: taken.signal }), {
      code: 'SYSLOG_TAKEN_BACK',
    })
    const kept = write('kept')
    taken.abort()
    await given
    assert.equal(transport?.held, 1)
    await server.start()
    await kept
    await waitFor('a line', () => server.lines.length === 1)
    assert.deepEqual(server.lines, ['kept'])
  })

  it('says that an effect begins only when the bytes leave', async () => {
    await server.stop()
    open()
    let begun = 0
    const written = (transport as StreamTransport).write(Buffer.from('a'), { begin: () => (begun += 1) })
    await reached('away')
    assert.equal(begun, 0)
    await server.start()
    await written
    assert.equal(begun, 1)
  })

  it('is bounded and says so at once', async () => {
    await server.stop()
    open({ limits: { lines: 2, bytes: 1000 } })
    const held = [write('a'), write('b')]
    for (const promise of held) promise.catch(() => {})
    await assert.rejects(write('c'), { code: 'SYSLOG_FULL', retryable: true })
  })

  it('is bounded by bytes as well', async () => {
    await server.stop()
    open({ limits: { lines: 100, bytes: 1000 } })
    write('a'.repeat(900)).catch(() => {})
    await assert.rejects(write('b'.repeat(200)), { code: 'SYSLOG_FULL' })
  })

  it('rejects what it holds when it is closed', async () => {
    await server.stop()
    open()
    const rejected = assert.rejects(write('a'), { code: 'SYSLOG_CLOSED' })
    await transport?.close(1000)
    await rejected
    assert.equal(transport?.held, 0)
    await assert.rejects(write('b'), { code: 'SYSLOG_CLOSED' })
  })

  it('finishes on closing what is on its way', async () => {
    open()
    await reached('connected')
    const written = Promise.allSettled(Array.from({ length: 50 }, (_, index) => write(`line ${index}`)))
    await new Promise((resolve) => setImmediate(resolve))
    await transport?.close(2000)
    const taken = (await written).filter((result) => result.status === 'fulfilled').length
    await waitFor('the lines that counted', () => server.lines.length >= taken)
    assert.equal(taken, 50)
  })

  it('opens no connection after it was closed', async () => {
    await server.stop()
    open()
    await reached('away')
    await transport?.close(1000)
    await server.start()
    await new Promise((resolve) => setTimeout(resolve, 120))
    assert.equal(server.connections, 0)
  })

  it('gives a connection that nobody answers ten seconds at most', async () => {
    const backlog = new ByteServer()
    await backlog.start()
    open({ dial: { ...tcpDial('127.0.0.1', backlog.port), tls: true }, connectTimeoutMs: 50 })
    const away = await reached('away')
    assert.ok(away.kind === 'away' && /no answer during the handshake/.test(away.reason))
    await transport?.close(100)
    await backlog.stop()
  })
})
