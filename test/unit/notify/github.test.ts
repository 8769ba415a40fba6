import assert from 'node:assert/strict'
import { type LabClock, labClock } from '../../../lab/clock'
import { GitHubRepository, gitHubService } from '../../../lab/github/service'
import { undiciClient } from '../../../src/http/undici-client'
import type { Channel, ChannelMemory, NotifyError } from '../../../src/notify/channel'
import { JournalMemory } from '../../../src/notify/channel-memory'
import { gitHubChannel } from '../../../src/notify/github/github'
import type { Report } from '../../../src/notify/model'
import { reportOf } from '../../../src/notify/report'
import { markOf } from '../../../src/notify/tickets/marks'
import { HOSTILE, hostileReport } from '../../support/hostile-report'
import { labService, type RunningService } from '../../support/lab-service'
import { occurrence } from '../../support/occurrence'

const KEY = 'security_group_rule.create.end:rule-1'
const LABEL = `audit-${markOf(KEY)}`

/** Of one matter, whatever its event. */
function report(id: string, changes: Partial<Report> = {}): Report {
  return { ...reportOf([occurrence(id)]), ticketKey: KEY, ...changes }
}

describe('the GitHub channel', () => {
  let clock: LabClock
  let repository: GitHubRepository
  let service: RunningService
  let memory: ChannelMemory
  const open: Channel[] = []

  beforeEach(async () => {
    clock = labClock(() => Date.parse('2026-11-21T06:51:16Z'))
    repository = new GitHubRepository()
    service = await labService('github', gitHubService(repository, clock), clock)
    memory = new JournalMemory(now)
  })
  afterEach(async () => {
    for (const channel of open.splice(0)) await channel.close()
    await service.close()
  })

  const now = () => clock.now().getTime()

  function channel(settings: Record<string, unknown> = {}, token = repository.token): Channel {
    const opened = gitHubChannel.open(
      { settings: { api: service.url, repository: repository.name, ...settings }, credentials: { token } },
      { http: undiciClient({}), now, memory },
    )
    open.push(opened)
    return opened
  }

  const calls = () => service.received.map(({ request, status }) => `${status} ${request.method} ${request.target}`)
  const bodyOf = (index: number) =>
    JSON.parse(service.received.at(index)?.request.body ?? '') as Record<string, unknown>
  const urlOf = (number: number) => `${service.url}/acme/audit/issues/${number}`

  it('opens an issue, looked for before by its label', async () => {
    const link = { label: 'Open', url: 'https://horizon.example.net/a b>' }
    const facts = [{ label: 'Who', value: 'dana' }]
    const sent = await channel({ labels: 'audit, pce', assignees: '@octocat' }).send(
      report('e1', { text: 'Rule: tcp 22.', facts, link }),
    )
    assert.deepEqual(sent, { did: 'opened', id: '#1', url: urlOf(1) })
    const query = `labels=${LABEL}&state=open&sort=created&direction=desc&per_page=100`
    assert.deepEqual(calls(), [`200 GET /repos/acme/audit/issues?${query}`, '201 POST /repos/acme/audit/issues'])
    assert.deepEqual(bodyOf(1), {
      title: 'dana created security group rule rule-e1',
      body: [
        'Rule: tcp 22.',
        '- **Who:** dana',
        '[Open](<https://horizon.example.net/a%20b%3E>)',
        `<!-- ${LABEL} report-${markOf('e1')} -->`,
      ].join('\n\n'),
      labels: ['audit', 'pce', LABEL],
      assignees: ['octocat'],
    })
    const { headers = {} } = service.received[1]?.request ?? {}
    assert.deepEqual(
      ['authorization', 'accept', 'x-github-api-version', 'user-agent'].map((name) => headers[name]),
      [`Bearer ${repository.token}`, 'application/vnd.github+json', '2022-11-28', 'node-red-contrib-openstack-events'],
    )
  })

  it('comments the open issue instead of opening another, also in another process', async () => {
    await channel().send(report('e1'))
    assert.deepEqual(await channel().send(report('e2')), { did: 'commented', id: '#1', url: urlOf(1) })
    memory = new JournalMemory(now)
    assert.equal((await channel().send(report('e3'))).did, 'commented')
    assert.deepEqual([repository.issues.length, repository.issues[0]?.comments.length], [1, 2])
    assert.match(repository.issues[0]?.comments[1] ?? '', /^` dana created security group rule rule-e3 `\n\n/)
  })

  it('takes no pull request for an issue', async () => {
    await channel().send(report('e1'))
    const [first] = repository.issues
    assert.ok(first)
    repository.issues[0] = { ...first, isPull: true }
    memory = new JournalMemory(now)
    assert.equal((await channel().send(report('e2'))).did, 'opened')
  })

  it('closes it when what closes comes, and opens another afterwards', async () => {
    await channel().send(report('e1'))
    const sent = await channel().send(report('e2', { closes: true }))
    assert.deepEqual(sent, { did: 'resolved', id: '#1', url: urlOf(1) })
    assert.deepEqual(bodyOf(-1), { state: 'closed', state_reason: 'completed' })
    assert.equal((await channel().send(report('e2', { closes: true }))).did, 'repeated')
    assert.deepEqual(await channel().send(report('e3', { closes: true })), { did: 'nothing' })
    assert.equal((await channel().send(report('e4'))).id, '#2')
  })

  it('has no second effect when a report is repeated, over a list that is late', async () => {
    repository.lagMs = 5_000
    const sending = channel()
    service.faults.add({ service: 'github', method: 'POST', disconnect: 'after', times: 1 })
    await assert.rejects(sending.send(report('e1')), { kind: 'unknown' })
    await assert.rejects(sending.send(report('e1')), { kind: 'transient', retryAfterMs: 10_000 })
    clock.advance(10_001)
    assert.equal((await sending.send(report('e1'))).did, 'repeated')
    service.faults.add({ service: 'github', method: 'POST', disconnect: 'after', times: 1 })
    await assert.rejects(sending.send(report('e2')), { kind: 'unknown' })
    assert.equal((await sending.send(report('e2'))).did, 'repeated')
    assert.deepEqual([repository.issues.length, repository.issues[0]?.comments.length], [1, 1])
  })

  it('finds its comment also on the page before the last', async () => {
    await channel().send(report('e1'))
    await channel().send(report('e2'))
    repository.issues[0]?.comments.push(...Array.from({ length: 105 }, (_, index) => `comment ${index}`))
    repository.issues[0]?.comments.splice(90, 0, ...(repository.issues[0]?.comments.splice(0, 1) ?? []))
    assert.equal((await channel().send(report('e2'))).did, 'repeated')
  })

  it('tells of labels that were dropped without a word, and finds its issue all the same', async () => {
    repository.mayPush = false
    const { incomplete } = await channel({ labels: 'audit' }).send(report('e1'))
    assert.match(incomplete ?? '', new RegExp(`did not set: audit, ${LABEL} \\(the token needs the right to push`))
    assert.equal((await channel().send(report('e2'))).did, 'commented')
  })

  it('calls nobody and refers to nothing, whatever somebody calls himself', async () => {
    const name = '@octocat/team #1 GH-2 acme/audit#3 https://github.com/acme/audit/issues/4 www.evil.example <!-- x'
    const { event, ...message } = occurrence('odd')
    const made = reportOf([{ ...message, event: { ...event, initiator: { ...event.initiator, name } } }])
    await channel().send({ ...made, ticketKey: KEY, text: `${name}\n# no heading` })
    await channel().send({ ...made, id: 'odd-2', ticketKey: KEY })
    await channel().send({ ...hostileReport(), ticketKey: KEY })
    assert.deepEqual(repository.mentioned, [])
    const [issue] = repository.issues
    assert.match(issue?.body ?? '', /\n\\# no heading/)
    assert.equal(issue?.body.match(/<!--/g)?.length, 1)
    assert.equal(issue?.comments.length, 2)
  })

  it('cuts what is longer than GitHub takes', async () => {
    const long = { ...hostileReport('long', 100_000), text: HOSTILE.repeat(1000), filled: { title: '@a '.repeat(200) } }
    assert.equal((await channel().send(long)).did, 'opened')
    const written = { ...long, id: 'long-2', filled: { text: '**x** '.repeat(50_000) } }
    assert.equal((await channel().send(written)).did, 'commented')
    assert.ok(repository.issues[0]?.comments[0]?.endsWith(`report-${markOf('long-2')} -->`))
  })

  it('takes Markdown of a template as it is', async () => {
    await channel().send(report('e1', { filled: { text: '## Who\n\n**dana**' } }))
    assert.match(repository.issues[0]?.body ?? '', /^## Who\n\n\*\*dana\*\*\n\n- \*\*Event:/)
  })

  for (const [status, headers, message, kind, waitMs] of [
    [401, {}, 'Bad credentials', 'auth', undefined],
    [403, {}, 'Resource not accessible by personal access token', 'auth', undefined],
    [403, {}, 'You have exceeded a secondary rate limit.', 'rate_limited', 60_000],
    [403, { 'retry-after': '7' }, 'slow down', 'rate_limited', 7_000],
    [403, { 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': '1795243976' }, 'x', 'rate_limited', 100_000],
    [404, {}, 'Not Found', 'not_found', undefined],
    [410, {}, 'Issues has been disabled', 'config', undefined],
    [413, {}, '', 'too_large', undefined],
    [422, {}, 'Validation Failed', 'invalid', undefined],
    [429, {}, '', 'rate_limited', 60_000],
    [500, {}, '', 'unknown', undefined],
    [503, {}, '', 'transient', undefined],
  ] as const) {
    it(`calls an answer ${status} (${message || 'no text'}) ${kind}`, async () => {
      const body = JSON.stringify({ message })
      service.faults.add({ service: 'github', method: 'POST', status, headers: { ...headers }, body })
      await assert.rejects(channel().send(report('e1')), (error: NotifyError) => {
        assert.deepEqual([error.kind, error.retryAfterMs], [kind, waitMs])
        return true
      })
    })
  }

  it('does not call an issue made that has no number, nor takes what is no list for an empty one', async () => {
    const body = JSON.stringify({ message: 'no' })
    service.faults.add({ service: 'github', method: 'POST', status: 200, body, times: 1 })
    await assert.rejects(channel().send(report('e1')), { kind: 'unknown' })
    service.faults.add({ service: 'github', method: 'GET', status: 200, body })
    await assert.rejects(channel().send(report('e2')), { kind: 'config' })
  })

  it('shows no secret in any error', async () => {
    const token = 'github_pat_nobody_sees'
    service.faults.add({ service: 'github', status: 422, body: JSON.stringify({ message: `bad ${token}` }) })
    for (const call of [() => channel({}, token).send(report('e1')), () => channel({}, token).test()]) {
      await assert.rejects(call(), (error: Error) => {
        assert.match(error.message, /redacted/)
        assert.ok(!error.message.includes(token))
        return true
      })
    }
  })

  for (const [settings, token, complaint] of [
    [{ repository: '' }, '', /"repository" is missing; the credential "token" is missing/],
    [{ repository: 'acme' }, 'x', /not of the form owner\/name/],
    [{ repository: 'acme/a?b' }, 'x', /not of the form owner\/name/],
    [{ labels: 'x'.repeat(51) }, 'x', /"labels" has one of more than 50/],
  ] as const) {
    it(`says at deploy what is wrong with ${JSON.stringify(settings)}`, () => {
      assert.throws(() => channel(settings, token), complaint)
    })
  }

  it('tries its settings without creating anything', async () => {
    assert.equal(await channel().test(), 'The token sees acme/audit. Nothing was created.')
    repository.mayPush = false
    repository.hasIssues = false
    assert.match(await channel().test(), /switched off there. It may not push/)
    await assert.rejects(channel({}, 'wrong').test(), { kind: 'auth' })
    assert.equal(repository.issues.length, 0)
  })
})
