/**
 * The audit API over the SQLite store: answers as a client in another process gets them, and what they take of Node-RED's thread.
 * Run: npx tsx bench/audit-api.ts [events, 300000]
 *
 * Tokens are known already: what Keystone takes is not in it.
 */
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { Agent, createServer, get } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openSqliteStore } from '../src/audit/sqlite/open'
import type { AuditStore } from '../src/audit/store'
import { openTrail } from '../src/audit/trail/open'
import { hermesApi } from '../src/hermes/api'
import { defaultRules } from '../src/hermes/policy/defaults'
import { compilePolicy } from '../src/hermes/policy/policy'
import { systemTimers } from '../src/time/timers'
import { recordMaker } from './audit/records'
import { watchTurns } from './audit/turns'

const DAYS = 30
const DAY = 86_400_000_000
const BEGIN = Date.parse('2026-10-01T00:00:00Z') * 1000

interface Case {
  readonly name: string
  readonly path: string
  readonly times: number
  /** At a time. */
  readonly clients: number
}
interface Took {
  /** ms, of each. */
  readonly times: readonly number[]
  readonly bytes: number
}

const at = (values: readonly number[], part: number) =>
  values.toSorted((a, b) => a - b)[Math.min(values.length - 1, Math.floor(values.length * part))] ?? Number.NaN

/** The client: asks what it is told, and tells how long it took. */
function serveClient(): void {
  const agent = new Agent({ keepAlive: true })
  const ask = (url: string) =>
    new Promise<number>((resolve, reject) => {
      get(url, { agent, headers: { 'x-auth-token': 't' } }, (response) => {
        let bytes = 0
        response.on('data', (chunk: Buffer) => {
          bytes += chunk.length
        })
        response.on('end', () =>
          response.statusCode === 200 ? resolve(bytes) : reject(new Error(`${url}: ${response.statusCode}`)),
        )
        response.on('error', reject)
      }).on('error', reject)
    })
  process.on('message', async ({ path, times, clients }: Case) => {
    const took: number[] = []
    let bytes = 0
    let left = times
    const one = async () => {
      while (left-- > 0) {
        const from = performance.now()
        const got = await ask(path)
        bytes += got
        took.push(performance.now() - from)
      }
    }
    await Promise.all(Array.from({ length: clients }, one))
    process.send?.({ times: took, bytes } satisfies Took)
  })
}

async function fill(store: AuditStore, events: number): Promise<void> {
  const make = recordMaker(1, BEGIN, Math.floor((DAYS * DAY) / events))
  for (let left = events; left > 0; left -= 2000) {
    await Promise.all([500, 500, 500, 500].map((count) => store.insert(make(count))))
  }
}

async function main(events: number): Promise<void> {
  const directory = mkdtempSync(join(tmpdir(), 'audit-api-bench-'))
  const store = await openSqliteStore({ path: join(directory, 'store.sqlite'), fullText: true })
  const trail = await openTrail({
    ...{ store, cloud: 'prod', timers: systemTimers, random: Math.random, uuid: () => crypto.randomUUID() },
  })
  await fill(store, events)
  const everything = { scope: { tenants: 'all' }, where: [] } as const
  const busiest = await store.distinct({
    ...{ filter: everything, attribute: 'initiator_project_id', limit: 1, order: 'count', counts: true },
  })
  const facts = { userId: 'u', projectId: busiest[0]?.value ?? '', roles: ['audit_viewer'], system: false }
  const api = hermesApi({
    ...{ trail, cloud: 'prod', shape: 'flat', metrics: false },
    tokens: {
      knows: () => true,
      check: async () => ({ valid: true, facts: { ...facts, expiresAt: Number.MAX_VALUE } }),
    },
    policy: compilePolicy(defaultRules({ name: '', domain: '' })),
    onTrouble: console.error,
  })
  const server = createServer((request, response) =>
    api.handle(request, response, { base: '', target: request.url ?? '/' }),
  )
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  const client = fork(__filename, ['client'])
  const ended = once(client, 'exit').then(() => {
    throw new Error('the client ended')
  })
  ended.catch(() => {})
  const run = async (one: Case) => {
    const turns = watchTurns()
    const answered = once(client, 'message')
    client.send({ ...one, path: `http://127.0.0.1:${port}${one.path}` })
    const [took] = (await Promise.race([answered, ended])) as [Took]
    const blocked = turns()
    const ms = (value: number) => value.toFixed(1).padStart(7)
    console.log(
      `  ${one.name.padEnd(30)} p50 ${ms(at(took.times, 0.5))}  p95 ${ms(at(took.times, 0.95))} ms   thread: p99 ${ms(at(blocked, 0.99))}  longest ${ms(Math.max(...blocked))} ms   ${(took.bytes / 1e6).toFixed(1)} MB`,
    )
  }
  console.log(`${events} events, of the busiest project; Node ${process.version}`)
  const day = 'time=gte:2026-10-11T00:00:00Z,lt:2026-10-12T00:00:00Z'
  const cases: readonly (readonly [string, string, number, number])[] = [
    ['(warming up)', '/v1/events', 300, 1],
    ['latest page', '/v1/events', 300, 1],
    ['type and one day', `/v1/events?target_type=compute/server&${day}`, 300, 1],
    ['page at offset 5000', '/v1/events?offset=5000', 300, 1],
    ['distinct values', '/v1/attributes/target_type', 300, 1],
    ['counts', '/v1/counts/action', 300, 1],
    ['one day by the hour', `/v1/histogram?interval=1h&${day}`, 300, 1],
    ['latest page, 8 clients', '/v1/events?limit=30', 1000, 8],
    ['list of 10,000', '/v1/events?limit=10000', 3, 1],
    ['download', '/v1/events/download', 2, 1],
    ['export, JSON Lines', '/v1/events/export', 2, 1],
    ['export, CSV', '/v1/events/export?format=csv', 2, 1],
    ['4 exports at a time', '/v1/events/export?format=csv', 4, 4],
  ]
  for (const [name, path, times, clients] of cases) await run({ name, path, times, clients })
  client.kill()
  server.close()
  await api.close(0)
  await trail.close()
  rmSync(directory, { recursive: true })
}

if (process.argv[2] === 'client') serveClient()
else void main(Number(process.argv[2] ?? 300_000))
