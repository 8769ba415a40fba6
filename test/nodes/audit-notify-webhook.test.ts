import assert from 'node:assert/strict'
import { after, afterEach, before, beforeEach, describe, it } from 'mocha'
import { labClock } from '../../lab/clock'
import { Faults } from '../../lab/http/faults'
import { type HttpListener, listenHttp } from '../../lab/http/listener'
import { demoHookSecret, webhookVendor } from '../../lab/webhook/service'
import register from '../../nodes/audit-notify-webhook/audit-notify-webhook'
import type { Sent } from '../../src/notify/channel'
import { type Certificates, makeCertificates } from '../support/certificates'
import { NotifyFlows } from '../support/notify-flow'
import { occurrence } from '../support/occurrence'
import { waitFor } from '../support/wait-for'

describe('audit-notify-webhook', function () {
  this.timeout(60_000)
  const flows = new NotifyFlows()
  let certificates: Certificates
  let hook: ReturnType<typeof webhookVendor>
  let listener: HttpListener

  before(async () => {
    certificates = makeCertificates()
    await flows.start()
  })
  after(async () => {
    await flows.stop()
    certificates.remove()
  })
  beforeEach(async () => {
    const clock = labClock()
    hook = webhookVendor({ clock })
    const { server, client, ca } = certificates
    listener = await listenHttp({
      ...{ service: 'webhook', port: 0, clock, faults: new Faults({}), handler: hook.handler, record: () => {} },
      certificate: { cert: server.cert, key: server.key, ca, clientCert: client.cert, clientKey: client.key },
      demandClientCertificate: true,
    })
  })
  afterEach(async () => {
    await flows.unload()
    await listener.close()
  })

  const tls = (client: boolean) => ({
    ...{ id: 'n-tls', type: 'tls-config', ca: `${certificates.directory}/ca.pem`, verifyservercert: true },
    ...(client ? { cert: `${certificates.directory}/client.pem`, key: `${certificates.directory}/client.key` } : {}),
  })
  const load = (changes: Record<string, unknown>, credentials: Record<string, string>, withCertificate = true) =>
    flows.load(
      'audit-notify-webhook',
      register,
      { url: `${listener.origin}/hook`, tls: 'n-tls', ...changes },
      credentials,
      [tls(withCertificate)],
    )

  it('sends a signed CloudEvent with the client certificate of the TLS node', async () => {
    const { node, sent } = await load({}, { signingSecret: demoHookSecret })
    node.receive(occurrence('e1'))
    await waitFor('the message', () => sent.length === 1)
    assert.deepEqual(sent[0]?.['sent'] as Sent, { did: 'sent', status: 202 })
    const [taken] = hook.receiver.taken
    assert.equal(taken?.id, 'e1')
    assert.equal((JSON.parse(taken?.body ?? '') as { type: string }).type, 'security_group_rule.create.end')
  })

  it('gets nothing through without a client certificate, and says what to look at', async () => {
    const { node, sent, status } = await load({ repeatUnknown: true }, { signingSecret: demoHookSecret }, false)
    node.receive(occurrence('e1'))
    await waitFor('the status', () => /certificate|connection/i.test(status().text ?? ''))
    assert.equal(sent.length, 0)
    assert.equal(hook.receiver.taken.length, 0)
  })

  it('shows neither a secret address nor a secret in what it says', async () => {
    hook.receiver.authorization = 'Bearer right'
    const url = `${listener.origin}/s3cretpath-1234`
    const { node, status } = await load({ urlIsSecret: true, auth: 'bearer' }, { secretUrl: url, password: 'hunter22' })
    node.receive(occurrence('e1'))
    await waitFor('the status', () => /401/.test(status().text ?? ''))
    const said = node as unknown as Record<'warn' | 'log' | 'error' | 'status', { args: unknown[] }>
    const texts = JSON.stringify([said.warn.args, said.log.args, said.error.args, said.status.args])
    assert.doesNotMatch(texts, /s3cretpath|hunter22/)
  })

  it('names at deploy all that is missing', async () => {
    const { node, caught, status } = await load({ url: '', auth: 'basic' }, {})
    assert.deepEqual([status().fill, status().shape], ['red', 'dot'])
    node.receive(occurrence('e1'))
    await waitFor('the error', () => caught.length > 0)
    const error = caught[0]?.['error'] as { message: string }
    assert.match(error.message, /"url" is missing; the credential "password" is missing; "user" is missing/)
  })
})
