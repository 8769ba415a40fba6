import assert from 'node:assert/strict'
import { after, afterEach, before, beforeEach, describe, it } from 'mocha'
import { labClock } from '../../lab/clock'
import { headerOf } from '../../lab/smtp/mail'
import { listenSmtp, type SmtpService } from '../../lab/smtp/service'
import register from '../../nodes/audit-notify-email/audit-notify-email'
import type { Sent } from '../../src/notify/channel'
import { type Certificates, makeCertificates } from '../support/certificates'
import { NotifyFlows } from '../support/notify-flow'
import { occurrence } from '../support/occurrence'
import { waitFor } from '../support/wait-for'

describe('audit-notify-email', function () {
  this.timeout(60_000)
  const flows = new NotifyFlows()
  let certificates: Certificates
  let server: SmtpService

  before(async () => {
    certificates = makeCertificates()
    await flows.start()
  })
  after(async () => {
    await flows.stop()
    certificates.remove()
  })
  beforeEach(async () => {
    const { cert, key } = certificates.server
    const certificate = { cert, key, ca: certificates.ca, clientCert: '', clientKey: '' }
    server = await listenSmtp({ clock: labClock(), certificate, users: { soc: 'hunter22' }, demandLogin: true })
  })
  afterEach(async () => {
    await flows.unload()
    await server.close()
  })

  const load = (
    changes: Record<string, unknown> = {},
    credentials: Record<string, string> = { password: 'hunter22' },
  ) => {
    const tls = { id: 'n-tls', type: 'tls-config', ca: `${certificates.directory}/ca.pem`, verifyservercert: true }
    const settings = {
      ...{ host: '127.0.0.1', port: String(server.port), security: 'starttls', auth: 'password', user: 'soc' },
      ...{ from: 'audit@example.net', to: 'soc@example.net', tls: 'n-tls', ...changes },
    }
    return flows.load('audit-notify-email', register, settings, credentials, [tls])
  }

  it('sends a mail with the TLS node of the dialog, and hands on what the server said', async () => {
    const { node, sent } = await load()
    node.receive(occurrence('e1'))
    await waitFor('the message', () => sent.length === 1)
    const [mail] = server.mails
    assert.ok(mail !== undefined)
    const { did, id, accepted } = (sent[0]?.['sent'] ?? {}) as Sent
    assert.deepEqual([did, id, accepted], ['sent', headerOf(mail, 'message-id'), ['soc@example.net']])
    assert.deepEqual([mail.encrypted, mail.user], [true, 'soc'])
  })

  it('waits for a person while the password is wrong, and shows it nowhere', async () => {
    const { node, sent, status } = await load({}, { password: 'wrong-hunter22' })
    node.receive(occurrence('e1'))
    await waitFor('the status', () => /535/.test(status().text ?? ''))
    assert.deepEqual([status().fill, status().shape, sent.length], ['red', 'dot', 0])
    const said = node as unknown as Record<'warn' | 'log' | 'error' | 'status', { args: unknown[] }>
    const texts = JSON.stringify([said.warn.args, said.log.args, said.error.args, said.status.args])
    assert.match(texts, /535/)
    assert.doesNotMatch(texts, /hunter22/)
  })

  for (const [what, changes, credentials, pattern] of [
    [
      'all that is missing',
      { host: '', to: '', from: '' },
      {},
      /"password" is missing.*"host" is missing|"host" is missing.*"password" is missing/,
    ],
    ['a TLS node that is not there', { tls: 'gone' }, { password: 'x' }, /TLS configuration does not exist/],
  ] as const) {
    it(`names at deploy ${what}`, async () => {
      const { node, caught, status } = await load(changes, credentials)
      assert.deepEqual([status().fill, status().shape], ['red', 'dot'])
      node.receive(occurrence('e1'))
      await waitFor('the error', () => caught.length > 0)
      const error = caught[0]?.['error'] as { code?: string; message: string }
      assert.match(error.message, pattern)
      assert.equal(server.mails.length, 0)
    })
  }
})
