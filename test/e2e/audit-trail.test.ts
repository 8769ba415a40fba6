import assert from 'node:assert/strict'
import { existsSync, globSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { labClock } from '../../lab/clock'
import { demoProjects } from '../../lab/demo/people'
import { type FlowNode, fillInExample } from '../../lab/examples/fill-in'
import { type PocketCloud, startPocketCloud } from '../../lab/pocket-cloud'
import { SyslogReceiver } from '../../lab/syslog/receiver'
import { parseCheckpoint } from '../../src/audit/chain/checkpoint'
import { openSqliteStore } from '../../src/audit/sqlite/open'
import { nodeOf, readExample } from '../support/example'
import { type NodeRed, startNodeRed } from '../support/node-red'
import { ask, tokenOf } from '../support/pocket-calls'
import { RECORDED } from '../support/recorded-log'
import { waitFor } from '../support/wait-for'

const EXAMPLES = {
  serve: '01 - Store everything and serve it',
  report: '02 - Weekly report',
  replay: '03 - Replay after a rule was changed',
  checkpoints: '04 - Checkpoints to syslog',
} as const
type Name = keyof typeof EXAMPLES
const NAMES = Object.keys(EXAMPLES) as Name[]
const CADF = 'http://schemas.dmtf.org/cloud/audit/1.0/event'

interface Written {
  readonly id: string
  readonly outcome: string | undefined
  readonly reasonCode: string | undefined
}

/** The operations in recorded log files, found without the code under test: a request and its answer have the same id. */
function operations(text: string): Map<string, Written> {
  const found = new Map<string, Written>()
  for (const line of text.split('\n')) {
    const json = / oslo\.messaging\.notification\.\S+ \[[^\]]*\] (\{.*\})$/.exec(line)?.[1]
    if (json === undefined) continue
    const { message_id: messageId, payload } = JSON.parse(json) as { message_id: string; payload: RecordedPayload }
    const isCadf = payload.typeURI === CADF
    const id = (isCadf ? payload.id : messageId).replaceAll('-', '')
    const known = found.get(id)
    if (known !== undefined && payload.outcome === 'pending') continue
    const reasonCode = payload.reason?.reasonCode === undefined ? undefined : String(payload.reason.reasonCode)
    found.set(id, { id, outcome: isCadf ? payload.outcome : undefined, reasonCode })
  }
  return found
}

interface RecordedPayload {
  readonly typeURI?: string
  readonly id: string
  readonly outcome?: string
  readonly reason?: { readonly reasonCode?: string | number }
}

