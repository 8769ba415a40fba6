import assert from 'node:assert/strict'
import { DEMO_TELEGRAM, type Telegram, telegramVendor } from '../../../lab/telegram/service'
import { undiciClient } from '../../../src/http/undici-client'
import type { Channel, NotifyError } from '../../../src/notify/channel'
import type { Report } from '../../../src/notify/model'
import { reportOf } from '../../../src/notify/report'
import { cutHtml, lengthOf } from '../../../src/notify/telegram/html'
import { telegramChannel } from '../../../src/notify/telegram/telegram'
import { compileTexts } from '../../../src/notify/templates/set'
import { hostileReport } from '../../support/hostile-report'
import { occurrence } from '../../support/occurrence'
import { type RunningVendor, startVendor } from '../../support/vendor'

const SECRET = /pocket-Telegram_token/

describe('the Telegram channel', () => {
  let lab: RunningVendor<Telegram>
  const open: Channel[] = []

  beforeEach(async () => {
    lab = await startVendor('telegram', telegramVendor)
  })
  afterEach(async () => {
    for (const channel of open.splice(0)) await channel.close()
    await lab.close()
  })

  function channel(settings: Record<string, unknown> = {}, token: string = DEMO_TELEGRAM.token): Channel {
    const config = {
      settings: { chat: String(DEMO_TELEGRAM.chat), api: lab.url, ...settings },
      credentials: { botToken: token },
    }
    const opened = telegramChannel.open(config, { http: undiciClient({}), now: () => Date.now() })
    open.push(opened)
    return opened
  }
  const report = (changes: Partial<Report> = {}) => ({ ...reportOf([occurrence('e1')]), ...changes })

  it('sends the message in HTML, with no preview of links', async () => {
    const link = { label: 'Open', url: 'https://horizon.example.net/?a=1&b=2' }
    const suppressed = { count: 3, since: '2026-11-21T06:00:00.000Z' }
    const sent = await channel({ thread: '7', silent: true }).send(
      report({ link, suppressed, text: 'one < two', severity: 'err', outcome: 'failure' }),
    )
    assert.deepEqual(sent, { did: 'sent', id: '1', chat: String(DEMO_TELEGRAM.chat) })
    const { request } = lab.received[0] ?? {}
    assert.deepEqual([request?.method, request?.target], ['POST', `/bot${DEMO_TELEGRAM.token}/sendMessage`])
    assert.deepEqual(lab.lastBody(), {
      chat_id: DEMO_TELEGRAM.chat,
      text: [
        '🔴 <b>dana created security group rule rule-e1</b>',
        '',
        'one &lt; two',
        '',
        '<b>Event</b>: <code>security_group_rule.create.end</code>',
        '<b>Who</b>: <code>dana</code>',
        '<b>Action</b>: <code>create</code>',
        '<b>Target</b>: <code>security group rule rule-e1</code>',
        '<b>Outcome</b>: <code>success</code>',
        '<b>When</b>: <code>2026-11-21T06:51:16.590561+00:00</code>',
        '<b>Reported by</b>: <code>service/network</code>',
        '<i>3 more were held back since 2026-11-21T06:00:00.000Z</i>',
        '<a href="https://horizon.example.net/?a=1&amp;b=2">Open</a>',
      ].join('\n'),
      parse_mode: 'HTML',
      link_preview_options: { is_disabled: true },
      message_thread_id: 7,
      disable_notification: true,
    })
  })

  it('sends to a public name too', async () => {
    await channel({ chat: '@pocketsoc' }).send(report())
    assert.equal(lab.lastBody()['chat_id'], '@pocketsoc')
    assert.equal(lab.vendor.messages[0]?.chat, DEMO_TELEGRAM.chat)
  })

  it('goes after a chat that has moved, and stays there', async () => {
    const moved = -1009999999999
    lab.vendor.chats.set(-55, { title: 'old', state: 'member', movedTo: moved })
    lab.vendor.chats.set(moved, { title: 'new', state: 'member' })
    const old = channel({ chat: '-55' })
    const sent = await old.send(report())
    assert.deepEqual(sent, {
      did: 'sent',
      id: '1',
      chat: String(moved),
      note: `The chat has the new number ${moved}: enter it in the node.`,
    })
    await old.send(report())
    assert.deepEqual(
      lab.vendor.messages.map(({ chat }) => chat),
      [moved, moved],
    )
    assert.equal(lab.received.length, 3)
    assert.equal(old.target, '-55')
  })

  it('lets no name be a tag, a mention or a line of its own', async () => {
    await channel().send(hostileReport())
    const [message] = lab.vendor.messages
    assert.match(
      message?.shown ?? '',
      /o'neil "x" <script>alert\(1\)<\/script> <!channel> @\u200beveryone \{\{ 7 \| times: 6 \}\}/,
    )
    assert.doesNotMatch(message?.html ?? '', /<script|<!channel/)
    const outside = (message?.html ?? '').replace(/<code>[^<]*<\/code>/g, '')
    assert.doesNotMatch(outside, /@\w/, 'Telegram finds mentions in text, though not in code')
    assert.doesNotMatch(message?.shown ?? '', /\u202e|^Bcc/m)
  })

  it('escapes them in the texts of a template, and keeps its tags whole where it cuts', async () => {
    const texts = {
      fields: { title: '<u>{{ event.initiator.name }}</u>', text: '<b>{{ event.initiator.name }}</b> end' },
    }
    for (const length of [200, 5000, 100_000]) {
      await channel().send(compileTexts(texts, telegramChannel)(hostileReport('h', length)))
    }
    assert.equal(lab.vendor.messages.length, 3)
    assert.match(lab.vendor.messages[0]?.shown ?? '', /^⚠️ o'neil .*end$/s)
    for (const { shown } of lab.vendor.messages.slice(1)) assert.ok(shown.length <= 4096 && shown.length > 3900)
  })

  for (const length of [251, 4095, 4097, 100_000]) {
    it(`cuts ${length} characters at whole ones, and keeps the link`, async () => {
      const hostile = hostileReport('h', length)
      const facts = [...hostile.facts, ...hostile.facts, ...hostile.facts]
      const text = '<👩‍👩‍👧&'.repeat(Math.ceil(length / 10))
      await channel().send({ ...hostile, text, facts, link: { label: 'Open', url: 'https://x.example/' } })
      const { shown = '', html = '' } = lab.vendor.messages[0] ?? {}
      assert.ok(shown.length <= 4096)
      assert.ok(html.endsWith('<a href="https://x.example/">Open</a>'))
      assert.doesNotMatch(shown, /[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]|\u200d…/)
    })
  }

  describe('cutting HTML', () => {
    for (const [html, limit, expected] of [
      ['<b>abc</b>', 3, '<b>abc</b>'],
      ['<b>abcd</b>', 3, '<b>ab…</b>'],
      ['<b>a<i>bcd</i></b>x', 3, '<b>a<i>b…</i></b>'],
      ['a&lt;&gt;bc', 4, 'a&lt;&gt;…'],
      ['a&amp;&amp;', 3, 'a&amp;&amp;'],
      ['a&amp;&amp;&amp;', 3, 'a&amp;…'],
      ['<a href="x?a=1&amp;b=2">abcdef</a>', 4, '<a href="x?a=1&amp;b=2">abc…</a>'],
    ] as const) {
      it(`makes ${expected} of ${html}`, () => {
        assert.equal(cutHtml(html, limit), expected)
        assert.ok(lengthOf(expected) <= limit)
      })
    }
  })

  describe('what Telegram says no with', () => {
    const state = (changed: 'kicked' | 'readonly') => {
      lab.vendor.chats.set(DEMO_TELEGRAM.chat, { title: 'Pocket SOC', state: changed })
      return channel()
    }
    const refusals: readonly [string, () => Channel, string, RegExp][] = [
      [
        'a token that is not good',
        () => channel({}, '1:wrong-token-0123456789abc'),
        'auth',
        /401: Unauthorized.*BotFather/,
      ],
      ['a chat that is not there', () => channel({ chat: '-1' }), 'config', /chat not found/],
      ['a topic that is not there', () => channel({ thread: '8' }), 'config', /thread not found/],
      ['a bot that was removed', () => state('kicked'), 'config', /403.*Add the bot to the chat again/],
      ['a chat where it may not write', () => state('readonly'), 'config', /not enough rights/],
    ]
    for (const [what, open, kind, words] of refusals) {
      it(`calls ${what} ${kind}`, async () => {
        await assert.rejects(open().send(report()), (error: NotifyError) => {
          assert.equal(error.kind, kind)
          assert.match(error.message, words)
          assert.doesNotMatch(`${error.message}${error.stack}`, SECRET)
          return true
        })
      })
    }

    for (const [status, body, kind] of [
      [400, { description: "Bad Request: can't parse entities: Unsupported start tag" }, 'invalid'],
      [400, { description: 'Bad Request: message is too long' }, 'too_large'],
      [400, { description: 'Bad Request: group chat was upgraded to a supergroup chat' }, 'invalid'],
      [404, { description: 'Not Found' }, 'auth'],
      [413, { description: 'Request Entity Too Large' }, 'too_large'],
      [500, { description: 'Internal Server Error' }, 'transient'],
      [502, {}, 'transient'],
      [504, {}, 'unknown'],
      [302, {}, 'config'],
    ] as const) {
      it(`calls ${status} ${JSON.stringify(body)} ${kind}`, async () => {
        const text = JSON.stringify({ ok: false, error_code: status, ...body })
        lab.faults.add({ service: 'telegram', status, body: text })
        await assert.rejects(channel().send(report()), { kind })
        assert.equal(lab.received.length, 1)
      })
    }

    it('waits as long as Telegram says in its body when there were too many', async () => {
      lab.vendor.perMinute = 1
      await channel().send(report())
      await assert.rejects(channel().send(report()), (error: NotifyError) => {
        assert.equal(error.kind, 'rate_limited')
        assert.ok((error.retryAfterMs ?? 0) > 50_000 && (error.retryAfterMs ?? 0) <= 60_000)
        return true
      })
    })

    it('takes the page of a proxy for no answer', async () => {
      lab.faults.add({ service: 'telegram', page: 'captive-portal' })
      await assert.rejects(channel().send(report()), { kind: 'unknown' })
    })

    it('shows no token when the connection is cut or nobody is there', async () => {
      lab.faults.add({ service: 'telegram', disconnect: 'after' })
      for (const [opened, kind] of [
        [channel(), 'unknown'],
        [channel({ api: 'http://127.0.0.1:1' }), 'transient'],
      ] as const) {
        await assert.rejects(opened.send(report()), (error: NotifyError) => {
          assert.equal(error.kind, kind)
          assert.doesNotMatch(`${error.message}${error.stack}`, SECRET)
          return true
        })
      }
    })
  })

  it('keeps to twenty a minute in a group, and to one a second in a private chat', () => {
    const perMinute = (chat: string) => Math.round((channel({ chat }).rate?.perSecond ?? 0) * 60)
    assert.deepEqual([perMinute('-5'), perMinute('@pocketsoc'), perMinute('55')], [20, 20, 60])
  })

  for (const [settings, token, complaint] of [
    [{ chat: '' }, '', /"chat" is missing; the credential "botToken" is missing/],
    [{ chat: 'our room' }, DEMO_TELEGRAM.token, /"chat" must be a number or @name/],
    [{}, 'secret', /"botToken" is not of the form/],
    [{ thread: 'x' }, DEMO_TELEGRAM.token, /"thread" must be a whole number/],
    [{ api: 'http://telegram.example.net' }, DEMO_TELEGRAM.token, /"api" must begin with https/],
  ] as const) {
    it(`says at deploy what is wrong with ${JSON.stringify(settings)}`, () => {
      assert.throws(
        () => channel(settings, token),
        (error: { code: string; message: string }) => {
          assert.equal(error.code, 'NOTIFY_CONFIG')
          assert.match(error.message, complaint)
          assert.doesNotMatch(error.message, /secret|pocket-Telegram/)
          return true
        },
      )
    })
  }

  it('tries its settings without telling anybody', async () => {
    assert.equal(
      await channel().test(),
      'Telegram knows the bot as pocketaudit_bot and the chat as Pocket SOC (supergroup).',
    )
    assert.deepEqual(lab.vendor.messages, [])
    await assert.rejects(channel({ chat: '-1' }).test(), { kind: 'config' })
  })
})
