import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fillInExample } from '../../lab/examples/fill-in'
import { happenAtDemoPce, type PceOccurrence } from '../../lab/illumio/demo'
import { type PocketCloud, startPocketCloud } from '../../lab/pocket-cloud'
import { readExample } from '../support/example'
import { type LocalServer, serve } from '../support/http-server'
import { type NodeRed, startNodeRed } from '../support/node-red'
import { waitFor } from '../support/wait-for'

const FOLDER = 'examples/illumio'
const NOTIFY = 'examples/notify'
const LONG = { timeoutMs: 90_000 }

interface Alert {
  readonly dedup_key: string
  readonly payload: { readonly severity: string; readonly source: string; readonly custom_details: object }
}

describe('The examples of Illumio, imported into a real Node-RED', function () {
  this.timeout(180_000)
  let directory: string
  let repository: string
  let cloud: PocketCloud
  let hook: LocalServer
  let nodeRed: NodeRed
  const alerts: { body: Alert; authorization: string }[] = []

  before(async () => {
    directory = mkdtempSync(join(tmpdir(), 'notify-'))
    repository = join(directory, 'policy')
    mkdirSync(repository)
    for (const command of [
      ['init', '--quiet'],
      ['config', 'user.name', 'Node-RED'],
      ['config', 'user.email', 'n@example.net'],
    ]) {
      execFileSync('git', ['-C', repository, ...command])
    }
    const logFile = join(directory, 'keystone.log')
    writeFileSync(logFile, '')
    cloud = await startPocketCloud({ certificate: false, notifications: { keystoneLogFile: logFile } })
    hook = await serve((request, response) => {
      const chunks: Buffer[] = []
      request.on('data', (chunk: Buffer) => chunks.push(chunk))
      request.on('end', () => {
        const body = JSON.parse(Buffer.concat(chunks).toString()) as Alert
        alerts.push({ body, authorization: request.headers.authorization ?? '' })
        response.writeHead(202).end()
      })
    })
    const files = [FOLDER, NOTIFY].flatMap((folder) => readdirSync(folder).map((file) => join(folder, file)))
    const filled = files.map((file) =>
      fillInExample(readExample(file), {
        ...{ cloud, logFile, repository, ticked: true, windowSeconds: 5 },
        ...(file.includes('alert hook') && { webHook: hook.url }),
      }),
    )
    nodeRed = await startNodeRed({
      flows: filled.flatMap(({ flows }) => flows) as never,
      credentials: Object.assign({}, ...filled.map(({ credentials }) => credentials)) as never,
    })
    // The sources begin with what happens after their first answer from the PCE.
    const asked = () => cloud.received.filter(({ request }) => /events/.test(request.path)).length
    await waitFor('the first polls of seven sources', () => asked() >= 14, LONG)
  })
  after(async () => {
    await nodeRed?.remove()
    await cloud?.close()
    await hook?.close()
    rmSync(directory, { recursive: true, force: true })
  })

  const happen = (what: PceOccurrence) => happenAtDemoPce(cloud.vendors.illumio, what)
  const told = (pattern: RegExp) =>
    cloud.vendors.slack.messages.filter((message) => pattern.test(JSON.stringify(message)))
  /** What a service took, by its text. */
  const took = (service: string, pattern: RegExp) =>
    cloud.received.filter(
      ({ request, status }) =>
        request.service === service && request.method === 'POST' && (status ?? 0) < 300 && pattern.test(request.body),
    )
  const git = (...command: string[]) => execFileSync('git', ['-C', repository, ...command], { encoding: 'utf8' })
  // All branches: of a repository without a commit that is nothing, and no error.
  const commits = () =>
    git('log', '--format=%s', '--all')
      .split('\n')
      .filter((line) => line !== '')

  it('01 tells of a login in Slack, by mail and through SNS', async () => {
    happen('login')
    const inAFewWords = /from 198\.51\.100\.17, 20/
    await waitFor('the message', () => told(inAFewWords).length > 0, LONG)
    await waitFor('the mail', () => cloud.smtp?.mails.some(({ raw }) => inAFewWords.test(raw)), LONG)
    await waitFor('the publication', () => took('sns', /from\+?(%20)?198\.51\.100\.17/).length > 0, LONG)
    assert.deepEqual(
      cloud.smtp?.mails.map(({ to }) => to),
      [['soc@example.net']],
    )
    assert.equal(told(inAFewWords).length, 1)
  })

  it('02 opens a Jira issue for what a watcher picks, and none for the rest', async () => {
    happen('failed-login')
    happen('rule-change')
    happen('login')
    const { issues } = cloud.vendors.jira.site
    await waitFor('two issues', () => issues.length >= 2, LONG)
    const summaries = issues.map(({ fields }) => String(fields['summary'])).sort()
    assert.equal(summaries.length, 2)
    assert.ok(
      summaries.some((text) => text.includes('sec_rules/301')),
      summaries.join(),
    )
    assert.ok(
      summaries.some((text) => text.includes('o\u2019neil & sons <x>')),
      summaries.join(),
    )
  })

  it('03 tells of a policy with a rule for any service from anywhere, and of no other', async () => {
    happen('provision')
    // Of one moment they have no order.
    await new Promise((resolve) => setTimeout(resolve, 20))
    happen('open-provision')
    await waitFor('the message', () => told(/let any service in/).length > 0, LONG)
    const [message, ...more] = told(/let any service in/)
    assert.deepEqual(more, [])
    assert.match(message?.text ?? '', /^1 rules let any service in from anywhere/)
    assert.match(JSON.stringify(message), /Payments prod: .*sec_policy\/94\/rule_sets\/88\/sec_rules\/301/)
  })

  it('04 commits each version of the policy, with what the provisioning says of itself as the text', async () => {
    await waitFor(
      () => `two commits: ${commits().join()}`,
      () => commits().length === 2,
      LONG,
    )
    assert.match(commits()[0] ?? '', /^\/orgs\/7\/sec_policy\/94, provisioned by dana@example\.net at 20/)
    const { rule_sets: ruleSets } = JSON.parse(readFileSync(join(repository, 'policy.json'), 'utf8')) as {
      rule_sets: { name: string }[]
    }
    assert.deepEqual(
      ruleSets.map(({ name }) => name),
      ['Payments prod'],
    )
    assert.match(git('diff', 'HEAD~1'), /^\+.*ip_lists\/1/m)
  })

  it('04 takes nothing from an event into a command', async () => {
    const href = '/orgs/7/sec_policy/95'
    const { resources } = cloud.vendors.illumio
    for (const part of ['rule_sets', 'services', 'ip_lists'])
      resources.set(`${href}/${part}`, [{ href: `${href}/${part}/1`, name: '`touch hacked`' }])
    cloud.vendors.illumio.happen({
      ...{
        event_type: 'sec_policy.create',
        created_by: { user: { href: '/users/9', username: '"; touch hacked; $(touch hacked) \n#' } },
      },
      resource_changes: [{ resource: { sec_policy: { href } }, changes: null, change_type: 'create' }],
    })
    await waitFor('the third commit', () => commits().length === 3, LONG)
    assert.match(commits()[0] ?? '', /provisioned by "; touch hacked; \$\(touch hacked\) \?# at/)
    assert.deepEqual(readdirSync(repository).sort(), ['.git', 'commit-message.txt', 'policy.json'])
  })

  it('07 opens an incident for each provisioning', async () => {
    const { records } = cloud.vendors.servicenow.instance
    await waitFor('three incidents', () => records.length >= 3, LONG)
    assert.equal(new Set(records.map(({ values }) => values['correlation_id'])).size, 3)
    assert.equal(records.length, 3)
  })

  it('05 tells that the PCE does not answer, and that it answers again; and of its health', async () => {
    const fault = cloud.faults.add({ service: 'illumio', path: '*/events', status: 503 })
    await waitFor('the trouble', () => told(/illumio\.poll\.failed/).length > 0, LONG)
    cloud.faults.clear(fault)
    await waitFor('the end of it', () => told(/illumio\.poll\.recovered/).length > 0, LONG)
    assert.match(JSON.stringify(told(/illumio\.poll\.failed/)), /503/)
    assert.doesNotMatch(JSON.stringify(cloud.vendors.slack.messages), /pocket-pce-secret|pocket-slack-token/)
  })

  it('06 posts one alert a host in ten minutes, in the form of an alert', async () => {
    happen('tampering')
    await waitFor('the alert', () => alerts.length > 0, LONG)
    happen('tampering')
    const throttled = async () => {
      const { nodes } = (await (await nodeRed.admin('/openstack-events/counters')).json()) as {
        nodes: { type: string; throttled: number }[]
      }
      return nodes.some(({ type, throttled: count }) => type === 'audit-notify-webhook' && count === 1)
    }
    await waitFor('the second held back', throttled, LONG)
    assert.equal(alerts.length, 1)
    const [alert] = alerts
    assert.equal(alert?.authorization, 'Bearer pocket-hook-token')
    assert.deepEqual([alert?.body.payload.severity, alert?.body.payload.source], ['error', 'db-04.example.net'])
    assert.match(alert?.body.dedup_key ?? '', /^agent\.tampering:/)
  })

  it('tell Teams of failed logins at Keystone, those of a while in one message', async () => {
    for (let count = 0; count < 3; count += 1) {
      const user = { name: 'alice', domain: { name: 'Default' }, password: 'wrong' }
      const answer = await fetch(`${cloud.urls.keystone}/auth/tokens`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ auth: { identity: { methods: ['password'], password: { user } } } }),
      })
      assert.equal(answer.status, 401)
    }
    await waitFor('the card', () => took('teams', /identity\.authenticate/).length > 0, LONG)
    assert.match(took('teams', /identity\.authenticate/)[0]?.request.body ?? '', /3 × identity\.authenticate/)
  })

  it('reach every channel by one button', async () => {
    const press = readExample(join(NOTIFY, '02 - Try every channel.json')).find(({ type }) => type === 'inject')
    await nodeRed.admin(`/inject/${press?.id}`, { method: 'POST' })
    const services = [
      'slack',
      'teams',
      'mattermost',
      'telegram',
      'sns',
      'webhook',
      'jira',
      'servicenow',
      'pagerduty',
      'github',
    ]
    for (const service of services) {
      await waitFor(`what ${service} took`, () => took(service, /Payments.{1,3}prod/).length > 0, LONG)
    }
    await waitFor('the mail', () => cloud.smtp?.mails.some(({ raw }) => /Payments prod/.test(raw)), LONG)
  })

  it('say nothing that is not meant for a person', () => {
    assert.doesNotMatch(nodeRed.log(), /\[error\]|early|tracking ends/i)
  })
})