describe('The examples of the audit trail, imported into a real Node-RED', function () {
  this.timeout(120_000)
  const recorded = ['keystone', 'neutron', 'octavia'].map((name) => readFileSync(join(RECORDED, `${name}.log`), 'utf8'))
  const expected = operations(recorded.join(''))
  let directory: string
  let cloud: PocketCloud
  let nodeRed: NodeRed
  let flows: FlowNode[]
  const receivers = {} as Record<Name, SyslogReceiver>
  const file = (name: string) => join(directory, name)

  before(async () => {
    directory = mkdtempSync(join(tmpdir(), 'audit-trail-'))
    writeFileSync(file('cloud.log'), recorded.join(''))
    cloud = await startPocketCloud({
      certificate: false,
      keystone: { notificationOptOut: [] },
      notifications: { keystoneLogFile: file('cloud.log') },
    })
    flows = []
    const credentials: Record<string, Readonly<Record<string, string>>> = {}
    let store: string | undefined
    for (const name of NAMES) {
      receivers[name] = await SyslogReceiver.listen({
        clock: labClock(),
        ports: { udp: 0, tcp: 0, tls: 0 },
        certificate: undefined,
      })
      const filled = fillInExample(readExample(`examples/audit-trail/${EXAMPLES[name]}.json`), {
        cloud: { urls: cloud.urls, qualys: cloud.qualys, syslog: receivers[name] },
        logFile: file('cloud.log'),
        outputFolder: directory,
      })
      Object.assign(credentials, filled.credentials)
      // As the comments say: the later ones use the store of the first.
      const own = nodeOf(filled.flows, 'audit-store-config').id
      store ??= own
      for (const node of filled.flows) {
        if (node.id === own && own !== store) continue
        flows.push({ ...node, ...('store' in node ? { store } : {}), ...asTheTestNeeds(node) })
      }
    }
    nodeRed = await startNodeRed({ flows: [...flows, ...again(store ?? '')] as never, credentials })
  })
  after(async () => {
    await nodeRed?.remove()
    for (const receiver of Object.values(receivers)) await receiver.close()
    await cloud?.close()
    rmSync(directory, { recursive: true, force: true })
  })

  /** Recorded events are older than "the last week"; checkpoints come by the hour; and what is shown is wanted in the log. */
  function asTheTestNeeds({ type, name }: FlowNode): object {
    if (type === 'audit-query') return { span: 'all' }
    if (type === 'audit-store-config') return { checkpointEvents: '100' }
    if (type === 'audit-api') return { adminProject: demoProjects.cloudAdmin.name }
    return type === 'debug' && ['errors', 'intact', 'what was replayed'].includes(String(name)) ? { console: true } : {}
  }

  /** A replay into the store that the events came from. */
  function again(store: string): FlowNode[] {
    const query = { what: 'replay', pace: 'free', span: 'all', store, rows: [], tenantsBy: 'all' }
    return [
      { id: 'again', type: 'tab', label: 'again' },
      { id: 'again-go', type: 'inject', z: 'again', props: [{ p: 'payload' }], wires: [['again-query']] },
      { id: 'again-query', type: 'audit-query', z: 'again', version: 1, ...query, wires: [['again-store']] },
      { id: 'again-store', type: 'audit-store', z: 'again', version: 1, store, wires: [['again-outcome'], []] },
      {
        ...{ id: 'again-outcome', type: 'change', z: 'again', wires: [['again-file']] },
        rules: [{ t: 'set', p: 'payload', pt: 'msg', to: 'audit.outcome', tot: 'msg' }],
      },
      {
        ...{ id: 'again-file', type: 'file', z: 'again', filename: file('again.txt'), filenameType: 'str' },
        ...{ appendNewline: true, overwriteFile: 'false', wires: [[]] },
      },
    ]
  }

  const inject = (id: string) => nodeRed.admin(`/inject/${id}`, { method: 'POST' })
  const button = (name: Name, label: string) => {
    const tab = readExample(`examples/audit-trail/${EXAMPLES[name]}.json`).find((node) => node['name'] === label)
    return String(tab?.id)
  }
  async function listed(as: string, query = ''): Promise<{ total: number; events: { id: string; action: string }[] }> {
    const headers = { 'x-auth-token': await tokenOf(cloud, as) }
    const answer = await ask('GET', `${nodeRed.url}/audit/v1/events${query}`, { headers })
    assert.equal(answer.status, 200, answer.text)
    return answer.body as { total: number; events: { id: string; action: string }[] }
  }

  /** Without those of the pocket cloud: logging in to look is an event, too. */
  async function recordedOnes(): Promise<number> {
    const { events } = await listed('olga', '?project_id=*&limit=5000')
    return events.filter(({ id }) => expected.has(id.replaceAll('-', ''))).length
  }

  it('are all run here', () => {
    const all = globSync('examples/audit-trail/*.json')
    assert.deepEqual(all.sort(), NAMES.map((name) => `examples/audit-trail/${EXAMPLES[name]}.json`).sort())
  })

  it('01 stores every operation once, and serves them to whom they belong', async () => {
    const { id } = demoProjects.shop
    const headers = { 'x-auth-token': await tokenOf(cloud, 'admin') }
    const change = { project: { description: 'changed' } }
    assert.equal((await ask('PATCH', `${cloud.urls.keystone}/projects/${id}`, { headers, body: change })).status, 200)
    await waitFor(
      'the update in the project’s own list',
      async () => (await listed('vera')).events.some(({ action }) => action === 'updated.project') || undefined,
      { timeoutMs: 60_000, everyMs: 250 },
    )
    let total = 0
    await waitFor(
      () => `${expected.size} operations, ${total} came`,
      async () => {
        total = await recordedOnes()
        return total >= expected.size || undefined
      },
      { timeoutMs: 60_000, everyMs: 250 },
    )
    assert.equal(total, expected.size)
    const own = await listed('vera', '?limit=100')
    assert.ok(own.total > 0 && own.total < 10, `${own.total}`)
    assert.equal((await listed('viktor')).total, 0)
  })

  it('02 writes a report and a table', async () => {
    await inject(button('report', 'Mondays at 8'))
    const table = readExample(`examples/audit-trail/${EXAMPLES.report}.json`).filter(({ type }) => type === 'inject')
    await inject(String(table[1]?.id))
    const written = (name: string) => (existsSync(file(name)) ? readFileSync(file(name), 'utf8') : '')
    const page = await waitFor('the page', () => /[\s\S]*<\/html>/.exec(written('audit-report.html'))?.[0], {
      timeoutMs: 30_000,
    })
    const failures = [...expected.values()].filter(({ outcome }) => outcome === 'failure').length
    assert.match(page, new RegExp(`What failed: ${failures}\\D`))
    assert.match(page, /<tr><td>admin<\/td><td>\d+<\/td><\/tr>/)
    const csv = await waitFor('the table', () => written('audit-changes.csv') || undefined, { timeoutMs: 30_000 })
    const lines = csv.trim().split('\r\n')
    assert.match(lines[0] ?? '', /^time,cloud,id,/)
    assert.ok(lines.length > 50)
    assert.ok(lines.slice(1).every((line) => !/,read\/|,authenticate,/.test(line)))
  })

  it('03 sends stored events through the rule again', async () => {
    await inject(button('replay', 'replay the last week'))
    const found = [...expected.values()].filter(
      ({ outcome, reasonCode }) => outcome === 'failure' || reasonCode === '401' || reasonCode === '403',
    )
    const { lines } = receivers.replay
    await nodeRed.waitForLog(/sent: \d{3,}[\s\S]{0,200}stopped: false/, 60_000)
    await waitFor(
      () => `${found.length} lines, ${lines.length} came`,
      () => lines.length >= found.length || undefined,
      { timeoutMs: 30_000 },
    )
    const events = lines.map(({ message }) => JSON.parse(message?.text ?? '') as { id: string; tags: string[] })
    assert.deepEqual(events.map(({ id }) => id.replaceAll('-', '')).sort(), found.map(({ id }) => id).sort())
    assert.ok(events.every(({ tags }) => tags.includes('replayed')))
  })

  it('04 sends checkpoints, and finds the trail intact by the last of them', async () => {
    const { lines } = receivers.checkpoints
    await waitFor('a checkpoint', () => lines.length > 0 || undefined, { timeoutMs: 30_000 })
    const checkpoint = parseCheckpoint(lines.at(-1)?.line ?? '')
    assert.ok(checkpoint !== undefined && checkpoint.position >= 100)
    await inject(button('checkpoints', 'every night'))
    const [report] = await nodeRed.waitForLog(/ok: true,[\s\S]{0,600}strength: '\w+'/)
    assert.match(report, /strength: 'tampering'/)
    assert.equal(lines.filter(({ line }) => line.includes('NOT INTACT')).length, 0)
  })

  it('a replay that comes back to the store is stored no second time', async () => {
    const before = (await listed('olga', '?project_id=*')).total
    await inject('again-go')
    const outcomes = () => (existsSync(file('again.txt')) ? readFileSync(file('again.txt'), 'utf8').split('\n') : [])
    await waitFor(
      () => `${before} outcomes, ${outcomes().length} came`,
      () => outcomes().length > before || undefined,
      { timeoutMs: 60_000 },
    )
    assert.deepEqual([...new Set(outcomes().slice(0, before))], ['repeated'])
    assert.equal(await recordedOnes(), expected.size)
  })
})

