import assert from 'node:assert/strict'
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { connect as connectTls } from 'node:tls'
import { labClock } from '../../../lab/clock'
import { FrameReader } from '../../../lab/syslog/frames'
import { parseSyslog } from '../../../lab/syslog/message'
import { SyslogReceiver } from '../../../lab/syslog/receiver'
import { type Certificate, makeCertificate } from '../../../lab/tls/certificate'

describe('The pocket cloud’s syslog receiver', () => {
  let certificate: Certificate
  let receiver: SyslogReceiver
  const sockets: Socket[] = []
  before(async () => {
    certificate = await makeCertificate()
  })
  beforeEach(async () => {
    receiver = await SyslogReceiver.listen({ clock: labClock(), certificate, ports: { udp: 0, tcp: 0, tls: 0 } })
  })
  afterEach(async () => {
    for (const socket of sockets.splice(0)) socket.destroy()
    await receiver.close()
  })

  const tcp = async (): Promise<Socket> => {
    const socket = connect(receiver.ports.tcp, '127.0.0.1')
    sockets.push(socket)
    socket.on('error', () => {})
    await once(socket, 'connect')
    return socket
  }
  const received = async (count: number) => {
    await receiver.waitFor(() => receiver.lines.length >= count)
    return receiver.lines.map(({ framing, line }) => [framing, line])
  }

  it('takes datagrams whole', async () => {
    const socket = createSocket('udp4')
    socket.send('<13>1 - - - - - - one\nmore', receiver.ports.udp, '127.0.0.1')
    const line = await receiver.waitFor(() => true)
    socket.close()
    assert.deepEqual([line.transport, line.framing, line.message?.text], ['udp', 'datagram', 'one\nmore'])
  })

  it('tells octet counting from newlines at each message', async () => {
    const socket = await tcp()
    socket.write('22 <13>1 - - - - - - o\nne<13>1 - - - - - - two\n22 <13>1 - - - - - - three')
    assert.deepEqual(await received(3), [
      ['octet-counting', '<13>1 - - - - - - o\nne'],
      ['newline', '<13>1 - - - - - - two'],
      ['octet-counting', '<13>1 - - - - - - thre'],
    ])
  })

  it('reads the same however the bytes arrive', () => {
    const bytes = Buffer.from('7 <13>żab<14>x\n<15>y\n')
    const whole = new FrameReader().push(bytes)
    const reader = new FrameReader()
    const single = [...bytes].flatMap((byte) => reader.push(Buffer.from([byte])))
    assert.deepEqual(single, whole)
    assert.deepEqual(
      whole.map((frame) => frame.bytes.toString()),
      ['<13>ża', 'b<14>x', '<15>y'],
    )
  })

  it('marks a message that the connection broke off in', async () => {
    const socket = await tcp()
    socket.end('<13>1 - - - - - - whole\n<13>1 - - - - - - par')
    await received(2)
    assert.deepEqual(
      receiver.lines.map((line) => line.complete),
      [true, false],
    )
  })

  it('speaks TLS with a certificate that its authority vouches for', async () => {
    const socket = connectTls({ port: receiver.ports.tls, host: '127.0.0.1', ca: certificate.ca })
    sockets.push(socket)
    await once(socket, 'secureConnect')
    assert.equal(socket.authorized, true)
    socket.write('<13>1 - - - - - - sealed\n')
    assert.equal((await receiver.waitFor((line) => line.transport === 'tls')).message?.text, 'sealed')
  })

  it('refuses: connections end at once, with TLS before the handshake', async () => {
    await receiver.behave('tls', 'refuse')
    const socket = connectTls({ port: receiver.ports.tls, host: '127.0.0.1', ca: certificate.ca })
    sockets.push(socket)
    await assert.rejects(once(socket, 'secureConnect'))
  })

  it('goes away and comes back on the same port', async () => {
    const first = await tcp()
    const closed = once(first, 'close')
    await receiver.behave('tcp', 'away')
    await closed
    const refused = connect(receiver.ports.tcp, '127.0.0.1')
    sockets.push(refused)
    const [error] = (await once(refused, 'error')) as [NodeJS.ErrnoException]
    assert.equal(error.code, 'ECONNREFUSED')
    await receiver.behave('tcp', 'accept')
    ;(await tcp()).write('<13>1 - - - - - - back\n')
    assert.equal((await receiver.waitFor(() => true)).message?.text, 'back')
  })

  it('stalls: the sender’s writes stop going through, and all of them arrive when it reads again', async () => {
    const socket = await tcp()
    await receiver.behave('tcp', 'stall')
    const line = `<13>1 - - - - - - ${'x'.repeat(60_000)}\n`
    let sent = 0
    while (sent < 1_000 && (socket.write(line) || socket.writableLength < 4_000_000)) sent++
    assert.ok(socket.writableLength > 1_000_000, 'the system’s buffers are full')
    assert.ok(receiver.lines.length < sent)
    await receiver.behave('tcp', 'accept')
    await receiver.waitFor(() => receiver.lines.length >= sent)
    assert.ok(receiver.lines.every((each) => each.line.length === line.length - 1))
  })

  it('demands a client certificate when told to', async () => {
    const strict = await SyslogReceiver.listen({
      clock: labClock(),
      certificate,
      ports: { udp: 0, tcp: 0, tls: 0 },
      demandClientCertificate: true,
    })
    const options = { port: strict.ports.tls, host: '127.0.0.1', ca: certificate.ca }
    const stranger = connectTls(options)
    sockets.push(stranger)
    stranger.write('<13>1 - - - - - - stranger\n')
    await assert.rejects(once(stranger, 'close').then(([broken]) => assert.equal(broken, false)))
    const known = connectTls({ ...options, key: certificate.clientKey, cert: certificate.clientCert })
    sockets.push(known)
    known.write('<13>1 - - - - - - known\n')
    assert.equal((await strict.waitFor(() => true)).message?.text, 'known')
    await strict.close()
  })
})

describe('Reading a syslog message', () => {
  it('understands RFC 5424 with its structured data', () => {
    const line =
      '<165>1 2026-11-21T10:00:00.123Z host app 42 ID7 [osx@32473 rule="r\\"1\\]" note="a\\\\b"][origin ip="192.0.2.1"] \uFEFFhello [x]'
    assert.deepEqual(parseSyslog(line), {
      form: 'rfc5424',
      facility: 20,
      severity: 5,
      timestamp: '2026-11-21T10:00:00.123Z',
      hostname: 'host',
      application: 'app',
      processId: '42',
      messageId: 'ID7',
      structuredData: { 'osx@32473': { rule: 'r"1]', note: 'a\\b' }, origin: { ip: '192.0.2.1' } },
      text: 'hello [x]',
    })
  })

  it('understands RFC 3164', () => {
    const message = parseSyslog('<13>Nov  1 10:00:00 host osel[7]: osel1.1 {"a": 1}')
    assert.deepEqual(
      [message?.form, message?.application, message?.processId, message?.text],
      ['rfc3164', 'osel', '7', 'osel1.1 {"a": 1}'],
    )
  })

  const bad = [
    'hello',
    '<192>1 - - - - - - x',
    '<13>1 - - - - - x',
    '<13>1 - - - - - [a b="c] x',
    '<013>1 - - - - - - x',
  ]
  for (const line of bad)
    it(`does not take ${JSON.stringify(line)} for one`, () => assert.equal(parseSyslog(line), undefined))
})
