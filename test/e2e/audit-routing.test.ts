import assert from 'node:assert/strict'
import { copyFileSync, globSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { labClock } from '../../lab/clock'
import { demoId } from '../../lab/demo/cloud'
import { demoProjects, demoUsers } from '../../lab/demo/people'
import { type FlowNode, fillInExample } from '../../lab/examples/fill-in'
import { type PocketCloud, startPocketCloud } from '../../lab/pocket-cloud'
import { SyslogReceiver } from '../../lab/syslog/receiver'
import { nodeOf, readExample } from '../support/example'
import { type LocalServer, serve } from '../support/http-server'
import { type NodeRed, startNodeRed } from '../support/node-red'
import { ask, passwordOf, tokenOf } from '../support/pocket-calls'
import { everything, isEnded, isRead, RECORDED, type Recorded, recorded } from '../support/recorded-log'
import { waitFor } from '../support/wait-for'
import { wholeLines } from '../support/whole-lines'

/** What each example reads: recorded log files, or what the pocket cloud's Keystone tells while the test drives it. */
const EXAMPLES = {
  webHook: ['web-hook/01 - Post failed logins, acknowledged by hand', 'live'],
  everything: ['audit-routing/01 - Every audit event to syslog', 'keystone neutron octavia'],
  logins: ['audit-routing/02 - Failed and administrator logins to a web hook', 'live'],
  octavia: ['audit-routing/03 - Load balancer API audit from a log file', 'octavia'],
  changes: ['audit-routing/04 - Changes only', 'keystone neutron octavia'],
  quiet: ['audit-routing/05 - Leave out what nobody needs', 'keystone neutron octavia'],
  correlated: ['audit-routing/06 - Who changed the network, and from where', 'neutron'],
  burst: ['audit-routing/07 - Burst of failed logins to a web hook', 'live'],
  deleted: ['audit-routing/10 - A project was deleted', 'live'],
  disabled: ['audit-routing/11 - A project was disabled', 'live'],
} as const
type Name = keyof typeof EXAMPLES
const NAMES = Object.keys(EXAMPLES) as Name[]

describe('The examples, imported into a real Node-RED', function () {
  this.timeout(120_000)
  let directory: string
  let cloud: PocketCloud
  let nodeRed: NodeRed
  let hook: LocalServer
  const receivers = {} as Record<Name, SyslogReceiver>
  const posted: { text: string; id: string }[] = []
  const byHand: { text: string }[] = []
  const bursts: { text: string }[] = []
  const refused = new Set<string>()
  let flows: FlowNode[]
  const file = (name: string) => join(directory, name)

  before(async () => {
    directory = mkdtempSync(join(tmpdir(), 'audit-routing-'))
    cloud = await startPocketCloud({
      certificate: false,
      keystone: { notificationOptOut: [] },
      notifications: { keystoneLogFile: file('live.log') },
    })
    writeFileSync(file('live.log'), '')
    for (const name of ['octavia', 'neutron']) copyFileSync(join(RECORDED, `${name}.log`), file(`${name}.log`))
    const logs = ['keystone', 'neutron', 'octavia'].map((name) => readFileSync(join(RECORDED, `${name}.log`), 'utf8'))
    writeFileSync(file('keystone neutron octavia.log'), logs.join(''))
    hook = await serve((request, response) => {
      const chunks: Buffer[] = []
      request.on('data', (chunk: Buffer) => chunks.push(chunk))
      request.on('end', () => {
        const body = JSON.parse(Buffer.concat(chunks).toString()) as (typeof posted)[number]
        const to = { '/by-hand': byHand, '/burst': bursts }[request.url ?? ''] ?? posted
        // The first one is refused once: it must come again.
        if (!refused.has(request.url ?? '')) {
          refused.add(request.url ?? '')
          response.writeHead(503).end()
          return
        }
        to.push(body)
        response.writeHead(200).end()
      })
    })
    flows = []
    const credentials: Record<string, Readonly<Record<string, string>>> = {}
    for (const name of NAMES) {
      const receiver = await SyslogReceiver.listen({
        clock: labClock(),
        ports: { udp: 0, tcp: 0, tls: 0 },
        certificate: undefined,
      })
      receivers[name] = receiver
      const filled = fillInExample(readExample(`examples/${EXAMPLES[name][0]}.json`), {
        cloud: { urls: cloud.urls, qualys: cloud.qualys, syslog: receiver },
        logFile: file(`${EXAMPLES[name][1]}.log`),
        webHook: `${hook.url}${name === 'webHook' ? '/by-hand' : name === 'burst' ? '/burst' : ''}`,
        outputFile: file('changes.jsonl'),
        windowSeconds: 1,
      })
      // What the editor would show of errors is wanted in the log, too.
      flows.push(
        ...filled.flows.map((node) =>
          node.type === 'debug' && node['name'] === 'errors' ? { ...node, console: true } : node,
        ),
      )
      Object.assign(credentials, filled.credentials)
    }
    nodeRed = await startNodeRed({ flows: flows as never, credentials })
  })
  after(async () => {
    await nodeRed?.remove()
    for (const receiver of Object.values(receivers)) await receiver.close()
    await hook?.close()
    await cloud?.close()
    rmSync(directory, { recursive: true, force: true })
  })

  /** The lines of an example's syslog server, when there are as many as expected and no more come. */
  async function lines(name: Name, count: number): Promise<{ severity: number; text: string }[]> {
    const { lines: got } = receivers[name]
    await waitFor(
      () => `${count} lines from "${EXAMPLES[name][0]}", ${got.length} came`,
      () => (got.length >= count ? true : undefined),
      { timeoutMs: 60_000 },
    )
    return got.map(({ message }) => {
      assert.ok(message !== undefined)
      return { severity: message.severity, text: message.text }
    })
  }
  const events = (found: readonly { text: string }[]) =>
    found.map(
      ({ text }) =>
        JSON.parse(text) as { action: string; outcome: string; initiator: Recorded['payload']['initiator'] },
    )
  async function keystone(method: string, path: string, body?: unknown): Promise<number> {
    const headers = { 'x-auth-token': await tokenOf(cloud, 'admin') }
    return (await ask(method, cloud.urls.keystone + path, { headers, body })).status
  }
  const login = (name: string, password?: string) =>
    ask('POST', `${cloud.urls.keystone}/auth/tokens`, { body: { auth: { identity: passwordOf(name, password) } } })

  /** Whole themes have a test of their own, which names each example or runs the whole folder. */
  const TESTS_OF_FOLDERS: Readonly<Record<string, string>> = {
    'audit-trail': 'test/e2e/audit-trail.test.ts',
    illumio: 'test/e2e/notify.test.ts',
    notify: 'test/e2e/notify.test.ts',
  }

  it('are all run here, or where their test belongs', () => {
    const elsewhere: Readonly<Record<string, string>> = {
      'examples/security-group-scan/01 - From a security-group change to a Qualys scan.json':
        'test/e2e/recorded-neutron.test.ts',
    }
    const here = Object.values(EXAMPLES).map(([name]) => `examples/${name}.json`)
    const all = globSync('examples/**/*.json')
    const missing = all.filter((name) => {
      if (here.includes(name) || elsewhere[name] !== undefined) return false
      const folder = name.split('/')[1] ?? ''
      const test = TESTS_OF_FOLDERS[folder]
      const text = test === undefined ? '' : readFileSync(test, 'utf8')
      return !text.includes(basename(name, '.json')) && !text.includes(`'examples/${folder}'`)
    })
    assert.deepEqual(missing, [])
    for (const test of Object.values(elsewhere)) assert.match(readFileSync(test, 'utf8'), /MAIN_EXAMPLE/)
  })

  it('01 sends one line for each event, with the severity of its outcome', async () => {
    const found = await lines('everything', everything.length)
    assert.equal(found.length, everything.length)
    const severities: Record<string, number> = { failure: 4, unknown: 5, success: 6, pending: 6 }
    for (const [index, { outcome }] of events(found).entries()) {
      assert.equal(found[index]?.severity, severities[outcome], outcome)
    }
    const failures = everything.filter(({ payload }) => payload.outcome === 'failure').length
    assert.ok(failures > 0)
    assert.equal(found.filter(({ severity }) => severity === 4).length, failures)
  })

  it('02 posts failed logins and those of administrators, and again what the hook refused', async () => {
    await login('alice', 'wrong')
    await waitFor('a refusal', () => (refused.has('/') ? true : undefined))
    await login('alice')
    await login('admin')
    await login('mallory', 'guess')
    const texts = () => posted.map(({ text }) => text.replace(/ at 20.*/, '')).sort()
    await waitFor(
      () => `three posts: ${JSON.stringify(texts())}`,
      () => (new Set(posted.map(({ id }) => id)).size >= 3 ? true : undefined),
      { timeoutMs: 30_000 },
    )
    assert.deepEqual(texts(), [
      'Administrator logged in: admin from 127.0.0.1',
      'Login failed: alice from 127.0.0.1',
      'Login failed: mallory from 127.0.0.1',
    ])
  })

  it('the web hook that is settled by hand gets failed logins only, and again what it refused', async () => {
    await waitFor('two posts', () => (byHand.length >= 2 ? true : undefined), { timeoutMs: 30_000 })
    assert.deepEqual(byHand.map(({ text }) => text).sort(), [
      'Login failed for alice from 127.0.0.1',
      'Login failed for mallory from 127.0.0.1',
    ])
  })

  it('03 reports the load-balancer calls that change something', async () => {
    const calls = recorded('octavia').filter((each) => each.eventType === 'audit.http.response' && !isRead(each))
    const found = await lines('octavia', calls.length)
    assert.equal(found.length, calls.length)
    const failures = calls.filter(({ payload }) => payload.outcome === 'failure').length
    assert.equal(found.filter(({ severity }) => severity === 4).length, failures)
  })

  it('04 keeps what changed something, in a file', async () => {
    const changes = everything.filter((each) => isEnded(each) && each.eventType !== 'identity.authenticate')
    const written = () => wholeLines(file('changes.jsonl'))
    await waitFor(
      () => `${changes.length} changes, ${written().length} came`,
      () => (written().length >= changes.length ? true : undefined),
      { timeoutMs: 60_000 },
    )
    const kept = written().map((line) => JSON.parse(line) as { action: string; outcome: string })
    assert.equal(kept.length, changes.length)
    assert.ok(kept.every(({ action, outcome }) => !/^(read|authenticate)/.test(action) && outcome !== 'pending'))
  })

  it('05 leaves out reads, beginnings and the logins of services', async () => {
    const services = ['neutron', 'nova', 'glance', 'cinder', 'placement', 'octavia', 'heat']
    const byService = ({ eventType, payload }: Recorded) =>
      eventType === 'identity.authenticate' &&
      payload.outcome === 'success' &&
      services.includes(payload.initiator?.username ?? '')
    assert.ok(everything.some(byService))
    const wanted = everything.filter((each) => isEnded(each) && !byService(each))
    const found = events(await lines('quiet', wanted.length))
    assert.equal(found.length, wanted.length)
    assert.ok(found.every(({ action }) => !/^read/.test(action)))
  })

  it('06 says who changed the network, and from where, once for each call', async () => {
    const calls = recorded('neutron').filter((each) => each.eventType === 'audit.http.response' && !isRead(each))
    const found = events(await lines('correlated', calls.length))
    assert.equal(found.length, calls.length)
    assert.ok(found.every(({ initiator }) => initiator?.name !== undefined && initiator.host?.address === '127.0.0.1'))
    assert.ok(found.some(({ outcome }) => outcome === 'failure'))
  })

  it('07 posts once for the user whose login failed five times, and once for the address', async () => {
    for (let tries = 0; tries < 7; tries += 1) await login('bob', `guess ${tries}`)
    await waitFor('the bursts', () => (bursts.length >= 2 ? true : undefined), { timeoutMs: 30_000 })
    assert.deepEqual(bursts.map(({ text }) => text.replace(/ from 20.*/, '')).sort(), [
      '5 failed logins for 127.0.0.1',
      `5 failed logins for bob (${demoUsers.bob.id})`,
    ])
  })

  it('11 reports what is in a project that was disabled, and no other update', async () => {
    const { id } = demoProjects.shop
    assert.equal(await keystone('PATCH', `/projects/${id}`, { project: { description: 'still on' } }), 200)
    await waitFor('the look-up', () =>
      cloud.received.find(
        ({ request }) => request.service === 'keystone' && request.path.endsWith(id) && request.method === 'GET',
      ),
    )
    assert.equal(await keystone('PATCH', `/projects/${id}`, { project: { enabled: false } }), 200)
    const [report] = await lines('disabled', 1)
    assert.match(
      report?.text ?? '',
      /^project shop \(\w+\) is disabled since the update by admin; in it: 4 servers, 2 volumes, 1 networks, 1 load balancers \{/,
    )
    const { at } = JSON.parse(report?.text.slice(report.text.indexOf('{')) ?? '') as { at: string }
    const disabled = cloud.keystoneNotifier.published.at(-1)?.payload['eventTime']
    assert.equal(at.slice(0, 23), String(disabled).slice(0, 23), 'the report is about the update that disabled it')
    assert.equal(receivers.disabled.lines.length, 1)
    assert.deepEqual(changingCalls(), [])
  })

  it('10 reports what is left of a deleted project, and deletes it when a person allows it and presses the button', async () => {
    const { id } = demoProjects.archive
    assert.equal(await keystone('DELETE', `/projects/${id}`), 204)
    const [line] = await lines('deleted', 1)
    assert.equal(line?.severity, 4)
    assert.match(
      line?.text ?? '',
      /^project \w+ was deleted by admin; left of it: 3 servers, 2 volumes, 1 networks, 1 load balancers \{/,
    )
    const report = JSON.parse(line?.text.slice(line.text.indexOf('{')) ?? '') as Record<string, { name: string }[]>
    assert.deepEqual(report['servers']?.map(({ name }) => name).sort(), ['store-1', 'store-2', 'vault-1'])
    assert.deepEqual(report['volumes']?.map(({ name }) => name).sort(), ['cold-copy', 'store-data'])

    const press = () => nodeRed.admin(`/inject/${button.id}`, { method: 'POST' })
    const button = nodeOf(flows, 'inject')
    await press()
    await waitFor('seven refusals', () =>
      nodeRed.log().match(/'REQUEST_CHANGES_OFF'/g)?.length === 7 ? true : undefined,
    )
    assert.deepEqual(changingCalls(), [])
    assert.equal(cloud.resources.servers.size, 7)

    const allowed = flows.map((node) =>
      node.type === 'openstack-request' && node['method'] === 'DELETE' ? { ...node, changes: true } : node,
    )
    await nodeRed.deploy(allowed as never, 'nodes')
    await press()
    await waitFor('what can go to be gone', () =>
      cloud.resources.volumes.has(demoId('volume cold-copy')) ? undefined : true,
    )
    const askedFor = () => new Set(changingCalls()).size === 4 && changingCalls().length >= 7
    const told = () => `all seven to be asked for, in:\n${nodeRed.log().slice(-4000)}`
    try {
      await waitFor(told, () => askedFor() || undefined, { timeoutMs: 15_000 })
      assert.deepEqual(changingCalls().slice(0, 2), ['octavia', 'nova'])
    } catch (missed) {
      // Seen once in some ten whole runs, and not understood: whoever sees something left presses again. The log tells more.
      console.error(missed)
      await press()
      await waitFor(told, () => askedFor() || undefined)
    }
    await waitFor('its servers to be gone', () => (cloud.resources.servers.size === 4 ? true : undefined))
    assert.equal([...cloud.resources.servers.values()].filter(({ projectId }) => projectId === id).length, 0)
    assert.equal([...cloud.resources.loadBalancers.values()].filter(({ projectId }) => projectId === id).length, 0)
    assert.equal(cloud.resources.servers.size, 4)
  })

  /** Services that were asked to change something, by the flows; Keystone is changed by the test itself. */
  function changingCalls(): string[] {
    return cloud.received
      .filter(({ request }) => request.method !== 'GET' && /^(nova|cinder|neutron|octavia)$/.test(request.service))
      .map(({ request }) => request.service)
  }
})
