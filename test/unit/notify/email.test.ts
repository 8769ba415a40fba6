import assert from 'node:assert/strict'
import { XMLValidator } from 'fast-xml-parser'
import { afterEach, before, describe, it } from 'mocha'
import { labClock } from '../../../lab/clock'
import { headerOf } from '../../../lab/smtp/mail'
import { listenSmtp, type SmtpFault, type SmtpOptions, type SmtpService } from '../../../lab/smtp/service'
import { type Certificate, makeCertificate } from '../../../lab/tls/certificate'
import { undiciClient } from '../../../src/http/undici-client'
import type { Channel, ChannelMemory, NotifyError, Sent } from '../../../src/notify/channel'
import { emailChannel } from '../../../src/notify/email/email'
import type { Report } from '../../../src/notify/model'
import { reportOf } from '../../../src/notify/report'
import { HOSTILE, hostileReport } from '../../support/hostile-report'
import { type LocalServer, serve } from '../../support/http-server'
import { occurrence } from '../../support/occurrence'
import { waitFor } from '../../support/wait-for'

const NOW = 1_790_000_000_000
const PASSWORD = 'pass w0rd\u00e4'

describe('the mail channel', function () {
  this.timeout(60_000)
  let certificate: Certificate
  let server: SmtpService
  const open: Channel[] = []
  const servers: (SmtpService | LocalServer)[] = []
  let now: number

  before(async () => {
    certificate = await makeCertificate()
  })
  afterEach(async () => {
    for (const channel of open.splice(0)) await channel.close()
    for (const one of servers.splice(0)) await one.close()
  })

  async function start(options: Partial<SmtpOptions> = {}): Promise<SmtpService> {
    now = NOW
    server = await listenSmtp({ clock: labClock(), certificate, users: { soc: PASSWORD }, ...options })
    servers.push(server)
    return server
  }

  function channel(
    settings: Record<string, unknown> = {},
    credentials: Record<string, string> = {},
    memory?: ChannelMemory,
  ): Channel {
    const opened = emailChannel.open(
      {
        settings: {
          host: '127.0.0.1',
          port: String(server.port),
          auth: 'none',
          from: 'Audit <audit@example.net>',
          to: 'soc@example.net',
          ...settings,
        },
        credentials,
      },
      {
        ...{ http: undiciClient({}), tls: () => ({ ca: certificate.ca }), now: () => now },
        ...(memory === undefined ? {} : { memory }),
      },
    )
    open.push(opened)
    return opened
  }

  const report = (id = 'e1') => reportOf([occurrence(id)])
  const refused = (sending: Promise<unknown>): Promise<NotifyError> =>
    sending.then(
      () => assert.fail('it was sent'),
      (error: NotifyError) => error,
    )
  const last = () => {
    const mail = server.mails.at(-1)
    assert.ok(mail !== undefined, 'a mail arrived')
    return mail
  }

  describe('a mail', () => {
    it('holds a text and, after it, well-formed HTML that says the same', async () => {
      await start()
      const linked: Report = { ...report(), link: { label: 'Open', url: 'https://pce.example.net/?a=1&b=2' } }
      await channel().send({ ...linked, suppressed: { count: 3, since: '2026-11-21T06:00:00Z' } })
      const { parts, headers } = last()
      assert.match(headerOf(last(), 'content-type') ?? '', /^multipart\/alternative;/)
      assert.deepEqual(
        parts.map(({ type, charset }) => [type, charset]),
        [
          ['text/plain', 'utf-8'],
          ['text/html', 'utf-8'],
        ],
      )
      const [text = '', html = ''] = parts.map((part) => part.text)
      assert.match(text, /^dana created security group rule rule-e1\r?\n/)
      assert.match(text, /Who: +dana/)
      assert.match(text, /Open: https:\/\/pce\.example\.net\/\?a=1&b=2/)
      assert.match(text, /3 more were held back since 2026-11-21T06:00:00Z\./)
      assert.equal(XMLValidator.validate(html.replace('<!DOCTYPE html>', '')), true)
      assert.match(html, /<a href="https:\/\/pce\.example\.net\/\?a=1&amp;b=2">Open<\/a>/)
      assert.match(html, /<th [^>]*>Who<\/th><td [^>]*>dana<\/td>/)
      assert.match(html, /color:#00529b/)
      assert.match(html, /3 more were held back/)
      assert.equal(headers.filter(([name]) => name === 'subject').length, 1)
    })

    it('has the headers of a mail that a machine wrote, and threads one matter', async () => {
      await start()
      const sending = channel({ cc: 'cc@example.net, "Night, shift" <night@example.net>', replyTo: 'desk@example.net' })
      await sending.send(report('e1'))
      await sending.send({ ...report('e2'), ticketKey: report('e1').ticketKey })
      await sending.send(report('e1'))
      const [first, second, again] = server.mails
      assert.ok(first !== undefined && second !== undefined && again !== undefined)
      const of = (name: string) => [first, second, again].map((mail) => headerOf(mail, name))
      assert.equal(headerOf(first, 'from'), 'Audit <audit@example.net>')
      assert.equal(headerOf(first, 'to'), 'soc@example.net')
      assert.equal(headerOf(first, 'cc'), 'cc@example.net, "Night, shift" <night@example.net>')
      assert.equal(headerOf(first, 'reply-to'), 'desk@example.net')
      assert.equal(headerOf(first, 'subject'), '[info] dana created security group rule rule-e1')
      assert.equal(headerOf(first, 'auto-submitted'), 'auto-generated')
      assert.equal(Date.parse(headerOf(first, 'date') ?? ''), NOW)
      assert.equal(headerOf(first, 'x-mailer'), undefined)
      const [id1, id2, id3] = of('message-id')
      assert.match(id1 ?? '', /^<event\.[0-9a-f]{40}@example\.net>$/)
      assert.notEqual(id1, id2)
      assert.equal(id1, id3, 'the same report has the same id again')
      const [matter1, matter2] = of('references')
      assert.match(matter1 ?? '', /^<matter\.[0-9a-f]{40}@example\.net>$/)
      assert.equal(matter1, matter2)
      assert.deepEqual(first.to, ['soc@example.net', 'cc@example.net', 'night@example.net'])
    })

    it('says to output 1 what the server answered', async () => {
      await start()
      const sent = await channel().send(report())
      assert.deepEqual(
        [sent.did, sent['accepted'], sent.id],
        ['sent', ['soc@example.net'], headerOf(last(), 'message-id')],
      )
      assert.match(String(sent['response']), /^250 queued/)
    })

    it('uses the texts of templates', async () => {
      await start()
      const filled = { subject: 'S: dana', text: 'T <dana>\nsecond', html: '<p>H</p>' }
      await channel().send({ ...report(), filled })
      assert.equal(headerOf(last(), 'subject'), 'S: dana')
      assert.deepEqual(
        last().parts.map(({ text }) => text.trim()),
        ['T <dana>\r\nsecond', '<p>H</p>'],
      )
      await channel().send({ ...report(), filled: { text: filled.text } })
      assert.match(last().parts[1]?.text ?? '', /T &lt;dana&gt;<br\/>second/)
    })

    it('holds hostile names inside their places', async () => {
      await start()
      const hostile = hostileReport()
      const filled = { subject: `x\r\nBcc: evil@example.org\r\n\r\nbody ${HOSTILE}` }
      for (const one of [hostile, { ...hostile, filled }]) {
        await channel().send(one)
        const mail = last()
        assert.deepEqual(mail.to, ['soc@example.net'])
        assert.deepEqual(mail.headers.map(([name]) => name).sort(), [
          'auto-submitted',
          'content-type',
          'date',
          'from',
          'message-id',
          'mime-version',
          'references',
          'subject',
          'to',
        ])
        assert.doesNotMatch(headerOf(mail, 'subject') ?? '', /\u202e/)
        assert.match(headerOf(mail, 'subject') ?? '', /o'neil/)
        const [text = '', html = ''] = mail.parts.map((part) => part.text)
        assert.match(text, /<script>alert\(1\)<\/script> <!channel>/)
        assert.equal(XMLValidator.validate(html.replace('<!DOCTYPE html>', '')), true)
        assert.doesNotMatch(html, /<script|\u202e/)
        assert.match(html, /&lt;script&gt;alert\(1\)&lt;\/script&gt;/)
        assert.match(html, /\{\{ 7 \| times: 6 \}\}/)
      }
    })

    it('stays small and whole with names of 100 kB, of emoji, and of broken surrogates', async () => {
      await start()
      await channel().send(hostileReport('long', 100_000))
      assert.ok(last().raw.length < 60_000, `${last().raw.length}`)
      assert.equal(XMLValidator.validate((last().parts[1]?.text ?? '').replace('<!DOCTYPE html>', '')), true)
      const broken = `${'👩‍👩‍👧'.repeat(60)}\ud83d`
      await channel().send({ ...report(), title: broken, filled: { subject: broken } })
      assert.match(headerOf(last(), 'subject') ?? '', /^(?:👩‍👩‍👧)+/u)
      assert.ok(
        last()
          .raw.split('\r\n')
          .every((line) => line.length <= 998),
      )
    })

    it('reads no file and no address, whatever a text says', async () => {
      await start()
      await channel().send({
        ...report(),
        filled: { text: 'file:///etc/hostname', html: '<img src="file:///etc/hostname"/>' },
      })
      assert.deepEqual(
        last().parts.map(({ text }) => text.trim()),
        ['file:///etc/hostname', '<img src="file:///etc/hostname"/>'],
      )
    })
  })

  describe('the way to the server', () => {
    it('is encrypted by STARTTLS, and by TLS from the start', async () => {
      await start()
      await channel().send(report())
      assert.equal(last().encrypted, true)
      await channel({ security: 'tls', port: String(server.tlsPort) }).send(report('e2'))
      assert.equal(last().encrypted, true)
      assert.equal(server.mails.length, 2)
    })

    it('sends nothing to a server that does not offer STARTTLS', async () => {
      await start({ withoutTls: true })
      const error = await refused(channel().send(report()))
      assert.deepEqual([error.kind, error.code], ['config', 'NOTIFY_CONFIG'])
      assert.equal(server.mails.length, 0)
    })

    it('sends nothing to a server whose certificate it cannot check', async () => {
      await start()
      for (const settings of [{}, { security: 'tls', port: String(server.tlsPort) }]) {
        const untrusting = emailChannel.open(
          {
            settings: {
              host: '127.0.0.1',
              port: String(server.port),
              auth: 'none',
              from: 'a@b.net',
              to: 'c@d.net',
              ...settings,
            },
            credentials: {},
          },
          { http: undiciClient({}), now: () => now },
        )
        open.push(untrusting)
        const error = await refused(untrusting.send(report()))
        assert.equal(error.kind, 'config', error.message)
      }
      assert.equal(server.mails.length, 0)
    })

    it('speaks plainly to this machine, and elsewhere only when that is ticked', async () => {
      await start({ withoutTls: true })
      await channel({ security: 'none' }).send(report())
      assert.equal(last().encrypted, false)
      assert.throws(() => channel({ security: 'none', host: 'mail.example.net' }), /unless "allowPlain" is ticked/)
      channel({ security: 'none', host: 'mail.example.net', allowPlain: true })
    })

    it('shows its client certificate to a server that asks for one', async () => {
      await start({ demandClientCertificate: true })
      const withOne = emailChannel.open(
        {
          settings: {
            host: 'localhost',
            port: String(server.tlsPort),
            security: 'tls',
            auth: 'none',
            from: 'a@b.net',
            to: 'c@d.net',
          },
          credentials: {},
        },
        {
          http: undiciClient({}),
          tls: () => ({ ca: certificate.ca, cert: certificate.clientCert, key: certificate.clientKey }),
          now: () => now,
        },
      )
      open.push(withOne)
      await withOne.send(report())
      assert.equal(server.mails.length, 1)
      await refused(channel({ security: 'tls', port: String(server.tlsPort) }).send(report('e2')))
      assert.equal(server.mails.length, 1)
    })

    it('is kept for the next mail, and ended after a while without one', async () => {
      await start()
      const sending = channel({ idle: '1' })
      await sending.send(report('e1'))
      await sending.send(report('e2'))
      assert.deepEqual([server.connections, ...server.mails.map(({ connection }) => connection)], [1, 1, 1])
      await new Promise((resolve) => setTimeout(resolve, 1500))
      await sending.send(report('e3'))
      assert.equal(server.connections, 2)
    })

    it('is opened again when the server has ended it meanwhile', async () => {
      await start()
      const sending = channel({ idle: '200' })
      await sending.send(report('e1'))
      server.hangUp()
      await sending.send(report('e2'))
      assert.deepEqual([server.mails.length, server.connections], [2, 2])
    })
  })

  describe('logging in', () => {
    it('works with user and password', async () => {
      await start({ demandLogin: true })
      await channel({ auth: 'password', user: 'soc' }, { password: PASSWORD }).send(report())
      assert.deepEqual([last().user, server.logins[0]?.method], ['soc', 'PLAIN'])
    })

    it('is an error where the server offers no way to', async () => {
      await start({ users: {} })
      const error = await refused(channel({ auth: 'password', user: 'soc' }, { password: PASSWORD }).send(report()))
      assert.deepEqual([error.kind, server.mails.length], ['config', 0])
    })

    it('fails for good with a wrong password, and shows it nowhere', async () => {
      await start({ demandLogin: true })
      const sending = channel({ auth: 'password', user: 'soc' }, { password: 'hunter22-hunter22' })
      const error = await refused(sending.send(report()))
      assert.equal(error.kind, 'auth')
      for (const text of [error.message, String(error.cause), error.stack ?? '', sending.target]) {
        assert.doesNotMatch(text, /hunter22|aHVudGVy/)
      }
    })

    it('takes an access token (XOAUTH2), and says when it has ended', async () => {
      await start({ users: {}, tokens: { 'soc@example.net': 'tok-1' }, demandLogin: true })
      const settings = { auth: 'token', user: 'soc@example.net' }
      await channel(settings, { accessToken: 'tok-1' }).send(report())
      assert.deepEqual([last().user, server.logins[0]?.method], ['soc@example.net', 'XOAUTH2'])
      const error = await refused(channel(settings, { accessToken: 'old-token' }).send(report()))
      assert.equal(error.kind, 'auth')
      assert.doesNotMatch(error.message, /old-token/)
    })

    it('fetches access tokens, keeps them, and fetches another when one is refused', async () => {
      const asked: URLSearchParams[] = []
      const endpoint = await serve((request, response) => {
        const chunks: Buffer[] = []
        request.on('data', (chunk: Buffer) => chunks.push(chunk))
        request.on('end', () => {
          asked.push(new URLSearchParams(Buffer.concat(chunks).toString()))
          response.setHeader('content-type', 'application/json')
          const token = asked.length === 1 ? 'revoked' : 'tok-2'
          response.end(JSON.stringify({ access_token: token, expires_in: 3600, refresh_token: `next-${asked.length}` }))
        })
      })
      servers.push(endpoint)
      await start({ users: {}, tokens: { 'soc@example.net': 'tok-2' }, demandLogin: true })
      const settings = {
        auth: 'refresh',
        user: 'soc@example.net',
        tokenUrl: `${endpoint.url}/token`,
        clientId: 'client-1',
        idle: '0',
      }
      const sending = channel(settings, { clientSecret: 'cs-secret', refreshToken: 'rt-secret' })
      await sending.send(report('e1'))
      await sending.send(report('e2'))
      assert.equal(server.mails.length, 2)
      assert.deepEqual(
        asked.map((form) => Object.fromEntries(form)),
        [
          {
            grant_type: 'refresh_token',
            client_id: 'client-1',
            client_secret: 'cs-secret',
            refresh_token: 'rt-secret',
          },
          { grant_type: 'refresh_token', client_id: 'client-1', client_secret: 'cs-secret', refresh_token: 'next-1' },
        ],
      )
      now += 3600_000
      await sending.send(report('e3'))
      assert.equal(asked.length, 3)
    })

    for (const [status, body, kind] of [
      [400, { error: 'invalid_grant' }, 'auth'],
      [401, { error: 'invalid_client' }, 'auth'],
      [429, {}, 'rate_limited'],
      [500, {}, 'transient'],
      [200, { token_type: 'Bearer' }, 'config'],
    ] as const) {
      it(`calls an answer ${status} ${JSON.stringify(body)} of the token endpoint ${kind}`, async () => {
        const endpoint = await serve((_request, response) => {
          response.writeHead(status).end(JSON.stringify({ ...body, error_description: 'rt-secret is gone' }))
        })
        servers.push(endpoint)
        await start({ users: {}, tokens: { soc: 'tok-2' } })
        const settings = { auth: 'refresh', user: 'soc', tokenUrl: endpoint.url, clientId: 'client-1' }
        const error = await refused(channel(settings, { refreshToken: 'rt-secret' }).send(report()))
        assert.equal(error.kind, kind, error.message)
        assert.doesNotMatch(error.message, /rt-secret/)
      })
    }
  })

  describe('recipients', () => {
    const three = { to: 'a@example.net, b@example.net', cc: 'c@example.net' }

    it('are refused one by one; the others get the mail, and the refused ones are named', async () => {
      await start()
      server.faults.push({ at: 'recipient', recipient: 'b@example.net', reply: '550 5.1.1 No such user' })
      const sent = await channel(three).send(report())
      assert.deepEqual(last().to, ['a@example.net', 'c@example.net'])
      assert.deepEqual([sent.did, sent['accepted']], ['sent', ['a@example.net', 'c@example.net']])
      assert.match(sent.incomplete ?? '', /^b@example\.net \(550 5\.1\.1 No such user\)$/)
    })

    it('that are put off are tried again, and the others do not get it twice', async () => {
      await start()
      server.faults.push({ at: 'recipient', recipient: 'b@example.net', reply: '450 4.2.0 Greylisted', times: 1 })
      const sending = channel(three)
      const error = await refused(sending.send(report()))
      assert.equal(error.kind, 'transient')
      const sent = await sending.send(report())
      assert.deepEqual(
        server.mails.map(({ to }) => to),
        [['a@example.net', 'c@example.net'], ['b@example.net']],
      )
      assert.deepEqual(
        [sent['accepted'], sent.incomplete],
        [['a@example.net', 'c@example.net', 'b@example.net'], undefined],
      )
    })

    it('that have it do not get it again when the process ended before the next try', async () => {
      await start()
      server.faults.push({ at: 'recipient', recipient: 'b@example.net', reply: '450 4.2.0 Greylisted', times: 1 })
      const kept = new Map<string, unknown>()
      const memory: ChannelMemory = {
        get: async (key) => kept.get(key),
        put: async (key, value) => void kept.set(key, JSON.parse(JSON.stringify(value))),
        forget: async (key) => void kept.delete(key),
      }
      const again = () => channel(three, {}, memory)
      assert.equal((await refused(again().send(report()))).kind, 'transient')
      await again().send(report())
      await again().send(report('e2'))
      assert.deepEqual(
        server.mails.map(({ to }) => to.length),
        [2, 1, 3],
      )
      assert.equal(kept.size, 0)
    })

    it('that are put off for long no longer hold the others', async () => {
      await start()
      server.faults.push({ at: 'recipient', recipient: 'b@example.net', reply: '452 4.2.2 Mailbox full' })
      const sending = channel(three)
      assert.equal((await refused(sending.send(report('e1')))).kind, 'transient')
      now += 11 * 60_000
      const held = await sending.send(report('e1'))
      assert.match(held.incomplete ?? '', /^b@example\.net \(452 4\.2\.2 Mailbox full\)$/)
      const next = await sending.send(report('e2'))
      assert.match(next.incomplete ?? '', /b@example\.net/)
      assert.deepEqual(
        server.mails.map(({ to }) => to.length),
        [2, 2],
      )
      server.faults.splice(0)
      assert.equal((await sending.send(report('e3'))).incomplete, undefined)
    })

    for (const [reply, kind] of [
      ['550 5.1.1 No such user', 'not_found'],
      ['553 5.1.3 Bad address', 'not_found'],
      ['554 5.7.1 Relay access denied', 'auth'],
      ['530 5.7.0 Authentication required', 'auth'],
      ['450 4.2.0 Greylisted', 'transient'],
      ['452 4.5.3 Too many recipients', 'transient'],
      ['552 5.2.2 Mailbox full', 'transient'],
    ] as const) {
      it(`make it ${kind} when all are refused with ${reply}`, async () => {
        await start()
        server.faults.push({ at: 'recipient', reply })
        const error = await refused(channel(three).send(report()))
        assert.equal(error.kind, kind, error.message)
        assert.match(error.message, /a@example\.net \(/)
      })
    }
  })

  describe('errors', () => {
    for (const [at, reply, kind] of [
      ['connect', '421 4.3.2 Too busy', 'transient'],
      ['connect', '554 5.7.1 Your address is blocked', 'config'],
      ['sender', '451 4.3.0 Try later', 'transient'],
      ['sender', '550 5.1.8 Sender not allowed', 'config'],
      ['sender', '552 5.3.4 Message too big', 'too_large'],
      ['login', '454 4.7.0 Temporary failure', 'transient'],
      ['login', '535 5.7.8 Wrong', 'auth'],
      ['login', '534 5.7.9 Application-specific password required', 'auth'],
      ['data', '451 4.3.0 Try later', 'transient'],
      ['data', '550 5.7.1 Looks like spam', 'invalid'],
      ['data', '554 5.6.0 Malformed', 'invalid'],
      ['data', '552 5.3.4 Message too big', 'too_large'],
      ['data', '552 5.2.2 Mailbox full', 'transient'],
      ['data', 'cut', 'unknown'],
      ['sender', 'cut', 'transient'],
      ['connect', 'cut', 'transient'],
    ] as const) {
      it(`calls ${reply} at ${at} ${kind}`, async () => {
        await start()
        const fault: SmtpFault = { at, reply }
        server.faults.push(fault)
        const error = await refused(channel({ auth: 'password', user: 'soc' }, { password: PASSWORD }).send(report()))
        assert.equal(error.kind, kind, error.message)
        assert.equal(error.code, `NOTIFY_${kind.toUpperCase()}`)
        assert.doesNotMatch(error.message, /pass w0rd/)
        server.faults.splice(0)
        await channel({ auth: 'password', user: 'soc' }, { password: PASSWORD }).send(report())
      })
    }

    it('names a mail that is larger than the server takes before sending it', async () => {
      await start({ size: 1000 })
      const error = await refused(channel().send({ ...report(), filled: { text: 'x'.repeat(5000) } }))
      assert.equal(error.kind, 'too_large')
      assert.equal(server.mails.length, 0)
    })

    it('waits for a server that is not there', async () => {
      await start()
      const port = server.port
      await server.close()
      servers.splice(0)
      const error = await refused(channel({ port: String(port) }).send(report()))
      assert.equal(error.kind, 'transient')
    })
  })

  describe('settings', () => {
    for (const [settings, complaint] of [
      [{ host: '' }, /"host" is missing/],
      [{ host: 'mail.example.net/x' }, /"host" is no name/],
      [{ port: '0' }, /"port" must be a whole number from 1/],
      [{ from: '' }, /"from" is missing/],
      [{ from: 'nobody' }, /"from" is no mail address/],
      [{ from: 'a@b.net>\r\nRCPT TO:<x@y.net' }, /"from" is no mail address/],
      [{ to: '' }, /"to" is missing/],
      [{ to: 'soc@example.net, not one' }, /"to" holds what is no mail address: not one/],
      [{ to: 'a b@example.net' }, /"to" holds/],
      [{ to: '"x y"@example.net' }, /"to" holds/],
      [{ to: 'a@-example.net' }, /"to" holds/],
      [{ cc: 'a@b@c' }, /"cc" holds/],
      [{ to: Array.from({ length: 101 }, (_none, index) => `u${index}@example.net`).join(';') }, /more than 100/],
      [{ replyTo: 'x' }, /"replyTo" is no mail address/],
      [{ helo: 'a b' }, /"helo"/],
      [{ auth: 'password' }, /"user" is missing; the credential "password" is missing/],
      [{ auth: 'token', user: 'u' }, /"accessToken" is missing/],
      [
        { auth: 'refresh', user: 'u', tokenUrl: 'http://x.example.net/' },
        /"refreshToken" or "clientSecret" is missing; "tokenUrl" must begin with https:\/\/; "clientId" is missing/,
      ],
      [{ security: 'maybe' }, /"security" must be one of/],
    ] as const) {
      it(`are found at deploy: ${JSON.stringify(settings).slice(0, 80)}`, async () => {
        await start()
        assert.throws(
          () => channel(settings),
          (error: { code: string; message: string }) => {
            assert.equal(error.code, 'NOTIFY_CONFIG')
            assert.match(error.message, complaint)
            return true
          },
        )
      })
    }

    it('take names in other scripts, and domains too', async () => {
      await start()
      await channel({ to: 'Jürgen Müller <jm@münchen.example>' }).send(report())
      assert.match(headerOf(last(), 'to') ?? '', /<jm@xn--mnchen-3ya\.example>$/)
      assert.match(headerOf(last(), 'to') ?? '', /^Jürgen Müller </)
    })

    it('are tried without sending anything', async () => {
      await start({ size: 5_000_000 })
      const sending = channel({ auth: 'password', user: 'soc' }, { password: PASSWORD })
      const said = await sending.test()
      assert.match(said, /answers over TLS, took the log-in and takes mails up to 4882 KiB\. It offers PLAIN, LOGIN\./)
      assert.equal(server.mails.length, 0)
      await waitFor('the connection is ended', () => (server.connections === 1 ? true : undefined))
      const wrong = channel({ auth: 'password', user: 'soc' }, { password: 'nonsense' })
      await assert.rejects(wrong.test(), { code: 'NOTIFY_AUTH' })
      const sent: Sent = await sending.send(report())
      assert.equal(sent.did, 'sent')
    })
  })
})
