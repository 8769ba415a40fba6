import assert from 'node:assert/strict'
import { afterEach, beforeEach, describe, it } from 'mocha'
import { demoSns, snsVendor } from '../../../lab/sns/service'
import { undiciClient } from '../../../src/http/undici-client'
import type { Channel, NotifyError } from '../../../src/notify/channel'
import { reportOf } from '../../../src/notify/report'
import { fitSms, smsSize, toGsm } from '../../../src/notify/sns/sms'
import { snsChannelIn } from '../../../src/notify/sns/sns'
import { HOSTILE, hostileReport } from '../../support/hostile-report'
import { occurrence } from '../../support/occurrence'
import { type RunningVendor, startVendor } from '../../support/vendor'

const KEYS = { accessKeyId: demoSns.accessKeyId, secretAccessKey: demoSns.secretAccessKey }

describe('the SNS channel', () => {
  let sns: RunningVendor<ReturnType<typeof snsVendor>>
  const open: Channel[] = []

  beforeEach(async () => {
    sns = await startVendor('sns', snsVendor)
  })
  afterEach(async () => {
    for (const channel of open.splice(0)) await channel.close()
    await sns.close()
  })

  function channel(
    settings: Record<string, unknown> = {},
    credentials: Record<string, string> = KEYS,
    env: Record<string, string> = {},
  ): Channel {
    const opened = snsChannelIn({ env: { AWS_EC2_METADATA_DISABLED: 'true', ...env } }).open(
      { settings: { topic: demoSns.topic, api: sns.url, ...settings }, credentials },
      { http: undiciClient({}), now: () => sns.clock.now().getTime() },
    )
    open.push(opened)
    return opened
  }

  const report = (id = 'e1') => reportOf([occurrence(id)])
  const last = () => {
    const published = sns.vendor.world.published.at(-1)
    assert.ok(published !== undefined, 'it was published')
    return published
  }
  const refused = (sending: Promise<unknown>): Promise<NotifyError> =>
    sending.then(
      () => assert.fail('it was sent'),
      (error: NotifyError) => error,
    )

  describe('a message', () => {
    it('is published to a topic with subject, text and what filter policies need', async () => {
      const sent = await channel().send(report())
      const { subject, message, attributes, target, messageId, group, deduplication } = last()
      assert.deepEqual(sent, { did: 'sent', id: messageId })
      assert.equal(target, demoSns.topic)
      assert.equal(subject, '[info] dana created security group rule rule-e1')
      assert.match(message, /^dana created security group rule rule-e1\n\nEvent: +security_group_rule\.create\.end\n/)
      assert.deepEqual(attributes, { event_type: 'security_group_rule.create.end', severity: 'info' })
      assert.deepEqual([group, deduplication], [undefined, undefined])
      const { request } = sns.received.at(-1) ?? assert.fail('it was received')
      assert.equal(request.headers['content-type'], 'application/x-www-form-urlencoded; charset=utf-8')
      assert.match(request.body, /^Action=Publish&Version=2010-03-31&TopicArn=arn%3Aaws%3Asns/)
      assert.doesNotMatch(request.body, /\+/)
    })

    it('is the event itself, or one text for each protocol, if that is wanted', async () => {
      await channel({ form: 'event' }).send(report())
      assert.deepEqual(JSON.parse(last().message), occurrence('e1').event)
      await channel({ form: 'event' }).send(reportOf([occurrence('e1'), occurrence('e2')]))
      assert.equal((JSON.parse(last().message) as unknown[]).length, 2)
      await channel({ form: 'structured' }).send(report())
      const parts = JSON.parse(last().message) as Record<string, string>
      assert.match(parts['default'] ?? '', /\nWho: +dana\n/)
      assert.equal(parts['sms'], '[info] dana created security group rule rule-e1')
    })

    it('goes to an endpoint of an app', async () => {
      await channel({ way: 'endpoint', endpoint: demoSns.endpoint }).send(report())
      assert.equal(last().target, demoSns.endpoint)
    })

    it('has group and deduplication id on a FIFO topic, which takes it once', async () => {
      const sending = channel({ topic: demoSns.fifoTopic })
      const first = await sending.send(report())
      const again = await sending.send(report())
      assert.deepEqual([last().group, last().deduplication], ['security_group_rule.create.end:rule-e1', 'e1'])
      assert.equal(sns.vendor.world.published.length, 1)
      assert.equal(first.id, again.id)
      await channel({ topic: demoSns.fifoTopic, messageGroup: 'audit' }).send({ ...report('e 2'), ticketKey: 'a b' })
      assert.equal(last().group, 'audit')
      assert.match(last().deduplication ?? '', /^[0-9a-f]{64}$/)
    })

    it('goes to a telephone in as few parts as allowed, with the link whole', async () => {
      const phone = { way: 'phone', phone: '+49 30 123456', region: 'eu-central-1', senderId: 'AUDIT' }
      const linked = { ...report(), title: 'x'.repeat(400), link: { label: 'Open', url: 'https://pce.example.net/' } }
      const sent = await channel(phone).send(linked)
      assert.equal(last().target, '+4930123456')
      assert.deepEqual(sent['sms'], { encoding: 'GSM-7', parts: 2 })
      assert.match(last().message, /^\[info\] x+\.\.\. https:\/\/pce\.example\.net\/$/)
      assert.equal(last().subject, undefined)
      assert.deepEqual(last().attributes, { 'AWS.SNS.SMS.SMSType': 'Transactional', 'AWS.SNS.SMS.SenderID': 'AUDIT' })
      const smiling = { ...report(), title: `${'x'.repeat(100)} 👩‍👩‍👧 é ł` }
      assert.deepEqual((await channel(phone).send(smiling))['sms'], { encoding: 'UCS-2', parts: 2 })
      const plain = await channel({ ...phone, plainSms: true }).send(smiling)
      assert.deepEqual(plain['sms'], { encoding: 'GSM-7', parts: 1 })
    })

    it('holds hostile names inside their places, of any length', async () => {
      for (const length of [HOSTILE.length, 100_000]) {
        for (const settings of [
          {},
          { form: 'structured' },
          { topic: demoSns.fifoTopic },
          { way: 'phone', phone: '+4930123456', region: 'eu-central-1' },
        ]) {
          const count = sns.vendor.world.published.length
          await channel(settings).send(hostileReport(`h-${count}`, length))
          const published = sns.vendor.world.published
          assert.equal(published.length, count + 1)
          assert.doesNotMatch(last().message, /\u202e/)
          assert.doesNotMatch(last().subject ?? '', /[\r\n]|[^\x20-\x7e]/)
        }
      }
      assert.match(
        sns.vendor.world.published[0]?.message ?? '',
        /<script>alert\(1\)<\/script> <!channel> @everyone \{\{ 7 \| times: 6 \}\}/,
      )
    })

    it('is cut to 256 KiB as a text, and refused as an event', async () => {
      await channel().send({ ...report(), filled: { text: '👩‍👩‍👧'.repeat(30_000) } })
      assert.ok(Buffer.byteLength(last().message) <= 262_144)
      assert.match(last().message, /👧…$/u)
      const many = Array.from({ length: 1000 }, (_none, index) => occurrence(`e${index}`))
      const error = await refused(channel({ form: 'event' }).send(reportOf(many)))
      assert.equal(error.kind, 'too_large')
    })
  })

  describe('keys', () => {
    it('come from the environment where the node has none', async () => {
      const env = { AWS_ACCESS_KEY_ID: KEYS.accessKeyId, AWS_SECRET_ACCESS_KEY: KEYS.secretAccessKey }
      await channel({}, {}, env).send(report())
      assert.equal(last().key, KEYS.accessKeyId)
    })

    it('of a session are sent with their token', async () => {
      sns.vendor.world.keys.set('ASIASESSION', { secret: 'session-secret', token: 'session-token' })
      const session = { accessKeyId: 'ASIASESSION', secretAccessKey: 'session-secret', sessionToken: 'session-token' }
      await channel({}, session).send(report())
      assert.equal(last().key, 'ASIASESSION')
    })

    it('that are nowhere hold the messages', async () => {
      const error = await refused(channel({}, {}).send(report()))
      assert.deepEqual([error.kind, error.retryable], ['auth', false])
      assert.match(error.message, /There are no AWS keys/)
    })

    for (const [what, credentials] of [
      ['unknown', { accessKeyId: 'AKIAUNKNOWN', secretAccessKey: 'hunter22-secret' }],
      ['wrong', { ...KEYS, secretAccessKey: 'hunter22-secret' }],
    ] as const) {
      it(`that are ${what} show in no error`, async () => {
        const error = await refused(channel({}, credentials).send(report()))
        assert.equal(error.kind, 'auth', error.message)
        assert.doesNotMatch(`${error.message} ${error.stack} ${String(error.cause)}`, /hunter22/)
      })
    }

    it('are no good with a clock that is wrong', async () => {
      const late = snsChannelIn({ env: {} }).open(
        { settings: { topic: demoSns.topic, api: sns.url }, credentials: KEYS },
        { http: undiciClient({}), now: () => sns.clock.now().getTime() - 3600_000 },
      )
      open.push(late)
      const error = await refused(late.send(report()))
      assert.equal(error.kind, 'auth')
      assert.match(error.message, /clock of this machine/)
    })
  })

  describe('errors', () => {
    const body = (code: string, message = 'because') =>
      `<ErrorResponse xmlns="http://sns.amazonaws.com/doc/2010-03-31/"><Error><Type>Sender</Type><Code>${code}</Code><Message>${message}</Message></Error><RequestId>r</RequestId></ErrorResponse>`
    for (const [status, code, kind, message] of [
      [403, 'AuthorizationError', 'auth'],
      [403, 'AccessDenied', 'auth'],
      [403, 'InvalidClientTokenId', 'auth'],
      [403, 'SignatureDoesNotMatch', 'auth'],
      [403, 'ExpiredToken', 'auth'],
      [403, 'InvalidSecurity', 'auth'],
      [400, 'InvalidParameter', 'invalid'],
      [400, 'InvalidParameter', 'too_large', 'Invalid parameter: Message too long'],
      [400, 'InvalidParameter', 'config', 'Invalid parameter: TopicArn'],
      [400, 'InvalidParameterValue', 'invalid'],
      [400, 'ParameterValueInvalid', 'invalid'],
      [400, 'ValidationException', 'invalid'],
      [404, 'NotFound', 'not_found'],
      [400, 'EndpointDisabled', 'not_found'],
      [400, 'PlatformApplicationDisabled', 'config'],
      [400, 'KMSAccessDenied', 'auth'],
      [400, 'KMSDisabled', 'config'],
      [400, 'KMSInvalidState', 'config'],
      [400, 'KMSNotFound', 'config'],
      [403, 'KMSOptInRequired', 'config'],
      [400, 'KMSThrottling', 'rate_limited'],
      [429, 'Throttled', 'rate_limited'],
      [400, 'Throttling', 'rate_limited'],
      [500, 'InternalError', 'transient'],
      [503, 'ServiceUnavailable', 'transient'],
      [418, 'Unheard', 'invalid'],
    ] as const) {
      it(`calls ${status} ${code}${message === undefined ? '' : ` (${message})`} ${kind}`, async () => {
        sns.faults.add({
          service: 'sns',
          status,
          headers: { 'content-type': 'text/xml', 'retry-after': '3' },
          body: body(code, message),
        })
        const error = await refused(channel().send(report()))
        assert.deepEqual([error.kind, error.retryAfterMs], [kind, 3000], error.message)
        assert.match(error.message, new RegExp(`answered ${status}: ${code}: `))
      })
    }

    for (const [what, answer, kind] of [
      ['no XML', { status: 500, body: 'oops' }, 'transient'],
      ['a page of something between', { status: 200, body: '<html><body>Log in</body></html>' }, 'unknown'],
      ['entities', { status: 400, body: '<!DOCTYPE x [<!ENTITY a "b">]><ErrorResponse/>' }, 'invalid'],
      ['half of it', { status: 200, body: '<PublishResponse><PublishResult>' }, 'unknown'],
      ['nothing', { disconnect: 'before' }, 'unknown'],
    ] as const) {
      it(`calls an answer with ${what} ${kind}`, async () => {
        sns.faults.add({ service: 'sns', ...answer })
        assert.equal((await refused(channel().send(report()))).kind, kind)
      })
    }

    it('are harmless on a FIFO topic when nobody knows whether it was published', async () => {
      sns.faults.add({ service: 'sns', disconnect: 'after', times: 1 })
      const sending = channel({ topic: demoSns.fifoTopic })
      assert.equal((await refused(sending.send(report()))).kind, 'transient')
      await sending.send(report())
      assert.equal(sns.vendor.world.published.length, 1)
    })

    it('of topics that are not there or not ours name what to do', async () => {
      const missing = await refused(channel({ topic: `${demoSns.topic}-2` }).send(report()))
      assert.equal(missing.kind, 'not_found')
      sns.vendor.world.topics.set(demoSns.topic, { subscriptions: 0, publishers: [] })
      const forbidden = await refused(channel().send(report()))
      assert.equal(forbidden.kind, 'auth')
      assert.match(forbidden.message, /Allow sns:Publish/)
      assert.doesNotMatch(forbidden.message, new RegExp(KEYS.accessKeyId))
    })
  })

  describe('settings', () => {
    for (const [settings, complaint] of [
      [{ topic: '' }, /"topic" is missing/],
      [{ topic: 'audit' }, /"topic" is no ARN/],
      [{ topic: demoSns.endpoint }, /"topic" is the ARN of something else/],
      [{ way: 'endpoint', endpoint: demoSns.topic }, /"endpoint" is the ARN of something else/],
      [{ way: 'phone', phone: '030 123456', region: 'eu-central-1' }, /"phone" is no number/],
      [{ way: 'phone', phone: '+4930123456' }, /"region" is missing/],
      [{ region: 'us-east-1' }, /"region" is not that of the ARN/],
      [{ region: 'mars' }, /"region" is no region/],
      [{ api: 'http://sns.example.net/' }, /"api" must begin with https/],
      [{ senderId: '12345' }, /"senderId"/],
      [{ smsParts: '11' }, /"smsParts" must be a whole number from 1 to 10/],
      [{ messageGroup: 'a b' }, /"messageGroup"/],
      [{ way: 'mail' }, /"way" must be one of/],
    ] as const) {
      it(`are found at deploy: ${JSON.stringify(settings)}`, () => {
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

    it('want both halves of a key', () => {
      assert.throws(() => channel({}, { accessKeyId: 'A' }), /the credential "secretAccessKey" is missing/)
    })

    it('are tried without publishing anything', async () => {
      assert.match(
        await channel().test(),
        /keys from the node\. The topic is there, with 2 subscriptions\. Nothing was published\./,
      )
      assert.match(await channel({ way: 'endpoint', endpoint: demoSns.endpoint }).test(), /The endpoint is there\./)
      const phone = channel({ way: 'phone', phone: '+4930123456', region: 'eu-central-1' })
      assert.match(await phone.test(), /The number takes messages\./)
      sns.vendor.world.optedOut.add('+4930123456')
      assert.match(await phone.test(), /has opted out/)
      sns.vendor.world.topics.set(demoSns.topic, { subscriptions: 0, readers: [] })
      assert.match(await channel().test(), /they may not GetTopicAttributes/)
      await assert.rejects(channel({}, { ...KEYS, secretAccessKey: 'wrong-one' }).test(), { code: 'NOTIFY_AUTH' })
      assert.equal(sns.vendor.world.published.length, 0)
    })
  })
})

describe('a text message', () => {
  for (const [text, encoding, parts] of [
    ['', 'GSM-7', 1],
    ['x'.repeat(160), 'GSM-7', 1],
    ['x'.repeat(161), 'GSM-7', 2],
    ['x'.repeat(306), 'GSM-7', 2],
    ['x'.repeat(307), 'GSM-7', 3],
    ['€'.repeat(80), 'GSM-7', 1],
    ['€'.repeat(81), 'GSM-7', 2],
    // 153 is odd: the escape of the last one goes into the next part.
    ['€'.repeat(153), 'GSM-7', 3],
    ['é@£$ÄÖÜß\n', 'GSM-7', 1],
    ['ł', 'UCS-2', 1],
    ['ł'.repeat(70), 'UCS-2', 1],
    ['ł'.repeat(71), 'UCS-2', 2],
    ['😀'.repeat(35), 'UCS-2', 1],
    ['😀'.repeat(36), 'UCS-2', 2],
    ['😀'.repeat(67), 'UCS-2', 3],
    [`${'x'.repeat(159)}😀`, 'UCS-2', 3],
  ] as const) {
    it(`of ${[...text].length} characters (${[...text][0] ?? 'none'}) takes ${parts} of ${encoding}`, () => {
      assert.deepEqual(smsSize(text), { encoding, parts })
    })
  }

  it('is cut at a whole character, and keeps what must stand behind', () => {
    const fitted = fitSms('👩‍👩‍👧'.repeat(30), ' https://x.example.net/', 1)
    assert.match(fitted, /^(?:👩‍👩‍👧)+… https:\/\/x\.example\.net\/$/u)
    assert.equal(smsSize(fitted).parts, 1)
    assert.equal(fitSms('short', ' tail', 1), 'short tail')
    assert.equal(smsSize(fitSms('y'.repeat(5000), 'z'.repeat(3000), 10)).parts, 10)
  })

  it('stays in the cheap alphabet when that is wanted', () => {
    assert.equal(toGsm('“Zoë” – José… 👩‍👩‍👧 ł ☃️ 日 ç'), '"Zoe" - José...  ?  ? c')
    assert.equal(smsSize(toGsm(HOSTILE)).encoding, 'GSM-7')
  })
})
