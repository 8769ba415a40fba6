import assert from 'node:assert/strict'
import { DEMO_MATTERMOST, type Mattermost, mattermostVendor } from '../../../lab/mattermost/service'
import { undiciClient } from '../../../src/http/undici-client'
import type { Channel, NotifyError } from '../../../src/notify/channel'
import { mattermostChannel } from '../../../src/notify/mattermost/mattermost'
import { documentProblem } from '../../../src/notify/mattermost/post'
import type { Report } from '../../../src/notify/model'
import { reportOf } from '../../../src/notify/report'
import { compileTexts } from '../../../src/notify/templates/set'
import { hostileReport } from '../../support/hostile-report'
import { occurrence } from '../../support/occurrence'
import { type RunningVendor, startVendor } from '../../support/vendor'

const SECRET = /pocketxk3tr8/

describe('the Mattermost channel', () => {
  let lab: RunningVendor<Mattermost>
  const open: Channel[] = []

  beforeEach(async () => {
    lab = await startVendor('mattermost', mattermostVendor)
  })
  afterEach(async () => {
    for (const channel of open.splice(0)) await channel.close()
    await lab.close()
  })

  function channel(settings: Record<string, unknown> = {}, hook: string = DEMO_MATTERMOST.hook): Channel {
    const config = { settings, credentials: { webhookUrl: hook.startsWith('/') ? `${lab.url}${hook}` : hook } }
    const opened = mattermostChannel.open(config, { http: undiciClient({}), now: () => Date.now() })
    open.push(opened)
    return opened
  }
  const report = (changes: Partial<Report> = {}) => ({ ...reportOf([occurrence('e1')]), ...changes })

  it('posts the title as the message, and the rest as an attachment', async () => {
    const link = { label: 'Open', url: 'https://horizon.example.net/?a=(1)&b=_2_' }
    const suppressed = { count: 3, since: '2026-11-21T06:00:00.000Z' }
    const sent = await channel({ username: 'audit' }).send(
      report({ link, suppressed, text: 'a_b\n- c', severity: 'warning', outcome: 'failure' }),
    )
    assert.deepEqual(sent, { did: 'sent' })
    const { request } = lab.received[0] ?? {}
    assert.deepEqual([request?.method, request?.target], ['POST', DEMO_MATTERMOST.hook])
    assert.equal(request?.headers['content-type'], 'application/json; charset=utf-8')
    const field = (title: string, value: string, short = true) => ({ short, title, value })
    assert.deepEqual(lab.lastBody(), {
      text: '**dana created security group rule rule-e1**',
      attachments: [
        {
          fallback: 'dana created security group rule rule-e1',
          color: '#d9a514',
          text: 'a\\_b\n\\- c\n\n[Open](https://horizon.example.net/?a=%281%29&b=_2_)',
          fields: [
            field('Event', 'security\\_group\\_rule.create.end'),
            field('Who', 'dana'),
            field('Action', 'create'),
            field('Target', 'security group rule rule-e1'),
            field('Outcome', 'success'),
            field('When', '2026-11-21T06:51:16.590561+00:00'),
            field('Reported by', 'service/network'),
          ],
          footer: 'warning, failure · 3 more were held back since 2026-11-21T06:00:00.000Z',
        },
      ],
      username: 'audit',
    })
  })

  it('posts to another channel where one is given', async () => {
    const town = channel({ channel: 'town-square' })
    await town.send(report())
    assert.equal(lab.vendor.posts[0]?.channel, 'town-square')
    assert.equal(town.target, 'town-square')
    assert.equal(channel().target, 'Mattermost 127.0.0.1')
  })

  it('lets no name call anybody or be Markdown', async () => {
    await channel().send({ ...hostileReport(), text: '<!channel> @all @channel <@U1> [l](http://x) ![p](http://x)' })
    const [post] = lab.vendor.posts
    assert.deepEqual(post?.mentions, [])
    const { fields = [], text } = (post?.attachments[0] ?? {}) as { fields?: { value: string }[]; text?: string }
    const texts = [post?.message.slice(2, -2) ?? '', text ?? '', ...fields.map(({ value }) => value)]
    assert.ok(texts.length > 8)
    for (const shown of texts) {
      assert.doesNotMatch(shown.replace(/\\./g, ''), /[\\*_[\]()~`<>!|{}]/, shown)
      assert.doesNotMatch(shown, /@\w|\u202e/)
    }
  })

  it('escapes them in the texts of a template', async () => {
    const texts = { fields: { title: '{{ event.initiator.name }}', text: '@here **{{ event.initiator.name }}**' } }
    await channel().send(compileTexts(texts, mattermostChannel)(hostileReport()))
    const [post] = lab.vendor.posts
    assert.deepEqual(post?.mentions, ['here'], 'what the template itself says stays')
    assert.match(post?.message ?? '', /^\*\*o'neil "x" &lt;script\\>/)
  })

  for (const length of [251, 501, 3001, 100_000]) {
    it(`makes one post of ${length} characters, cut at whole ones`, async () => {
      const hostile = hostileReport('h', length)
      const text = '*👩‍👩‍👧&'.repeat(Math.ceil(length / 10))
      await channel().send({ ...hostile, text, facts: [...hostile.facts, ...hostile.facts] })
      assert.equal(lab.vendor.posts.length, 1)
      const shown = JSON.stringify(lab.vendor.posts[0])
      assert.ok(JSON.stringify(lab.vendor.posts[0]?.attachments).length <= 8000, 'old servers refuse more')
      assert.doesNotMatch(shown, /[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]|\u200d…/)
      assert.doesNotMatch(shown.replace(/\\\\\\\\/g, ''), /\\\\…|&[a-z]{0,3}…/, 'no escape is cut in two')
    })
  }

  it('takes a document as attachments, or as the whole message, cut where a name is long', async () => {
    const attachments = [{ text: 'By {{ event.initiator.name }}', color: '#fff' }]
    for (const document of [attachments, { text: '{{ topic }}', attachments }]) {
      const fill = compileTexts({ fields: {}, document: JSON.stringify(document) }, mattermostChannel)
      await channel().send(fill(hostileReport('h', 100_000)))
    }
    assert.equal(lab.vendor.posts.length, 2)
    for (const post of lab.vendor.posts) {
      assert.match(String(post.attachments[0]?.['text']), /^By o'neil "x" &lt;script\\>.*…$/s)
      assert.deepEqual(post.mentions, [])
    }
  })

  for (const [document, problem] of [
    [[], /no attachment/],
    [{ blocks: [] }, /a list of attachments/],
    ['text', /a list of attachments/],
  ] as const) {
    it(`finds at deploy that a document is none for Mattermost: ${JSON.stringify(document)}`, () => {
      assert.match(documentProblem(document) ?? '', problem)
    })
  }

  describe('what Mattermost says no with', () => {
    const refusals: readonly [string, () => Channel, string, RegExp][] = [
      [
        'a hook that was removed',
        () => channel({}, '/hooks/gone1secretid'),
        'config',
        /Invalid webhook.*make a new one/,
      ],
      [
        'a channel that is not there',
        () => channel({ channel: 'nowhere' }),
        'config',
        /find the channel.*Check the channel/,
      ],
      [
        'a hook that is locked to its channel',
        () => {
          lab.vendor.hooks.set('locked', { channel: 'security', locked: true, enabled: true })
          return channel({ channel: 'town-square' }, '/hooks/locked')
        },
        'config',
        /not permitted.*leave the channel empty/,
      ],
      [
        'hooks that are switched off',
        () => {
          lab.vendor.allowed = false
          return channel()
        },
        'config',
        /501.*administrator/,
      ],
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

    for (const [status, id, kind] of [
      [400, 'web.incoming_webhook.text.app_error', 'invalid'],
      [400, 'web.incoming_webhook.decode.app_error', 'invalid'],
      [400, 'web.incoming_webhook.split_props_length.app_error', 'too_large'],
      [400, 'model.post.is_valid.msg.app_error', 'too_large'],
      [403, 'web.incoming_webhook.permissions.app_error', 'config'],
      [404, 'web.incoming_webhook.general.app_error', 'not_found'],
      [413, '', 'too_large'],
      [429, '', 'rate_limited'],
      [500, 'web.incoming_webhook.general.app_error', 'transient'],
      [503, '', 'transient'],
      [302, '', 'config'],
    ] as const) {
      it(`calls ${status} ${id} ${kind}`, async () => {
        const body = JSON.stringify({ id, message: `pocketxk3tr8sdmd1ufbq1sz9h.`, status_code: status })
        lab.faults.add({ service: 'mattermost', status, body, headers: { 'retry-after': '3' } })
        await assert.rejects(channel().send(report()), (error: NotifyError) => {
          assert.deepEqual([error.kind, error.retryAfterMs], [kind, 3000])
          assert.doesNotMatch(error.message, SECRET)
          return true
        })
      })
    }

    it('takes the page of a proxy for no answer', async () => {
      lab.faults.add({ service: 'mattermost', page: 'captive-portal' })
      await assert.rejects(channel().send(report()), { kind: 'unknown' })
    })

    it('does not know what became of a post when the connection is cut', async () => {
      lab.faults.add({ service: 'mattermost', disconnect: 'after' })
      await assert.rejects(channel().send(report()), (error: NotifyError) => {
        assert.equal(error.kind, 'unknown')
        assert.doesNotMatch(`${error.message}${error.stack}`, SECRET)
        return true
      })
    })

    it('waits as long as the server asks when there were too many', async () => {
      lab.vendor.perSecond = 0.1
      await channel().send(report())
      await assert.rejects(channel().send(report()), { kind: 'rate_limited', retryAfterMs: 1000 })
    })
  })

  for (const [address, complaint] of [
    ['', /"webhookUrl" is missing/],
    ['http://chat.example.net/hooks/secret', /"webhookUrl" must begin with https/],
    ['https://chat.example.net/secret', /ends in \/hooks\/ and its id/],
  ] as const) {
    it(`says at deploy what is wrong with the address ${address.slice(0, 24)}`, () => {
      assert.throws(
        () => channel({}, address),
        (error: { code: string; message: string }) => {
          assert.equal(error.code, 'NOTIFY_CONFIG')
          assert.match(error.message, complaint)
          assert.doesNotMatch(error.message, /secret/)
          return true
        },
      )
    })
  }

  it('tries its settings without telling anybody', async () => {
    assert.match(await channel().test(), /is there/)
    assert.deepEqual(lab.vendor.posts, [])
    await assert.rejects(channel({}, '/hooks/gone').test(), { kind: 'config' })
    await assert.rejects(channel({}, '/other/hooks/gone').test(), { kind: 'not_found' })
  })
})
