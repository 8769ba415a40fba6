import assert from 'node:assert/strict'
import { type LabClock, labClock } from '../../../lab/clock'
import { jiraService } from '../../../lab/jira/service'
import { JiraSite } from '../../../lab/jira/site'
import { undiciClient } from '../../../src/http/undici-client'
import type { Channel, ChannelMemory, NotifyError } from '../../../src/notify/channel'
import { JournalMemory } from '../../../src/notify/channel-memory'
import { jiraChannel } from '../../../src/notify/jira/jira'
import { jqlString } from '../../../src/notify/jira/tickets'
import type { Report } from '../../../src/notify/model'
import { reportOf } from '../../../src/notify/report'
import { markOf } from '../../../src/notify/tickets/marks'
import { HOSTILE, hostileReport } from '../../support/hostile-report'
import { labService, type RunningService } from '../../support/lab-service'
import { memoryJournal } from '../../support/memory-journal'
import { occurrence } from '../../support/occurrence'

const KEY = 'security_group_rule.create.end:rule-1'
const LABEL = `audit-${markOf(KEY)}`

/** Of one matter, whatever its event. */
function report(id: string, changes: Partial<Report> = {}): Report {
  return { ...reportOf([occurrence(id)]), ticketKey: KEY, ...changes }
}

describe('the Jira channel', () => {
  let clock: LabClock
  let site: JiraSite
  let jira: RunningService
  let memory: ChannelMemory
  const open: Channel[] = []

  beforeEach(async () => {
    clock = labClock(() => Date.parse('2026-11-21T06:51:16Z'))
    site = new JiraSite(clock)
    jira = await labService('jira', jiraService(site), clock)
    memory = new JournalMemory(now)
  })
  afterEach(async () => {
    for (const channel of open.splice(0)) await channel.close()
    await jira.close()
  })

  const now = () => clock.now().getTime()

  function channel(settings: Record<string, unknown> = {}, credentials: Record<string, string> = {}): Channel {
    const opened = jiraChannel.open(
      {
        settings: { site: jira.url, user: site.user, project: 'SEC', ...settings },
        credentials: { token: settings['kind'] === 'server' ? site.accessToken : site.apiToken, ...credentials },
      },
      { http: undiciClient({}), now, memory },
    )
    open.push(opened)
    return opened
  }

  const calls = () => jira.received.map(({ request, status }) => `${status} ${request.method} ${request.target}`)
  const bodyOf = (index: number) => JSON.parse(jira.received[index]?.request.body ?? '') as Record<string, unknown>

  it('opens an issue with a document, found by label before', async () => {
    const link = { label: 'Open', url: 'https://horizon.example.net/x?a=1' }
    const suppressed = { count: 3, since: '2026-11-21T06:00:00Z' }
    const sent = await channel({ labels: 'audit, pce', issueType: 'Incident', priority: 'High' }).send(
      report('e1', {
        text: 'Rule: tcp 22.\n\nNot scanned.',
        facts: [{ label: 'Who', value: 'dana' }],
        link,
        suppressed,
      }),
    )
    assert.deepEqual(sent, { did: 'opened', id: 'SEC-1', url: `${jira.url}/browse/SEC-1` })
    assert.deepEqual(calls(), ['200 POST /rest/api/3/search/jql', '201 POST /rest/api/3/issue'])
    assert.deepEqual(bodyOf(0), {
      jql: `project = "SEC" AND labels = "${LABEL}" AND statusCategory != Done ORDER BY created DESC`,
      fields: ['status'],
      maxResults: 5,
    })
    const text = (words: string, ...marks: object[]) => ({
      type: 'text',
      text: words,
      ...(marks.length > 0 ? { marks } : {}),
    })
    const paragraph = (...content: object[]) => ({ type: 'paragraph', content })
    const item = paragraph(text('Who: ', { type: 'strong' }), text('dana'))
    assert.deepEqual(bodyOf(1), {
      fields: {
        project: { key: 'SEC' },
        issuetype: { name: 'Incident' },
        priority: { name: 'High' },
        summary: 'dana created security group rule rule-e1',
        description: {
          type: 'doc',
          version: 1,
          content: [
            paragraph(text('Rule: tcp 22.')),
            paragraph(text('Not scanned.')),
            paragraph(text('3 more were held back since 2026-11-21T06:00:00Z.')),
            { type: 'bulletList', content: [{ type: 'listItem', content: [item] }] },
            paragraph(text('Open', { type: 'link', attrs: { href: link.url } })),
            paragraph(text(`report-${markOf('e1')}`, { type: 'code' })),
          ],
        },
        labels: ['audit', 'pce', LABEL],
      },
    })
    const headers = jira.received[1]?.request.headers ?? {}
    assert.equal(headers['content-type'], 'application/json')
    assert.equal(headers['authorization'], `Basic ${Buffer.from(`${site.user}:${site.apiToken}`).toString('base64')}`)
  })

  it('writes wiki markup to Data Center, over version 2 with an access token', async () => {
    const link = { label: 'Open', url: 'https://x.example.net/a|b' }
    const odd = report('e1', {
      text: 'h1. not a *heading* {code}',
      facts: [{ label: 'Who', value: '[~admin]|x' }],
      link,
    })
    await channel({ kind: 'server', user: '' }).send(odd)
    assert.deepEqual(calls(), ['200 POST /rest/api/2/search', '201 POST /rest/api/2/issue'])
    const { description } = site.issues[0]?.fields ?? {}
    assert.equal(
      description,
      [
        'h1\u200b. not a \\*heading\\* \\{code\\}',
        '',
        '* *Who:* \\[\\~admin\\]\\|x',
        '',
        '[Open|https://x.example.net/a%7Cb]',
        '',
        `{{report-${markOf('e1')}}}`,
      ].join('\n'),
    )
    await channel({ kind: 'server', user: '' }).send(report('e2', { closes: true }))
    assert.equal(site.issues[0]?.status.name, 'Done')
  })

  it('comments the open issue instead of opening another, also in another process', async () => {
    await channel().send(report('e1'))
    assert.deepEqual(await channel().send(report('e2')), {
      did: 'commented',
      id: 'SEC-1',
      url: `${jira.url}/browse/SEC-1`,
    })
    memory = new JournalMemory(now)
    assert.equal((await channel().send(report('e3'))).did, 'commented')
    assert.equal(site.issues.length, 1)
    assert.equal(site.issues[0]?.comments.length, 2)
    assert.deepEqual(calls().slice(2, 5), [
      '200 GET /rest/api/3/issue/SEC-1?fields=status,labels,description',
      '200 GET /rest/api/3/issue/SEC-1/comment?orderBy=-created&maxResults=100',
      '201 POST /rest/api/3/issue/SEC-1/comment',
    ])
  })

  it('opens another for another matter, and when the first is done', async () => {
    await channel().send(report('e1'))
    await channel().send(report('e2', { ticketKey: 'another' }))
    assert.equal(site.issues.length, 2)
    const [first] = site.issues
    if (first !== undefined) first.status = { name: 'Closed', category: 'done' }
    assert.equal((await channel().send(report('e3'))).id, 'SEC-3')
  })

  it('has no second effect when a report is repeated', async () => {
    await channel().send(report('e1'))
    await channel().send(report('e2'))
    const again = { did: 'repeated', id: 'SEC-1', url: `${jira.url}/browse/SEC-1` }
    assert.deepEqual(await channel().send(report('e1')), again)
    assert.deepEqual(await channel().send(report('e2')), again)
    memory = new JournalMemory(now)
    assert.deepEqual(await channel().send(report('e1')), again)
    assert.deepEqual([site.issues.length, site.issues[0]?.comments.length], [1, 1])
  })

  describe('resolves when what closes comes', () => {
    it('by the first transition to a status of the category Done', async () => {
      await channel().send(report('e1'))
      const sent = await channel().send(report('e2', { closes: true }))
      assert.deepEqual(sent, { did: 'resolved', id: 'SEC-1', url: `${jira.url}/browse/SEC-1` })
      assert.deepEqual([site.issues[0]?.status.name, site.issues[0]?.comments.length], ['Done', 1])
      assert.deepEqual(bodyOf(jira.received.length - 1), { transition: { id: '31' } })
    })

    it('by the transition of a name, with a resolution', async () => {
      await channel().send(report('e1'))
      await channel({ transition: "won't do", resolution: 'Declined' }).send(report('e2', { closes: true }))
      assert.deepEqual([site.issues[0]?.status.name, site.issues[0]?.resolution], ['Rejected', 'Declined'])
    })

    it('only if there is such a transition, and says so if there is none', async () => {
      await channel().send(report('e1'))
      const sent = await channel({ transition: 'Bury' }).send(report('e2', { closes: true }))
      assert.equal(sent.did, 'commented')
      assert.match(sent.incomplete ?? '', /no such transition; there are: Start, Done, Won't do/)
    })

    it('once: the transition that failed is done by the repetition, without another comment', async () => {
      await channel().send(report('e1'))
      jira.faults.add({ service: 'jira', method: 'POST', path: '*/transitions', status: 503, times: 1 })
      await assert.rejects(channel().send(report('e2', { closes: true })), { kind: 'transient' })
      assert.equal((await channel().send(report('e2', { closes: true }))).did, 'resolved')
      assert.equal(site.issues[0]?.comments.length, 1)
      assert.equal((await channel().send(report('e2', { closes: true }))).did, 'repeated')
    })

    it('and does nothing where nothing is open', async () => {
      assert.deepEqual(await channel().send(report('e1', { closes: true })), { did: 'nothing' })
      assert.equal(site.issues.length, 0)
    })
  })

  describe('while the index is late', () => {
    beforeEach(() => {
      site.indexLagMs = 20_000
    })

    it('finds its own issue by what it remembers, over a restart', async () => {
      const journal = memoryJournal()
      const remembering = () => {
        const made = new JournalMemory(now)
        made.keepIn(journal, 'n1', assert.ifError)
        return made
      }
      memory = remembering()
      await channel().send(report('e1'))
      memory = remembering()
      assert.equal((await channel().send(report('e2'))).did, 'commented')
    })

    for (const [what, fault, made] of [
      ['that was made', { disconnect: 'after' }, 1],
      ['that was not made', { disconnect: 'before' }, 0],
      ['of which a proxy said 502', { status: 502 }, 0],
    ] as const) {
      it(`looks for an issue ${what} but not answered for until it must have shown`, async () => {
        jira.faults.add({ service: 'jira', method: 'POST', path: '/rest/api/3/issue', times: 1, ...fault })
        const sending = channel()
        await assert.rejects(sending.send(report('e1')), { kind: 'unknown' })
        assert.equal(site.issues.length, made)
        await assert.rejects(sending.send(report('e1')), (error: NotifyError) => {
          assert.equal(error.kind, 'transient')
          assert.ok((error.retryAfterMs ?? 0) > 9_000)
          return true
        })
        clock.advance(31_000)
        assert.equal((await sending.send(report('e1'))).did, made === 1 ? 'repeated' : 'opened')
        assert.equal(site.issues.length, 1)
      })
    }

    it('does not look for an issue that was refused', async () => {
      jira.faults.add({ service: 'jira', method: 'POST', path: '/rest/api/3/issue', status: 429, times: 1 })
      const sending = channel()
      await assert.rejects(sending.send(report('e1')), { kind: 'rate_limited' })
      assert.equal((await sending.send(report('e1'))).did, 'opened')
    })

    it('does not believe an index that still calls an issue open', async () => {
      site.indexLagMs = 0
      await channel().send(report('e1'))
      memory = new JournalMemory(now)
      const [issue] = site.issues
      assert.ok(issue)
      jira.faults.add({
        service: 'jira',
        path: '*/search/jql',
        body: JSON.stringify({ issues: [{ key: issue.key }] }),
        headers: { 'content-type': 'application/json' },
        times: 1,
      })
      issue.status = { name: 'Closed', category: 'done' }
      assert.equal((await channel().send(report('e2'))).did, 'opened')
    })
  })

  it('forgets an issue that was deleted, or is another matter now', async () => {
    await channel().send(report('e1'))
    site.issues.splice(0)
    assert.equal((await channel().send(report('e2'))).did, 'opened')
    Object.assign(site.issues[0]?.fields ?? {}, { labels: ['other'] })
    assert.equal((await channel().send(report('e3'))).id, 'SEC-2')
  })

  for (const kind of ['cloud', 'server']) {
    it(`keeps hostile names within their texts (${kind})`, async () => {
      const odd = hostileReport()
      await channel({ kind }).send(odd)
      await channel({ kind }).send({ ...hostileReport('hostile-2'), closes: true })
      const [issue] = site.issues
      assert.deepEqual([site.issues.length, issue?.comments.length, issue?.status.name], [1, 1, 'Done'])
      const { summary, description } = issue?.fields ?? {}
      assert.ok(String(summary).length <= 255)
      assert.doesNotMatch(String(summary), /[\r\n\u202e]/)
      const shown = JSON.stringify(description)
      if (kind === 'cloud') assert.ok(shown.includes(JSON.stringify(HOSTILE.slice(0, 60)).slice(1, -1)))
      else assert.doesNotMatch(String(description), /(^|[^\\{])\{[^{\\]|(^|[^\\])\[(?!Open)/)
    })

    it(`cuts what is longer than Jira takes (${kind})`, async () => {
      const long = hostileReport('long', 100_000)
      const sent = await channel({ kind }).send({
        ...long,
        text: HOSTILE.repeat(1000),
        filled: { title: '👩‍👩‍👧'.repeat(99) },
      })
      assert.equal(sent.did, 'opened')
      assert.ok(String(site.issues[0]?.fields['summary']).endsWith('👧…'))
    })
  }

  it('quotes strings of JQL', () => {
    assert.equal(jqlString('a" OR project = "HR\\'), '"a\\" OR project = \\"HR\\\\"')
  })

  it('takes texts of templates, and fields with the types that they have', async () => {
    site.requiredFields = ['customfield_10010']
    const fields =
      '{"customfield_10010": {"value": "{{ event.initiator.name }}", "rank": 3}, "components": [{"name": "net"}]}'
    const priority = '{% if report.severity == "info" %}Low{% else %}High{% endif %}'
    await channel({ fields, priority }).send(report('e1', { filled: { title: 'one\r\ntwo', text: '' } }))
    const { customfield_10010, components, summary, priority: given } = site.issues[0]?.fields ?? {}
    assert.deepEqual(customfield_10010, { value: 'dana', rank: 3 })
    assert.deepEqual(components, [{ name: 'net' }])
    assert.deepEqual([summary, given], ['one two', { name: 'Low' }])
  })

  for (const [status, kind, body] of [
    [400, 'config', { errorMessages: [], errors: { customfield_10020: 'Team is required.' } }],
    [400, 'invalid', { errorMessages: [], errors: { summary: 'Summary must be less than 255 characters.' } }],
    [401, 'auth', {}],
    [403, 'auth', { errorMessages: ['no permission'] }],
    [404, 'not_found', { errorMessages: ['gone'] }],
    [413, 'too_large', {}],
    [429, 'rate_limited', {}],
    [500, 'unknown', {}],
    [503, 'transient', {}],
  ] as const) {
    it(`calls an answer ${status} to a create ${kind}`, async () => {
      const headers = { 'retry-after': '7', 'content-type': 'application/json' }
      const path = '/rest/api/3/issue'
      jira.faults.add({ service: 'jira', path, status, headers, body: JSON.stringify(body) })
      await assert.rejects(channel().send(report('e1')), (error: NotifyError) => {
        assert.deepEqual([error.kind, error.retryAfterMs], [kind, 7000])
        return true
      })
    })
  }

  it('takes no log-in page for an answer', async () => {
    jira.faults.add({ service: 'jira', path: '*/search/jql', status: 200, body: '<html>Log in</html>' })
    await assert.rejects(channel().send(report('e1')), { kind: 'config' })
  })

  it('does not call an issue made that has no key, nor takes a search without a list for one that found nothing', async () => {
    const headers = { 'content-type': 'application/json' }
    const body = JSON.stringify({ errorMessages: ['no'] })
    jira.faults.add({ service: 'jira', path: '/rest/api/3/issue', status: 200, headers, body, times: 1 })
    await assert.rejects(channel().send(report('e1')), { kind: 'unknown' })
    jira.faults.add({ service: 'jira', path: '*/search/jql', status: 200, headers, body })
    await assert.rejects(channel().send(report('e2')), { kind: 'config' })
  })

  it('says by name what is wrong with project, issue type and fields, for a person to mend', async () => {
    for (const [settings, said] of [
      [{ project: 'HR' }, /project: valid project/],
      [{ issueType: 'Story' }, /issuetype: Specify/],
      [{ fields: '{"customfield_9": 1}' }, /customfield_9/],
      [{ priority: 'Urgent' }, /priority: The priority/],
    ] as const) {
      await assert.rejects(channel(settings).send(report('e1')), (error: NotifyError) => {
        assert.equal(error.kind, 'config')
        assert.match(error.message, said)
        return true
      })
    }
  })

  it('shows no secret in any error', async () => {
    const token = 'tok3n-that-nobody-sees'
    const basic = Buffer.from(`${site.user}:${token}`).toString('base64')
    const body = JSON.stringify({ errorMessages: [`bad ${token} ${basic}`] })
    jira.faults.add({ service: 'jira', status: 400, body, headers: { 'content-type': 'application/json' } })
    const sending = channel({}, { token })
    for (const call of [() => sending.send(report('e1')), () => sending.test()]) {
      await assert.rejects(call(), (error: Error) => {
        assert.match(error.message, /redacted/)
        assert.ok(!error.message.includes(token) && !error.message.includes(basic))
        return true
      })
    }
  })

  for (const [settings, credentials, complaint] of [
    [
      { site: '', project: '', user: '' },
      { token: '' },
      /"site" is missing; .*"token" is missing; "user" is missing; "project"/,
    ],
    [{ site: 'http://jira.example.net' }, {}, /"site" must begin with https/],
    [{ fields: '[1]' }, {}, /"fields" must be a JSON object/],
    [{ fields: '{"summary": "x"}' }, {}, /"fields" must not name summary/],
    [{ fields: '{"a": "{% if %}"}' }, {}, /template/],
    [{ project: 'A" OR 1=1' }, {}, /"project" is no key/],
    [{ labels: 'x'.repeat(256) }, {}, /"labels"/],
  ] as const) {
    it(`says at deploy what is wrong with ${JSON.stringify(settings).slice(0, 60)}`, () => {
      assert.throws(() => channel(settings, credentials), complaint)
    })
  }

  it('tries its settings without creating anything', async () => {
    assert.equal(await channel().test(), 'SOC bot sees project Security. Nothing was created.')
    assert.match(await channel({ issueType: 'Bug' }).test(), /no issue type Bug: Task, Incident/)
    await assert.rejects(channel({}, { token: 'wrong' }).test(), { kind: 'auth' })
    assert.equal(site.issues.length, 0)
  })
})
