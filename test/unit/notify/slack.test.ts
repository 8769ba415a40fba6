import assert from 'node:assert/strict'
import { DEMO_SLACK, type Slack, slackVendor } from '../../../lab/slack/service'
import { undiciClient } from '../../../src/http/undici-client'
import type { Channel, NotifyError } from '../../../src/notify/channel'
import type { Report } from '../../../src/notify/model'
import { reportOf } from '../../../src/notify/report'
import { kindOfCode } from '../../../src/notify/slack/codes'
import { documentProblem } from '../../../src/notify/slack/document'
import { slackChannel } from '../../../src/notify/slack/slack'
import { compileTexts } from '../../../src/notify/templates/set'
import { SHIPPED } from '../../../src/notify/templates/shipped'
import { HOSTILE, hostileReport } from '../../support/hostile-report'
import { occurrence } from '../../support/occurrence'
import { type RunningVendor, startVendor } from '../../support/vendor'

const HOOK_SECRET = /pocketsecret/
const TOKEN = /pocket-slack-token/

describe('the Slack channel', () => {
  let lab: RunningVendor<Slack>
  const open: Channel[] = []

  beforeEach(async () => {
    lab = await startVendor('slack', slackVendor)
    lab.vendor.perSecond = 100
  })
  afterEach(async () => {
    for (const channel of open.splice(0)) await channel.close()
    await lab.close()
  })

  function channel(settings: Record<string, unknown>, credentials: Record<string, string>): Channel {
    const opened = slackChannel.open({ settings, credentials }, { http: undiciClient({}), now: () => Date.now() })
    open.push(opened)
    return opened
  }
  const bot = (room = DEMO_SLACK.channel, token = DEMO_SLACK.token) =>
    channel({ way: 'bot', channel: room, api: `${lab.url}/api` }, { botToken: token })
  const hook = (path = DEMO_SLACK.hook) => channel({ way: 'hook' }, { webhookUrl: `${lab.url}${path}` })
  const report = (changes: Partial<Report> = {}) => ({ ...reportOf([occurrence('e1')]), ...changes })

  it('posts the message as blocks, with the bot token as bearer', async () => {
    const link = { label: 'Open', url: 'https://horizon.example.net/?a=1&b=2' }
    const suppressed = { count: 3, since: '2026-11-21T06:00:00.000Z' }
    const sent = await bot().send(report({ link, suppressed, text: 'one & two', severity: 'err', outcome: 'failure' }))
    assert.deepEqual(sent, { did: 'sent', id: lab.vendor.messages[0]?.ts, channel: 'C0POCKET' })
    const { request } = lab.received[0] ?? {}
    assert.deepEqual([request?.method, request?.target], ['POST', '/api/chat.postMessage'])
    assert.equal(request?.headers['authorization'], `Bearer ${DEMO_SLACK.token}`)
    assert.equal(request?.headers['content-type'], 'application/json; charset=utf-8')
    const field = (text: string) => ({ type: 'mrkdwn', text, verbatim: true })
    assert.deepEqual(lab.lastBody(), {
      channel: '#security',
      text: 'dana created security group rule rule-e1',
      blocks: [
        { type: 'header', text: { type: 'plain_text', text: 'dana created security group rule rule-e1' } },
        { type: 'section', text: field('one &amp; two') },
        {
          type: 'section',
          fields: [
            field('*Event*\nsecurity_group_rule.create.end'),
            field('*Who*\ndana'),
            field('*Action*\ncreate'),
            field('*Target*\nsecurity group rule rule-e1'),
            field('*Outcome*\nsuccess'),
            field('*When*\n2026-11-21T06:51:16.590561+00:00'),
            field('*Reported by*\nservice/network'),
          ],
        },
        {
          type: 'actions',
          elements: [{ type: 'button', text: { type: 'plain_text', text: 'Open' }, url: link.url }],
        },
        {
          type: 'context',
          elements: [field(':red_circle: err, failure'), field('3 more were held back since 2026-11-21T06:00:00.000Z')],
        },
      ],
      unfurl_links: false,
      unfurl_media: false,
    })
  })

  it('posts the same to a web hook, where nothing but "ok" means that it was posted', async () => {
    assert.deepEqual(await hook().send(report()), { did: 'sent' })
    assert.equal(lab.received[0]?.request.target, DEMO_SLACK.hook)
    assert.equal(lab.received[0]?.request.headers['authorization'], undefined)
    assert.equal(lab.lastBody()['channel'], undefined)
    assert.equal(lab.vendor.messages[0]?.text, 'dana created security group rule rule-e1')
  })

  for (const way of ['bot', 'hook'] as const) {
    it(`does not take the page of a proxy for an answer (${way})`, async () => {
      lab.faults.add({ service: 'slack', page: 'captive-portal' })
      await assert.rejects((way === 'bot' ? bot() : hook()).send(report()), { code: 'NOTIFY_UNKNOWN' })
    })
  }

  describe('with names that mean to say something else', () => {
    it('escapes what Slack reads, and lets it read nothing else into the text', async () => {
      await bot().send(hostileReport())
      const body = lab.lastBody()
      assert.equal(lab.vendor.messages.length, 1)
      const shown = JSON.stringify(body)
      assert.doesNotMatch(shown, /<!channel>/)
      assert.match(shown, /&lt;!channel&gt;/)
      assert.match(shown, /\{\{ 7 \| times: 6 \}\}/)
      assert.doesNotMatch(shown, /\u202e/)
      const texts = mrkdwnOf(body['blocks'])
      assert.ok(texts.length > 10)
      for (const { text, verbatim } of texts) {
        assert.equal(verbatim, true)
        assert.doesNotMatch(text.replace(/&(?:amp|lt|gt);/g, ''), /[&<>]/)
      }
    })

    it('lets no name add a line that looks like a fact', async () => {
      const name = 'dana\r\n*Outcome*\nsuccess'
      const { event, ...rest } = occurrence('e1')
      await bot().send(reportOf([{ ...rest, event: { ...event, initiator: { ...event.initiator, name } } }]))
      const who = mrkdwnOf(lab.lastBody()['blocks']).find(({ text }) => text.startsWith('*Who*'))
      assert.equal(who?.text, '*Who*\ndana *Outcome* success')
    })

    for (const length of [149, 150, 151, 251, 3001, 100_000]) {
      it(`cuts ${length} characters of it at whole ones, and Slack takes the message`, async () => {
        const hostile = hostileReport('h', length)
        await bot().send({ ...hostile, text: '&<>👩‍👩‍👧'.repeat(Math.ceil(length / 11)) })
        assert.equal(lab.vendor.messages.length, 1)
        const halves = /[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]|\u200d…/
        assert.doesNotMatch(JSON.stringify(lab.vendor.messages), halves)
        for (const { text } of mrkdwnOf(lab.vendor.messages[0]?.blocks)) assert.doesNotMatch(text, /&[a-z]{0,3}…/)
      })
    }

    it('has no message refused for them when the blocks are a template', async () => {
      const fill = compileTexts(SHIPPED.slack, slackChannel)
      for (const length of [HOSTILE.length, 3001, 100_000]) await bot().send(fill(hostileReport(`h${length}`, length)))
      assert.equal(lab.vendor.messages.length, 3)
      const [first] = lab.vendor.messages
      assert.doesNotMatch(JSON.stringify(first), /<!channel>/)
      const header = first?.blocks[0] as { text: { text: string } } | undefined
      assert.match(header?.text.text ?? '', /^o'neil "x" <script>alert\(1\)<\/script> <\u200b!channel> @everyone/)
    })

    it('escapes them in the texts of a template', async () => {
      const texts = {
        fields: { title: 'By {{ event.initiator.name }}', text: '<https://x.example|x> {{ event.initiator.name }}' },
      }
      await bot().send(compileTexts(texts, slackChannel)(hostileReport('h', 5000)))
      const { text, blocks } = lab.vendor.messages[0] ?? { text: '', blocks: [] }
      assert.match(text, /^By o'neil "x" &lt;script&gt;/)
      const section = (blocks[1] as { text: { text: string } }).text.text
      assert.match(section, /^<https:\/\/x\.example\|x> o'neil "x" &lt;script&gt;/)
      assert.ok(section.length <= 3000 && section.endsWith('…'))
    })
  })

  it('shows the built title where the template gave a blank one', async () => {
    await bot().send(report({ filled: { title: ' ', text: 'text' } }))
    const title = { type: 'plain_text', text: 'dana created security group rule rule-e1' }
    assert.deepEqual(lab.vendor.messages[0]?.blocks[0], { type: 'header', text: title })
  })

  it('leaves out a link that is longer than a button takes', async () => {
    const url = `https://x.example/${'a'.repeat(3000)}`
    await bot().send(report({ link: { label: 'Open', url } }))
    assert.doesNotMatch(JSON.stringify(lab.lastBody()), /actions/)
  })

  it('takes the blocks of a document, also as the Block Kit Builder gives them', async () => {
    const blocks = [{ type: 'section', text: { type: 'mrkdwn', text: '' } }, { type: 'divider' }]
    for (const document of [blocks, { blocks }])
      await bot().send(report({ document, filled: { text: 'for telephones' } }))
    for (const message of lab.vendor.messages) {
      assert.equal(message.text, 'for telephones')
      assert.deepEqual(message.blocks[0], { type: 'section', text: { type: 'mrkdwn', text: '–', verbatim: true } })
    }
  })

  for (const [document, problem] of [
    [{ type: 'AdaptiveCard' }, /list of blocks/],
    [[], /no block/],
    [Array(51).fill({ type: 'divider' }), /50 blocks/],
    [[{ type: 'divider' }, 'text'], /block 2 has no type/],
  ] as const) {
    it(`finds at deploy that a document is none for Slack: ${problem}`, () => {
      assert.match(documentProblem(document) ?? '', problem)
      const texts = { fields: {}, document: JSON.stringify(document) }
      assert.throws(() => compileTexts(texts, slackChannel), { code: 'NOTIFY_TEMPLATE' })
    })
  }

  describe('what Slack says no with', () => {
    for (const [room, token, kind, words] of [
      ['#nowhere', DEMO_SLACK.token, 'config', /channel_not_found.*Check the channel/],
      ['#private', DEMO_SLACK.token, 'config', /not_in_channel.*Invite the bot/],
      ['#old', DEMO_SLACK.token, 'config', /is_archived/],
      ['#security', 'xoxb-wrong-token', 'auth', /invalid_auth/],
    ] as const) {
      it(`calls ${room} with ${token.slice(0, 8)}… ${kind}`, async () => {
        await assert.rejects(bot(room, token).send(report()), (error: NotifyError) => {
          assert.equal(error.kind, kind)
          assert.match(error.message, words)
          assert.doesNotMatch(error.message, TOKEN)
          return true
        })
      })
    }

    for (const [code, kind] of [
      ['invalid_blocks', 'invalid'],
      ['no_text', 'invalid'],
      ['msg_too_long', 'too_large'],
      ['msg_blocks_too_long', 'too_large'],
      ['ratelimited', 'rate_limited'],
      ['service_unavailable', 'transient'],
      ['internal_error', 'unknown'],
      ['token_revoked', 'auth'],
      ['missing_scope', 'auth'],
      ['restricted_action_read_only_channel', 'config'],
    ] as const) {
      it(`calls ${code} ${kind}, although the status is 200`, async () => {
        lab.faults.add({ service: 'slack', body: JSON.stringify({ ok: false, error: code }) })
        await assert.rejects(bot().send(report()), { kind })
      })
    }

    for (const [status, text, kind] of [
      [400, 'invalid_payload', 'invalid'],
      [400, 'user_not_found', 'config'],
      [403, 'action_prohibited', 'config'],
      [403, 'invalid_token', 'auth'],
      [404, 'no_service', 'config'],
      [404, 'channel_not_found', 'config'],
      [410, 'channel_is_archived', 'config'],
      [429, 'rate_limited', 'rate_limited'],
      [500, 'rollup_error', 'rate_limited'],
      [500, '', 'transient'],
      [503, '<html>', 'transient'],
      [504, '<html>', 'unknown'],
      [302, '', 'config'],
    ] as const) {
      it(`calls ${status} ${JSON.stringify(text)} of a web hook ${kind}`, async () => {
        lab.faults.add({ service: 'slack', status, body: text, headers: { 'retry-after': '30' } })
        await assert.rejects(hook().send(report()), (error: NotifyError) => {
          assert.deepEqual([error.kind, error.retryAfterMs], [kind, 30_000])
          assert.doesNotMatch(error.message, HOOK_SECRET)
          return true
        })
        assert.equal(lab.received.length, 1)
      })
    }

    it('waits as long as Slack asks when there were too many', async () => {
      lab.vendor.perSecond = 0.1
      await bot().send(report())
      await assert.rejects(bot().send(report()), { kind: 'rate_limited', retryAfterMs: 1000 })
    })

    it('knows no code by two kinds, and takes what it does not know for the message’s fault', () => {
      assert.equal(kindOfCode('a_new_code'), undefined)
      assert.equal(kindOfCode('constructor'), undefined)
    })
  })

  it('does not know what became of a message when the connection is cut after it, and knows when nobody is there', async () => {
    lab.faults.add({ service: 'slack', disconnect: 'after', times: 1 })
    await assert.rejects(bot().send(report()), { kind: 'unknown' })
    assert.equal(lab.vendor.messages.length, 1)
    const dead = channel({ way: 'hook' }, { webhookUrl: 'http://127.0.0.1:1/services/T000/B000/pocketsecret' })
    await assert.rejects(dead.send(report()), (error: NotifyError) => {
      assert.equal(error.kind, 'transient')
      assert.equal(error.cause, undefined, 'causes are handed on in msg.error')
      assert.doesNotMatch(String(error.stack), HOOK_SECRET)
      return true
    })
  })

  for (const [settings, credentials, complaint] of [
    [{}, {}, /"channel" is missing; the credential "botToken" is missing/],
    [{ channel: '#x' }, { botToken: 'secret-without-prefix' }, /"botToken" does not begin with xoxb-/],
    [{ way: 'hook' }, {}, /"webhookUrl" is missing/],
    [
      { way: 'hook' },
      { webhookUrl: 'http://hooks.slack.com/services/secretpath' },
      /"webhookUrl" must begin with https/,
    ],
    [{ way: 'hook' }, { webhookUrl: 'secretpath' }, /"webhookUrl" is no address/],
    [{ way: 'pigeon' }, {}, /"way" must be one of bot, hook/],
  ] as const) {
    it(`says at deploy what is wrong with ${JSON.stringify(settings)} and ${Object.keys(credentials).join() || 'no secret'}`, () => {
      assert.throws(
        () => channel(settings, credentials as Record<string, string>),
        (error: { code: string; message: string }) => {
          assert.equal(error.code, 'NOTIFY_CONFIG')
          assert.match(error.message, complaint)
          assert.doesNotMatch(error.message, /secret/i)
          return true
        },
      )
    })
  }

  it('tries its settings without telling anybody', async () => {
    assert.match(await bot().test(), /as auditbot of Pocket/)
    assert.match(await hook().test(), /is there/)
    assert.deepEqual(lab.vendor.messages, [])
    await assert.rejects(bot('#security', 'xoxb-wrong').test(), { kind: 'auth' })
    await assert.rejects(hook('/services/gone').test(), { kind: 'config' })
    assert.equal(bot().target, '#security')
    assert.doesNotMatch(hook().target, HOOK_SECRET)
  })
})

function mrkdwnOf(value: unknown): { text: string; verbatim?: boolean }[] {
  if (Array.isArray(value)) return value.flatMap(mrkdwnOf)
  if (typeof value !== 'object' || value === null) return []
  const own = 'type' in value && value.type === 'mrkdwn' ? [value as unknown as { text: string }] : []
  return [...own, ...Object.values(value).flatMap(mrkdwnOf)]
}
