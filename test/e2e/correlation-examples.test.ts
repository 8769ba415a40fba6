import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { labClock } from '../../lab/clock'
import { fillInExample } from '../../lab/examples/fill-in'
import { SyslogReceiver } from '../../lab/syslog/receiver'
import type { Correlated } from '../../src/correlate/model'
import { readExample } from '../support/example'
import { type LocalServer, serve } from '../support/http-server'
import { type NodeRed, startNodeRed } from '../support/node-red'
import { waitFor } from '../support/wait-for'

const FOLDER = 'examples/audit-routing'
const RECORDINGS = 'test/fixtures/recordings'

/** The bodies of recordings in the order of their times, one on a line, as a service with `driver = log` has them written. */
function bodies(...files: readonly string[]): string {
  const lines = files.flatMap((file) => readFileSync(join(RECORDINGS, file), 'utf8').trim().split('\n'))
  const inner = lines.map((line) => {
    const { body } = JSON.parse(line) as { body: string }
    return (JSON.parse(body) as { 'oslo.message': string })['oslo.message']
  })
  const timeOf = (text: string) => (JSON.parse(text) as { timestamp: string }).timestamp
  return inner
    .sort((a, b) => timeOf(a).localeCompare(timeOf(b)))
    .map((text) => `${text}\n`)
    .join('')
}

interface Line {
  readonly action: string
  readonly initiator: { readonly host?: { readonly address?: string } }
  readonly observer: { readonly typeURI: string }
  readonly correlated: Correlated
}

describe('The examples of correlation and bursts, imported into a real Node-RED', function () {
  this.timeout(120_000)
  let directory: string
  let nodeRed: NodeRed
  let hook: LocalServer
  let syslog: SyslogReceiver
  const posted: { text: string; id: string; events: string[] }[] = []
  let refused: string | undefined

  before(async () => {
    directory = mkdtempSync(join(tmpdir(), 'correlation-'))
    writeFileSync(join(directory, 'neutron.log'), bodies('neutron-audit.jsonl', 'neutron.jsonl'))
    writeFileSync(join(directory, 'keystone.log'), bodies('keystone-cadf-lockout.jsonl'))
    syslog = await SyslogReceiver.listen({
      clock: labClock(),
      ports: { udp: 0, tcp: 0, tls: 0 },
      certificate: undefined,
    })
    hook = await serve((request, response) => {
      const chunks: Buffer[] = []
      request.on('data', (chunk: Buffer) => chunks.push(chunk))
      request.on('end', () => {
        const body = JSON.parse(Buffer.concat(chunks).toString()) as (typeof posted)[number]
        if (refused === undefined) {
          refused = body.id
          response.writeHead(503).end()
          return
        }
        posted.push(body)
        response.writeHead(200).end()
      })
    })
    const urls = { keystone: '', neutron: '', qualys: '', control: '' } as never
    const cloud = { urls, qualys: { subscription: { username: '', password: '' } }, syslog }
    const filled = [
      fillInExample(readExample(`${FOLDER}/06 - Who changed the network, and from where.json`), {
        ...{ cloud, logFile: join(directory, 'neutron.log'), windowSeconds: 8 },
      }),
      fillInExample(readExample(`${FOLDER}/07 - Burst of failed logins to a web hook.json`), {
        ...{ cloud, logFile: join(directory, 'keystone.log'), webHook: hook.url },
      }),
    ]
    nodeRed = await startNodeRed({ flows: filled.flatMap(({ flows }) => flows) as never })
  })
  after(async () => {
    await nodeRed?.remove()
    await syslog?.close()
    await hook?.close()
    rmSync(directory, { recursive: true, force: true })
  })

  it('06 tells of every change of the network with the address of its client, and of every call once', async () => {
    const ended = bodies('neutron.jsonl').match(/"event_type": "[^"]+(?<!\.start)"/g)?.length ?? 0
    const written = () => syslog.lines.map(({ message }) => JSON.parse(message?.text ?? '{}') as Line)
    const wanted = bodies('neutron-audit.jsonl')
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as { event_type: string; payload: { action: string } })
      .filter(({ event_type, payload }) => event_type === 'audit.http.response' && !payload.action.startsWith('read'))
    await waitFor(
      () => `${wanted.length} lines, ${written().length} came`,
      () => (written().length >= wanted.length ? true : undefined),
      { timeoutMs: 60_000 },
    )
    assert.equal(written().length, wanted.length)
    for (const line of written()) {
      assert.equal(line.initiator.host?.address, '127.0.0.1')
      assert.ok(line.correlated.durationMs !== undefined && line.correlated.durationMs > 0)
    }
    const changes = written().filter(({ correlated }) =>
      correlated.with.some(({ topic }) => topic.endsWith('.response')),
    )
    // Each that happened, and the five that Neutron began and refused.
    assert.equal(changes.length, ended + 5)
  })

  it('07 posts one message for each burst, and again what the hook refused', async () => {
    await waitFor(
      () => `two posts: ${JSON.stringify(posted)}`,
      () => (posted.length >= 2 ? true : undefined),
      { timeoutMs: 60_000 },
    )
    assert.deepEqual(posted.map(({ text }) => text.replace(/ from 20.*/, '')).sort(), [
      '5 failed logins for 127.0.0.1',
      '5 failed logins for lock-f50f78 (5feaf5444be84d53ab904d27913e4cf3)',
    ])
    assert.ok(posted.some(({ id }) => id === refused))
    for (const { events } of posted) assert.equal(new Set(events).size, 5)
  })
})