describe('The example that commits to Git, as it is imported', function () {
  this.timeout(120_000)
  let directory: string
  let cloud: PocketCloud
  let nodeRed: NodeRed

  before(async () => {
    directory = mkdtempSync(join(tmpdir(), 'notify-'))
    cloud = await startPocketCloud({ certificate: false })
    const example = readExample(join(FOLDER, '04 - Git commit after a provisioning.json'))
    const { flows, credentials } = fillInExample(example, { cloud, repository: directory })
    nodeRed = await startNodeRed({ flows: flows as never, credentials: credentials as never })
    await waitFor('the first polls', () => cloud.received.length >= 2, LONG)
  })
  after(async () => {
    await nodeRed?.remove()
    await cloud?.close()
    rmSync(directory, { recursive: true, force: true })
  })

  it('writes the policy and executes nothing; the event is finished all the same', async () => {
    happenAtDemoPce(cloud.vendors.illumio, 'provision')
    await waitFor('the file', () => readdirSync(directory).includes('commit-message.txt'), LONG)
    assert.deepEqual(readdirSync(directory).sort(), ['commit-message.txt', 'policy.json'])
    const asked = () => cloud.received.filter(({ request }) => request.path.endsWith('/rule_sets')).length
    const polls = cloud.received.length
    await waitFor('another poll', () => cloud.received.length > polls, LONG)
    await nodeRed.stop()
    nodeRed = await startNodeRed({ userDir: nodeRed.userDir })
    const before = cloud.received.length
    await waitFor('two polls', () => cloud.received.length >= before + 3, LONG)
    assert.equal(asked(), 1, 'it came again')
  })
})
