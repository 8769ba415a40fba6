import assert from 'node:assert/strict'
import type { ConnectionOptions } from 'node:tls'
import { after, afterEach, before, describe, it } from 'mocha'
import { incoming } from '../../src/message/members'
import type { OccurrenceMessage } from '../../src/message/model'
import { linesOf, subjectsOf } from '../../src/syslog/lines'
import { openTransport } from '../../src/syslog/open'
import { readSettings, type SyslogSettings } from '../../src/syslog/settings'
import type { SyslogTransport, TransportState } from '../../src/syslog/transport'
import { parseCef } from '../support/cef'
import { type Certificates, makeCertificates } from '../support/certificates'
import { occurrence } from '../support/occurrence'
import { type ParsedMessage, PrivateRsyslog } from '../support/rsyslog'
import { waitFor } from '../support/wait-for'

type Changes = Record<string, unknown>

describe('syslog to a real rsyslog', function () {
  this.timeout(60_000)
  let certificates: Certificates
  let others: Certificates
  let rsyslog: PrivateRsyslog
  let transport: SyslogTransport | undefined
  let states: TransportState[] = []
  let seen = 0

  before(async () => {
    certificates = makeCertificates()
    others = makeCertificates()
    rsyslog = await PrivateRsyslog.create({ certificates })
    await rsyslog.start()
  })
  after(async () => {
    await rsyslog?.remove()
    certificates?.remove()
    others?.remove()
  })
  afterEach(async () => {
    await transport?.close(1000)
    transport = undefined
    states = []
    seen = rsyslog.messages.length
  })

  const WAYS: Record<string, () => Changes> = {
    'TCP with octet counting': () => ({ transport: 'tcp', port: rsyslog.tcpPort, framing: 'octet-counting' }),
    'TCP with newlines': () => ({ transport: 'tcp', port: rsyslog.tcpPort, framing: 'newline' }),
    TLS: () => ({ transport: 'tls', port: rsyslog.tlsPort }),
    UDP: () => ({ transport: 'udp', port: rsyslog.udpPort, limit: 60_000 }),
  }
  const over = (way: string) => (WAYS[way] as () => Changes)()

  function open(changes: Changes, tls: ConnectionOptions = { ca: certificates.ca }): SyslogSettings {
    const settings = readSettings({ host: 'localhost', ...changes }, 'controller1')
    transport = openTransport(settings, {
      tls,
      onState: (state) => states.push(state),
      reconnecting: { firstMs: 100, capMs: 200, stableMs: 10_000 },
      connectTimeoutMs: 1000,
    })
    return settings
  }

  function write(settings: SyslogSettings, message: object, text?: unknown): Promise<unknown> {
    const msg = message as { readonly [member: string]: unknown }
    const lines = subjectsOf(msg, incoming(msg), settings.format).flatMap((subject) =>
      linesOf(subject, { text }, settings, new Date()),
    )
    return Promise.all(lines.map((line) => (transport as SyslogTransport).write(line.bytes)))
  }

  /** What arrived since the test began. */
  async function arrived(count: number): Promise<ParsedMessage[]> {
    const messages = (await rsyslog.waitForMessages(seen + count)).slice(seen)
    assert.equal(messages.length, count)
    return messages
  }

  const away = () => waitFor('away', () => states.find((state) => state.kind === 'away'))

  for (const way of Object.keys(WAYS)) {
    describe(`over ${way}`, () => {
      it('an event arrives as it was, with every header field', async () => {
        const settings = open(over(way))
        const message = occurrence('6f0c2f5e-0001')
        await write(settings, message)
        const [parsed] = (await arrived(1)) as [ParsedMessage]
        assert.deepEqual(JSON.parse(parsed.msg), message.event)
        assert.equal(parsed.pri, '110')
        assert.equal(parsed.version, '1')
        assert.equal(parsed.timestamp, '2026-11-21T06:51:16.590561+00:00')
        assert.equal(parsed.hostname, 'controller1')
        assert.equal(parsed.appName, 'openstack-events')
        assert.equal(parsed.procId, String(process.pid))
        assert.equal(parsed.msgId, 'security_group_rule.create.end')
        assert.equal(
          parsed.structuredData,
          '[openstack@32473 messageId="6f0c2f5e-0001" eventId="6f0c2f5e-0001" ' +
            'eventType="security_group_rule.create.end" cloud="lab"]',
        )
      })

      it('a hostile text is one message, and forges no other', async () => {
        const settings = open({ ...over(way), format: 'text' })
        await write(settings, occurrence('hostile'), HOSTILE)
        const [parsed] = (await arrived(1)) as [ParsedMessage]
        assert.equal(parsed.msg, `\ufeff${HOSTILE_SHOWN}`)
        assert.equal(parsed.hostname, 'controller1')
      })

      it('hostile names in an event come back as they were', async () => {
        const settings = open(over(way))
        const message = withHostileNames()
        await write(settings, message)
        const [parsed] = (await arrived(1)) as [ParsedMessage]
        assert.deepEqual(JSON.parse(parsed.msg), message.event)
        assert.match(parsed.structuredData, /^\[openstack@32473 messageId="a\\"b\\\\c\\\]d \\\\n<13>1 x" /)
      })

      it('hostile names in CEF and in a template stay in their fields and on their line', async () => {
        const message = withHostileNames()
        await write(open({ ...over(way), format: 'cef' }), message)
        const [cef] = (await arrived(1)) as [ParsedMessage]
        const { header, extensions } = parseCef(cef.msg)
        assert.equal(header[0], 'CEF:0')
        assert.equal(extensions['outcome'], 'success')
        seen += 1
        await transport?.close(1000)
        const template = '{{ topic }} by {{ event.initiator.name }}'
        await write(open({ ...over(way), format: 'template', template, bom: false }), message)
        const [line] = (await arrived(1)) as [ParsedMessage]
        assert.match(line.msg, /^\S+ by /)
        assert.doesNotMatch(line.msg, /[\r\n]/)
        assert.equal(line.hostname, 'controller1')
      })

      it('a long message arrives whole', async () => {
        const settings = open({ ...over(way), format: 'text' })
        const text = `start ${'0123456789'.repeat(4000)} end`
        await write(settings, occurrence('long'), text)
        assert.equal((await arrived(1))[0]?.msg, text)
      })

      it('a hundred messages arrive in order', async () => {
        const settings = open({ ...over(way), format: 'text' })
        await Promise.all(Array.from({ length: 100 }, (_, index) => write(settings, occurrence('n'), `line ${index}`)))
        const messages = await arrived(100)
        assert.deepEqual(
          messages.map(({ msg }) => msg),
          Array.from({ length: 100 }, (_, index) => `line ${index}`),
        )
      })
    })
  }

  it('the older header is understood as well', async () => {
    const settings = open({ ...over('TCP with newlines'), protocol: 'rfc3164', format: 'text', appName: 'osel' })
    await write(settings, occurrence('old'), 'hello\n<13>1 forged')
    const [parsed] = (await arrived(1)) as [ParsedMessage]
    assert.equal(parsed.version, '0')
    assert.equal(parsed.hostname, 'controller1')
    assert.equal(parsed.appName, 'osel')
    assert.equal(parsed.procId, String(process.pid))
    assert.equal(parsed.msg.trim(), 'hello\\n<13>1 forged')
  })

  it('a datagram above the limit is cut and says so', async () => {
    const settings = open({ transport: 'udp', port: rsyslog.udpPort })
    const message = occurrence('big')
    await write(settings, { ...message, event: { ...message.event, tags: ['x'.repeat(5000)] } })
    const [parsed] = (await arrived(1)) as [ParsedMessage]
    const bytes = /truncated="(\d+)"/.exec(parsed.structuredData)?.[1]
    assert.ok(Number(bytes) > 5000, parsed.structuredData)
    assert.ok(parsed.msg.endsWith(`...[truncated, ${bytes} bytes]`))
  })

  for (const way of ['TCP with octet counting', 'TLS']) {
    it(`while the server is away over ${way}, messages are held and arrive when it is back`, async () => {
      const settings = open({ ...over(way), format: 'text' })
      await write(settings, occurrence('a'), 'before')
      await arrived(1)
      await rsyslog.stop()
      await away()
      let taken = 0
      const written = Array.from({ length: 20 }, (_, index) =>
        write(settings, occurrence('a'), `held ${index}`).then(() => {
          taken += 1
        }),
      )
      await new Promise((resolve) => setTimeout(resolve, 300))
      assert.equal(taken, 0, 'nothing counts as written while there is no server')
      assert.equal(transport?.held, 20)
      await rsyslog.start()
      await Promise.all(written)
      const messages = await arrived(21)
      assert.deepEqual(
        messages.map(({ msg }) => msg),
        ['before', ...Array.from({ length: 20 }, (_, index) => `held ${index}`)],
      )
    })
  }

  it('a server that reads nothing slows the sender down and loses nothing', async () => {
    const settings = open({ ...over('TCP with octet counting'), format: 'text' })
    await write(settings, occurrence('a'), 'before')
    await arrived(1)
    rsyslog.freeze()
    let taken = 0
    const text = 'x'.repeat(50_000)
    const written = Array.from({ length: 400 }, (_, index) =>
      write(settings, occurrence('a'), `${index} ${text}`).then(() => {
        taken += 1
      }),
    )
    await new Promise((resolve) => setTimeout(resolve, 500))
    assert.ok(taken < 400, `${taken} of 400 lines (20 MB) counted as taken by a server that reads nothing`)
    rsyslog.thaw()
    await Promise.all(written)
    const messages = await arrived(401)
    assert.equal(new Set(messages.slice(1).map(({ msg }) => msg.split(' ')[0])).size, 400)
  })

  const refusals: [string, () => [Changes, ConnectionOptions], RegExp][] = [
    [
      'an authority that is not ours',
      () => [over('TLS'), { ca: others.ca }],
      /^TLS refused: (its authority is not trusted|its certificate has a wrong signature)$/,
    ],
    [
      'a certificate for another name',
      () => [over('TLS'), { ca: certificates.ca, servername: 'syslog.example.net' }],
      /^TLS refused: its certificate is for another name$/,
    ],
    [
      'a server that wants a client certificate',
      () => [{ transport: 'tls', port: rsyslog.mutualPort }, { ca: certificates.ca }],
      /^TLS refused: /,
    ],
    [
      'a server that does not speak TLS',
      () => [{ transport: 'tls', port: rsyslog.tcpPort }, { ca: certificates.ca }],
      /^TLS refused: no answer during the handshake$/,
    ],
  ]
  for (const [what, given, reason] of refusals) {
    it(`nothing is written to ${what}, and a person is told why`, async function () {
      this.timeout(60_000)
      const [changes, tls] = given()
      const settings = open({ ...changes, format: 'text' }, tls)
      const held = assert.rejects(write(settings, occurrence('secret'), 'not for you'), { code: 'SYSLOG_CLOSED' })
      const state = await away()
      assert.ok(state.kind === 'away')
      assert.match(state.reason, reason)
      assert.equal(state.needsPerson, true)
      await transport?.close(1000)
      await held
      assert.ok(!rsyslog.messages.some(({ msg }) => msg.includes('not for you')))
    })
  }

  it('a client certificate opens the server that wants one', async () => {
    const settings = open(
      { transport: 'tls', port: rsyslog.mutualPort, format: 'text' },
      {
        ca: certificates.ca,
        ...certificates.client,
      },
    )
    await write(settings, occurrence('mutual'), 'with a certificate')
    const [parsed] = (await arrived(1)) as [ParsedMessage]
    assert.equal(parsed.msg, 'with a certificate')
    assert.equal(parsed.input, 'mutual')
  })
})

const HOSTILE =
  'a\n<13>1 2026-11-21T00:00:00Z evil app - - - forged\r\n12 <13>1 x\u0000 "q" ]b[ \\back \u202eLTR\u2066 \u0085\u2028 שלום عربي 😀𝒳 日本'
const HOSTILE_SHOWN =
  'a\\n<13>1 2026-11-21T00:00:00Z evil app - - - forged\\r\\n12 <13>1 x\\u0000 "q" ]b[ \\back \\u202eLTR\\u2066 ' +
  '\\u0085\\u2028 שלום عربي 😀𝒳 日本'

function withHostileNames(): OccurrenceMessage {
  const message = occurrence('h')
  const id = 'a"b\\c]d \n<13>1 x'
  return {
    ...message,
    event: { ...message.event, initiator: { ...message.event.initiator, name: HOSTILE } },
    notification: { ...message.notification, messageId: id },
  }
}
