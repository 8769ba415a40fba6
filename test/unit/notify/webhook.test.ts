import assert from 'node:assert/strict'
import { createHmac } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import { demoHookSecret, webhookVendor } from '../../../lab/webhook/service'
import { undiciClient } from '../../../src/http/undici-client'
import type { Channel, NotifyError } from '../../../src/notify/channel'
import { reportOf } from '../../../src/notify/report'
import { webhookChannel } from '../../../src/notify/webhook/webhook'
import { HOSTILE, hostileReport } from '../../support/hostile-report'
import { type LocalServer, serve } from '../../support/http-server'
import { occurrence } from '../../support/occurrence'
import { type RunningVendor, startVendor } from '../../support/vendor'

interface Got {
  readonly method: string | undefined
  readonly headers: IncomingMessage['headers']
  readonly body: string
}

describe('the web hook channel', () => {
  let server: LocalServer
  let got: Got[]
  let answer: { status: number; headers?: Record<string, string>; body?: string }
  const open: Channel[] = []

  before(async () => {
    server = await serve((request, response) => {
      const chunks: Buffer[] = []
      request.on('data', (chunk: Buffer) => chunks.push(chunk))
      request.on('end', () => {
        got.push({ method: request.method, headers: request.headers, body: Buffer.concat(chunks).toString('utf8') })
        response.writeHead(answer.status, answer.headers).end(answer.body ?? '')
      })
    })
  })
  after(() => server.close())
  beforeEach(() => {
    got = []
    answer = { status: 200 }
  })
  afterEach(async () => {
    for (const channel of open.splice(0)) await channel.close()
  })

  function channel(settings: Record<string, unknown> = {}, credentials: Record<string, string> = {}): Channel {
    const opened = webhookChannel.open(
      { settings: { url: `${server.url}/audit?x=1`, ...settings }, credentials },
      { http: undiciClient({}), now: () => 1_700_000_000_500 },
    )
    open.push(opened)
    return opened
  }

  it('sends a CloudEvent with the CADF event, by which a receiver can tell a repetition', async () => {
    const report = reportOf([occurrence('e1')])
    assert.deepEqual(await channel().send(report), { did: 'sent', status: 200 })
    const [request] = got
    assert.equal(request?.method, 'POST')
    assert.equal(request?.headers['content-type'], 'application/cloudevents+json; charset=utf-8')
    assert.equal(request?.headers['idempotency-key'], 'e1')
    const body = JSON.parse(request?.body ?? '') as Record<string, unknown>
    assert.deepEqual(
      [body['specversion'], body['id'], body['type'], body['source'], body['subject']],
      ['1.0', 'e1', 'security_group_rule.create.end', '/openstack-events/network.controller1', 'rule-e1'],
    )
    assert.deepEqual(body['data'], occurrence('e1').event)
  })

  for (const [form, expected] of [
    ['event', occurrence('e1').event],
    ['template', { text: 'dana created security group rule rule-e1' }],
  ] as const) {
    it(`sends the body in the form "${form}"`, async () => {
      const report = { ...reportOf([occurrence('e1')]), document: { text: 'dana created security group rule rule-e1' } }
      await channel({ form }).send(report)
      assert.deepEqual(JSON.parse(got[0]?.body ?? ''), expected)
    })
  }

  it('sends a group as a list', async () => {
    await channel({ form: 'event', method: 'PUT' }).send(reportOf([occurrence('e1'), occurrence('e2')]))
    assert.equal(got[0]?.method, 'PUT')
    assert.equal((JSON.parse(got[0]?.body ?? '') as unknown[]).length, 2)
  })

  it('signs the bytes that it sends, with both secrets while one replaces the other', async () => {
    const secret = `whsec_${Buffer.from('0123456789abcdef').toString('base64')}`
    await channel({}, { signingSecret: secret, signingSecretBefore: 'old one' }).send(hostileReport())
    const headers = got[0]?.headers ?? {}
    const body = got[0]?.body ?? ''
    const signed = `hostile-1.1700000000.${body}`
    const by = (key: string) => createHmac('sha256', key).update(signed).digest('base64')
    assert.equal(headers['webhook-id'], 'hostile-1')
    assert.equal(headers['webhook-timestamp'], '1700000000')
    assert.equal(headers['webhook-signature'], `v1,${by('0123456789abcdef')} v1,${by('old one')}`)
    const hex = createHmac('sha256', '0123456789abcdef').update(body).digest('hex')
    assert.equal(headers['x-hub-signature-256'], `sha256=${hex}`)
  })

  for (const [settings, credentials, header, value] of [
    [{ auth: 'bearer' }, { password: 'tok' }, 'authorization', 'Bearer tok'],
    [
      { auth: 'basic', user: 'u' },
      { password: 'p:w' },
      'authorization',
      `Basic ${Buffer.from('u:p:w').toString('base64')}`,
    ],
    [{ auth: 'header', authHeader: 'X-Api-Key' }, { password: 'k' }, 'x-api-key', 'k'],
    [{ headers: 'X-Environment: production\n' }, {}, 'x-environment', 'production'],
  ] as const) {
    it(`sends the header ${header} as ${JSON.stringify(settings)} wants it`, async () => {
      await channel(settings, credentials).send(reportOf([occurrence('e1')]))
      assert.equal(got[0]?.headers[header], value)
    })
  }

  it('carries hostile names as they are, inside their strings', async () => {
    await channel().send(hostileReport())
    const { data } = JSON.parse(got[0]?.body ?? '') as { data: { initiator: { name: string } } }
    assert.equal(data.initiator.name, HOSTILE)
  })

  for (const [status, kind] of [
    [301, 'config'],
    [400, 'invalid'],
    [401, 'auth'],
    [404, 'not_found'],
    [408, 'transient'],
    [410, 'not_found'],
    [413, 'too_large'],
    [422, 'invalid'],
    [425, 'transient'],
    [429, 'rate_limited'],
    [500, 'transient'],
    [503, 'transient'],
  ] as const) {
    it(`calls an answer ${status} ${kind}`, async () => {
      answer = { status, headers: { 'retry-after': '7', location: 'https://elsewhere.example.net/' }, body: 'because' }
      await assert.rejects(channel().send(reportOf([occurrence('e1')])), (error: NotifyError) => {
        assert.deepEqual([error.kind, error.retryAfterMs], [kind, 7000])
        assert.match(error.message, /answered \d+: because/)
        return true
      })
      assert.equal(got.length, 1, 'no redirect is followed')
    })
  }

  it('shows no secret in any error', async () => {
    answer = { status: 400, body: 'you sent s3cretpath, Bearer hunter22 and signing99' }
    const secrets = { secretUrl: `${server.url}/s3cretpath`, password: 'hunter22', signingSecret: 'signing99' }
    const sending = channel({ urlIsSecret: true, auth: 'bearer' }, secrets)
    await assert.rejects(sending.send(reportOf([occurrence('e1')])), (error: Error) => {
      assert.doesNotMatch(error.message, /hunter22|signing99|s3cretpath/)
      return true
    })
    assert.doesNotMatch(sending.target, /s3cretpath/)
    const dead = channel({ urlIsSecret: true }, { secretUrl: 'http://127.0.0.1:1/s3cretpath' })
    await assert.rejects(dead.send(reportOf([occurrence('e1')])), (error: NotifyError) => {
      assert.equal(error.kind, 'transient')
      assert.doesNotMatch(error.message, /s3cretpath/)
      return true
    })
  })

  for (const [settings, credentials, complaint] of [
    [{ url: '' }, {}, /"url" is missing/],
    [{ url: 'ftp://x' }, {}, /"url" must begin with https/],
    [{ url: 'http://hooks.example.net/' }, {}, /"url" must begin with https/],
    [{ auth: 'basic' }, {}, /"password" is missing; "user" is missing/],
    [{ headers: 'Host: evil' }, {}, /"headers" has a line/],
    [{ headers: 'no colon' }, {}, /"headers" has a line/],
    [{ method: 'DELETE' }, {}, /"method" must be one of/],
    [{ urlIsSecret: true }, {}, /the credential "secretUrl" is missing/],
    [{ url: 'https://user:pw@hooks.example.net/' }, {}, /"url" holds a user or a password/],
    [{ auth: 'bearer' }, { password: 'a\nb' }, /"password" holds characters that a header cannot/],
    [{ auth: 'header', authHeader: 'Host' }, { password: 'a' }, /"authHeader" is no name/],
  ] as const) {
    it(`says at deploy what is wrong with ${JSON.stringify(settings)}`, () => {
      assert.throws(
        () => channel(settings, credentials),
        (error: { code: string; message: string }) => {
          assert.equal(error.code, 'NOTIFY_CONFIG')
          assert.match(error.message, complaint)
          return true
        },
      )
    })
  }

  it('sends to the address that is shown when the tick for a secret one went', async () => {
    await channel({}, { secretUrl: 'http://127.0.0.1:1/old' }).send(reportOf([occurrence('e1')]))
    assert.equal(got.length, 1)
  })

  it('shows no log-in that the receiver repeats', async () => {
    const encoded = Buffer.from('u:hunter22').toString('base64')
    answer = { status: 400, body: `I do not like ${encoded}` }
    await assert.rejects(
      channel({ auth: 'basic', user: 'u' }, { password: 'hunter22' }).send(hostileReport()),
      (error: Error) => {
        assert.doesNotMatch(error.message, new RegExp(encoded))
        return true
      },
    )
  })

  it('says at the test that the log-in is refused', async () => {
    answer = { status: 401 }
    await assert.rejects(channel({ auth: 'bearer' }, { password: 'tok' }).test(), { code: 'NOTIFY_AUTH' })
  })

  describe('before a receiver that is careful', () => {
    const secret = demoHookSecret
    let hook: RunningVendor<ReturnType<typeof webhookVendor>>
    beforeEach(async () => {
      hook = await startVendor('webhook', webhookVendor)
    })
    afterEach(() => hook.close())
    const at = (settings: Record<string, unknown>, credentials: Record<string, string>, late = 0) => {
      const opened = webhookChannel.open(
        { settings: { url: `${hook.url}/hook`, ...settings }, credentials },
        { http: undiciClient({}), now: () => hook.clock.now().getTime() - late },
      )
      open.push(opened)
      return opened
    }

    it('is taken when it is signed, in every form and with any id', async () => {
      for (const form of ['cloudevents', 'event', 'report', 'template']) {
        for (const id of ['e1', 'a b\r\nx: y', 'ünï', '', 'x'.repeat(5000), '\ud83d']) {
          const count = hook.vendor.receiver.taken.length
          await at({ form }, { signingSecret: secret }).send({ ...hostileReport(), id: `${id}${form}${id}` })
          assert.equal(hook.vendor.receiver.taken.length, count + 1)
        }
      }
    })

    it('is a CloudEvent also with the times and names that libraries write', async () => {
      const { event } = occurrence('e1')
      const changed = { ...event, eventTime: '2026-11-21T06:51:16.590561+0000', target: { ...event.target, id: '' } }
      const observer = { ...event.observer, id: 'a\ud83d b' }
      await at({}, { signingSecret: secret }).send(reportOf([occurrence('e1', { event: { ...changed, observer } })]))
      const body = JSON.parse(hook.vendor.receiver.taken[0]?.body ?? '') as Record<string, unknown>
      assert.deepEqual([body['time'], 'subject' in body], ['2026-11-21T06:51:16.590561+00:00', false])
      await at({}, { signingSecret: secret }).send(
        reportOf([occurrence('e2', { event: { ...changed, id: 'e2', eventTime: 'soon' } })]),
      )
      assert.equal(hook.vendor.receiver.taken.length, 2)
    })

    it('is refused with another secret, without one, and long after it was signed', async () => {
      const kind = (sending: Promise<unknown>) =>
        sending.then(
          () => 'sent',
          (error: NotifyError) => error.kind,
        )
      const report = reportOf([occurrence('e1')])
      assert.equal(await kind(at({}, { signingSecret: 'another' }).send(report)), 'invalid')
      assert.equal(await kind(at({}, {}).send(report)), 'invalid')
      assert.equal(await kind(at({}, { signingSecret: secret }, 600_000).send(report)), 'invalid')
      assert.equal(await kind(at({}, { signingSecret: 'new one', signingSecretBefore: secret }).send(report)), 'sent')
    })

    it('is known again when it comes a second time', async () => {
      hook.faults.add({ service: 'webhook', disconnect: 'after', times: 1 })
      const sending = at({}, { signingSecret: secret })
      await assert.rejects(sending.send(reportOf([occurrence('e1')])), { code: 'NOTIFY_UNKNOWN' })
      await sending.send(reportOf([occurrence('e1')]))
      assert.deepEqual([hook.vendor.receiver.taken.length, hook.vendor.receiver.repeated], [1, 1])
    })
  })

  it('tries its settings without sending anything', async () => {
    answer = { status: 405 }
    assert.match(await channel().test(), /answers \(status 405 to HEAD\)/)
    assert.deepEqual(
      got.map(({ method, body }) => [method, body]),
      [['HEAD', '']],
    )
  })
})