describe('The audit trail, its Node-RED killed with SIGKILL while it stores', function () {
  this.timeout(240_000)
  const COUNT = 12_000
  let directory: string
  let nodeRed: NodeRed

  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'audit-kill-'))
  })
  afterEach(async () => {
    await nodeRed?.remove()
    rmSync(directory, { recursive: true, force: true })
  })

  it('misses nothing, has nothing twice, and its chain is whole', async () => {
    const log = join(directory, 'neutron.log')
    const auditFile = join(directory, 'trail.sqlite')
    const line = (index: number) =>
      JSON.stringify({
        ...{ message_id: `m-${index}`, publisher_id: 'network.controller1', event_type: 'port.create.end' },
        ...{ priority: 'INFO', timestamp: '2026-11-21 08:00:00.000000', _context_project_id: 'p1' },
        payload: { port: { id: `port-${index}`, project_id: 'p1', name: 'x'.repeat(200) } },
      })
    writeFileSync(log, Array.from({ length: COUNT }, (_, index) => `${line(index)}\n`).join(''))
    const urls = { keystone: '', neutron: '', qualys: '', control: '' } as never
    const around = { urls, qualys: { subscription: { username: '', password: '' } }, syslog: { ports: { tcp: 1 } } }
    const example = readExample(`examples/audit-trail/${EXAMPLES.serve}.json`)
    const { flows } = fillInExample(
      example.filter(({ type }) => type !== 'audit-api' && type !== 'keystone-config'),
      { cloud: around, logFile: log, auditFile },
    )
    const only = flows.map((node) => (node.type === 'audit-store-config' ? { ...node, account: '' } : node))
    nodeRed = await startNodeRed({ flows: only as never })
    const counted = async (): Promise<number> => {
      const answer = await nodeRed.admin('/audit-store-config/test', {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ ...nodeOf(only, 'audit-store-config'), cloud: 'cloud-1' }),
      })
      const { values } = (await answer.json()) as { values: { events?: number } }
      return values.events ?? 0
    }
    let before = 0
    for (let kills = 0; kills < 3; kills += 1) {
      const from = before
      await waitFor(
        'some more to be stored',
        async () => {
          before = await counted()
          return before > from + 500 || before >= COUNT || undefined
        },
        { timeoutMs: 60_000, everyMs: 20 },
      )
      if (kills === 0) assert.ok(before < COUNT, 'it is still storing')
      await nodeRed.kill()
      nodeRed = await startNodeRed({ userDir: nodeRed.userDir })
      const after = await counted()
      assert.ok(after >= before, `${before} were acknowledged, ${after} are there`)
    }
    await waitFor(
      () => `${COUNT} events: ${nodeRed.log().slice(-500)}`,
      async () => (await counted()) >= COUNT || undefined,
      { timeoutMs: 90_000, everyMs: 250 },
    )
    await nodeRed.stop()
    const store = await openSqliteStore({ path: auditFile, fullText: true })
    try {
      const filter = { scope: { tenants: 'all' }, where: [] } as const
      assert.equal(await store.count(filter), COUNT)
      assert.equal((await store.size()).events, COUNT)
      const ids = new Set<string>()
      for await (const portion of store.export({ filter, order: 'oldest-first' })) {
        for (const { id } of portion) ids.add(id)
      }
      assert.equal(ids.size, COUNT)
      const report = await store.verify([])
      assert.deepEqual([report.ok, report.findings, report.events], [true, [], COUNT])
    } finally {
      await store.close()
    }
  })
})
