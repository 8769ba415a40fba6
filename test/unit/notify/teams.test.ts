import assert from 'node:assert/strict'
import { DEMO_TEAMS, type Teams, teamsVendor } from '../../../lab/teams/service'
import { undiciClient } from '../../../src/http/undici-client'
import type { Channel, NotifyError } from '../../../src/notify/channel'
import type { Report } from '../../../src/notify/model'
import { reportOf } from '../../../src/notify/report'
import { documentProblem } from '../../../src/notify/teams/document'
import { teamsChannel } from '../../../src/notify/teams/teams'
import { compileTexts } from '../../../src/notify/templates/set'
import { HOSTILE, hostileReport } from '../../support/hostile-report'
import { occurrence } from '../../support/occurrence'
import { type RunningVendor, startVendor } from '../../support/vendor'

const SECRET = /pocket-Teams_signature|5f0d3c1a7b8e/

describe('the Teams channel', () => {
  let lab: RunningVendor<Teams>
  const open: Channel[] = []

  beforeEach(async () => {
    lab = await startVendor('teams', teamsVendor)
  })
  afterEach(async () => {
    for (const channel of open.splice(0)) await channel.close()
    await lab.close()
  })

  function channel(hook: string = DEMO_TEAMS.hook, settings: Record<string, unknown> = {}): Channel {
    const config = { settings, credentials: { webhookUrl: hook.startsWith('/') ? `${lab.url}${hook}` : hook } }
    const opened = teamsChannel.open(config, { http: undiciClient({}), now: () => Date.now() })
    open.push(opened)
    return opened
  }
  const report = (changes: Partial<Report> = {}) => ({ ...reportOf([occurrence('e1')]), ...changes })

  it('posts an adaptive card, and says only that it was accepted', async () => {
    const link = { label: 'Open', url: 'https://horizon.example.net/?a=1&b=_2_' }
    const suppressed = { count: 3, since: '2026-11-21T06:00:00.000Z' }
    const sent = await channel().send(
      report({ link, suppressed, text: 'one\ntwo', severity: 'crit', outcome: 'failure' }),
    )
    assert.deepEqual(sent, { did: 'sent', accepted: true, shown: 'unknown', id: `0858${'1'.padStart(28, '0')}CU00` })
    const { request } = lab.received[0] ?? {}
    assert.deepEqual([request?.method, request?.target], ['POST', DEMO_TEAMS.hook])
    assert.equal(request?.headers['content-type'], 'application/json; charset=utf-8')
    assert.deepEqual(lab.lastBody(), {
      type: 'message',
      attachments: [
        {
          contentType: 'application/vnd.microsoft.card.adaptive',
          contentUrl: null,
          content: {
            $schema: 'http://adaptivecards.io/schemas/adaptive-card.json',
            type: 'AdaptiveCard',
            version: '1.4',
            msteams: { width: 'Full' },
            body: [
              {
                type: 'Container',
                style: 'attention',
                bleed: true,
                items: [
                  {
                    type: 'TextBlock',
                    text: 'dana created security group rule rule-e1',
                    weight: 'Bolder',
                    size: 'Medium',
                    wrap: true,
                  },
                  { type: 'TextBlock', text: 'crit, failure', color: 'Attention', wrap: true, spacing: 'None' },
                ],
              },
              { type: 'TextBlock', text: 'one\n\ntwo', wrap: true },
              {
                type: 'FactSet',
                facts: [
                  { title: 'Event', value: 'security\\_group\\_rule.create.end' },
                  { title: 'Who', value: 'dana' },
                  { title: 'Action', value: 'create' },
                  { title: 'Target', value: 'security group rule rule-e1' },
                  { title: 'Outcome', value: 'success' },
                  { title: 'When', value: '2026-11-21T06:51:16.590561+00:00' },
                  { title: 'Reported by', value: 'service/network' },
                ],
              },
              {
                type: 'TextBlock',
                text: '3 more were held back since 2026-11-21T06:00:00.000Z',
                isSubtle: true,
                wrap: true,
              },
            ],
            actions: [{ type: 'Action.OpenUrl', title: 'Open', url: link.url }],
          },
        },
      ],
    })
    assert.equal(lab.vendor.runs[0]?.shown, true)
  })

  for (const [severity, style] of [
    ['emerg', 'attention'],
    ['err', 'attention'],
    ['warning', 'warning'],
    ['info', 'emphasis'],
  ] as const) {
    it(`shows ${severity} as ${style}`, async () => {
      await channel().send(report({ severity }))
      assert.equal((lab.vendor.runs[0]?.card['body'] as { style: string }[] | undefined)?.[0]?.style, style)
    })
  }

  it('lets no name be Markdown', async () => {
    await channel().send(hostileReport())
    const run = lab.vendor.runs[0]
    assert.equal(run?.shown, true)
    const texts = textsOf(run?.card['body'])
    const withName = texts.filter((text) => text.includes('neil'))
    assert.ok(withName.length >= 8)
    for (const text of withName) {
      const unescaped = text.replace(/\\./g, '')
      assert.doesNotMatch(unescaped, /[\\*_[\]()~#`<>!|]/, text)
      assert.doesNotMatch(text, /[\u202e\r]/)
      assert.match(text, /\{\{ 7 \\\| times: 6 \}\}/)
    }
  })

  it('escapes names in the texts of a template, and nothing that the template itself says', async () => {
    const texts = { fields: { title: '**{{ event.initiator.name }}**', text: '[list](https://x.example) {{ topic }}' } }
    await channel().send(compileTexts(texts, teamsChannel)(hostileReport()))
    const [title, , text] = textsOf(lab.vendor.runs[0]?.card['body'])
    assert.match(title ?? '', /^\*\*o'neil "x" \\<script\\>alert\\\(1\\\).*\*\*$/)
    assert.match(text ?? '', /^\[list\]\(https:\/\/x\.example\) o'neil "x" \\<script\\>/)
  })

  for (const length of [499, 501, 3001, 100_000]) {
    it(`cuts ${length} characters of a name and a long text, so that the request stays under 28 KB`, async () => {
      const hostile = hostileReport('h', length)
      const text = '👩‍👩‍👧\\*é'.repeat(Math.ceil(length / 5))
      await channel().send({ ...hostile, text, facts: [...hostile.facts, ...hostile.facts, ...hostile.facts] })
      const run = lab.vendor.runs[0]
      assert.deepEqual([run?.shown, run?.problem], [true, undefined])
      assert.ok((run?.bytes ?? 0) < 28 * 1024)
      const halves = /[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]|\u200d…/
      for (const shown of textsOf(run?.card['body'])) {
        assert.doesNotMatch(shown, halves)
        assert.doesNotMatch(shown.replace(/\\\\/g, ''), /\\…$/, 'no escape is cut in two')
      }
    })
  }

  it('counts bytes and not characters', async () => {
    await channel().send(
      report({ text: '漢'.repeat(6000), facts: Array(20).fill({ label: 'Who', value: '漢'.repeat(500) }) }),
    )
    assert.equal(lab.vendor.runs[0]?.shown, true)
    assert.ok((lab.vendor.runs[0]?.bytes ?? 0) > 10_000, 'not more is cut than must be')
  })

  it('gives up a card whose elements alone are too large', async () => {
    const document = Array(1500).fill({ type: 'TextBlock', text: 'x' })
    await assert.rejects(channel().send(report({ document })), { kind: 'too_large' })
    assert.equal(lab.received.length, 0)
  })

  describe('with a document', () => {
    const body = [
      { type: 'TextBlock', text: 'By {{ event.initiator.name }}' },
      { type: 'ActionSet', actions: [{ type: 'Action.OpenUrl', title: 'x', url: 'https://x.example/{{ topic }}' }] },
    ]
    const card = { type: 'AdaptiveCard', version: '1.5', body }
    for (const [what, document, version] of [
      ['that is a whole card', card, '1.5'],
      ['that is the body of one', body, '1.4'],
    ] as const) {
      it(`${what}, sends it with its texts escaped and its addresses whole`, async () => {
        const fill = compileTexts({ fields: {}, document: JSON.stringify(document) }, teamsChannel)
        await channel().send(fill(report()))
        await channel().send(fill(hostileReport('h', 50_000)))
        const [plain, hostile] = lab.vendor.runs
        assert.equal(plain?.card['version'], version)
        assert.deepEqual([plain?.shown, hostile?.shown], [true, true])
        assert.match(JSON.stringify(plain?.card), /"url":"https:\/\/x\.example\/security_group_rule\.create\.end"/)
        assert.match(JSON.stringify(hostile?.card), /By o'neil \\"x\\" \\\\<script/)
      })
    }

    it('lets no event make an address of another kind', async () => {
      const document = [{ type: 'ActionSet', actions: [{ type: 'Action.OpenUrl', title: 'x', url: '{{ topic }}' }] }]
      const fill = compileTexts({ fields: {}, document: JSON.stringify(document) }, teamsChannel)
      await channel().send(fill({ ...reportOf([occurrence('e1', { topic: 'javascript:alert(1)' })]) }))
      assert.match(JSON.stringify(lab.lastBody()), /"url":"https:\/\/invalid\.invalid\/"/)
    })

    for (const [document, problem] of [
      [{ '@type': 'MessageCard', text: 'x' }, /no message cards/],
      [{ type: 'message', attachments: [] }, /the card itself/],
      [{ type: 'AdaptiveCard' }, /Teams takes an adaptive card/],
      [[{ type: 'TextBlock', text: 'x' }, {}], /element 2 has no type/],
      [[], /no element/],
      ['text', /Teams takes an adaptive card/],
    ] as const) {
      it(`finds at deploy that it is none for Teams: ${JSON.stringify(document)}`, () => {
        assert.match(documentProblem(document) ?? '', problem)
      })
    }
  })

  describe('what the flow says no with', () => {
    const hook = (change: (url: URL) => void) => {
      const url = new URL(`${lab.url}${DEMO_TEAMS.hook}`)
      change(url)
      return channel(url.href)
    }
    const refusals: readonly [string, () => Channel, string, RegExp][] = [
      ['another signature', () => hook((url) => url.searchParams.set('sig', 'other')), 'auth', /AuthorizationFailed/],
      ['no signature', () => hook((url) => url.searchParams.delete('sig')), 'auth', /DirectApiAuthorizationRequired/],
      [
        'a deleted flow',
        () => hook((url) => (url.pathname = url.pathname.replace('5f0d', '0000'))),
        'not_found',
        /WorkflowNotFound/,
      ],
      [
        'a flow that is off',
        () => {
          lab.vendor.workflows.set(DEMO_TEAMS.workflow, { signature: DEMO_TEAMS.signature, state: 'off' })
          return channel()
        },
        'config',
        /WorkflowTriggerIsNotEnabled.*Workflows app/,
      ],
    ]
    for (const [what, open, kind, words] of refusals) {
      it(`calls ${what} ${kind}, and shows no secret`, async () => {
        await assert.rejects(open().send(report()), (error: NotifyError) => {
          assert.equal(error.kind, kind)
          assert.match(error.message, words)
          assert.doesNotMatch(`${error.message}${error.stack}`, SECRET)
          return true
        })
      })
    }

    for (const [status, body, kind] of [
      [400, '{"error":{"code":"TriggerInputSchemaMismatch","message":"no"}}', 'invalid'],
      [400, 'no', 'invalid'],
      [403, '', 'auth'],
      [413, '', 'too_large'],
      [429, '{"error":{"code":"TooManyRequests"}}', 'rate_limited'],
      [500, '', 'transient'],
      [502, '{"error":{"code":"NoResponse","message":"no response"}}', 'unknown'],
      [503, '', 'transient'],
      [504, '{"error":{"code":"GatewayTimeout"}}', 'unknown'],
      [302, '', 'config'],
    ] as const) {
      it(`calls ${status} ${body} ${kind}`, async () => {
        lab.faults.add({ service: 'teams', status, body, headers: { 'retry-after': '12' } })
        await assert.rejects(channel().send(report()), { kind, retryAfterMs: 12_000 })
        assert.equal(lab.received.length, 1)
      })
    }

    it('takes the page of a proxy for no answer, and a 200 of the flow itself for one', async () => {
      lab.faults.add({ service: 'teams', page: 'captive-portal', times: 1 })
      await assert.rejects(channel().send(report()), { kind: 'unknown' })
      lab.faults.add({
        service: 'teams',
        status: 200,
        body: '{"done":true}',
        headers: { 'content-type': 'application/json' },
      })
      assert.equal((await channel().send(report())).did, 'sent')
    })

    it('waits as long as Teams asks when there were too many', async () => {
      lab.vendor.perSecond = 0.1
      await channel().send(report())
      await assert.rejects(channel().send(report()), { kind: 'rate_limited', retryAfterMs: 2000 })
    })

    it('does not know what became of a card when the connection is cut', async () => {
      lab.faults.add({ service: 'teams', disconnect: 'after', times: 1 })
      await assert.rejects(channel().send(report()), (error: NotifyError) => {
        assert.equal(error.kind, 'unknown')
        assert.doesNotMatch(`${error.message}${error.stack}`, SECRET)
        return true
      })
    })
  })

  for (const [address, complaint] of [
    ['', /"webhookUrl" is missing/],
    ['http://flows.example.net/workflows/secret', /"webhookUrl" must begin with https/],
    ['https://contoso.webhook.office.com/webhookb2/secret@x/IncomingWebhook/secret', /retired.*Workflows app/],
    ['https://outlook.office.com/webhook/secret', /retired.*Workflows app/],
    ['https://OUTLOOK.office365.com/webhook/secret', /retired.*Workflows app/],
  ] as const) {
    it(`says at deploy what is wrong with the address ${address.slice(0, 32)}`, () => {
      assert.throws(
        () => channel(address),
        (error: { code: string; message: string }) => {
          assert.equal(error.code, 'NOTIFY_CONFIG')
          assert.match(error.message, complaint)
          assert.doesNotMatch(error.message, /secret/)
          return true
        },
      )
    })
  }

  it('cannot try a flow without starting it, and says so', async () => {
    assert.match(await channel().test(), /Only a message shows/)
    assert.equal(lab.received.length, 0)
    assert.equal(channel(DEMO_TEAMS.hook, { channel: 'SOC' }).target, 'SOC')
    assert.equal(channel().target, 'Teams')
  })

  it('carries the hostile name whole where it fits', async () => {
    await channel().send(hostileReport())
    const facts = textsOf(lab.vendor.runs[0]?.card['body'])
    const plain = facts.map((text) => text.replace(/\\(.)/g, '$1'))
    assert.ok(plain.some((text) => text.includes(HOSTILE.slice(0, 40))))
  })
})

function textsOf(value: unknown): string[] {
  if (Array.isArray(value)) return value.flatMap(textsOf)
  if (typeof value !== 'object' || value === null) return []
  return Object.entries(value).flatMap(([name, member]) =>
    typeof member === 'string' ? (['text', 'value', 'title'].includes(name) ? [member] : []) : textsOf(member),
  )
}
