/**
 * The SQLite audit store: inserting, beside what SQLite itself takes for such rows in the same run; the delay of the thread that
 * inserts; questions; and disk. Run: npx tsx bench/audit-store.ts [events, 1000000] [with-text|without-text|both] [batch, 500]
 *
 * Only the ratios mean anything on a machine that others use. Both stores take the same batches, turn by turn.
 */
import { mkdtempSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { monitorEventLoopDelay } from 'node:perf_hooks'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import type { AuditFilter, Scope } from '../src/audit/model'
import { openSqliteStore } from '../src/audit/sqlite/open'
import type { AuditStore } from '../src/audit/store'
import { RawStore } from './audit/raw'
import { recordMaker } from './audit/records'
import { watchTurns } from './audit/turns'

const events = Number(process.argv[2] ?? 1_000_000)
const which = process.argv[3] ?? 'both'
const batch = Number(process.argv[4] ?? 500)
/** Batches under way at the same time, as several sources or a large prefetch make them. */
const UNDER_WAY = 4
const ROUND = 20_000
const DAYS = 30
const DAY = 86_400_000_000
const BEGIN = Date.parse('2026-10-01T00:00:00Z') * 1000

interface Inserted {
  readonly rates: number[]
  readonly rawRates: number[]
  readonly json: number
  /** Of each round, ms. */
  readonly longest: readonly number[]
  readonly delays: readonly number[]
  /** Processor time of Node-RED's thread between two timers of 1 ms, ms: unlike a delay, it knows nothing of what else the machine does. */
  readonly blocked: readonly number[]
  /** µs of all threads for one event. */
  readonly cpu: number
  readonly rawCpu: number
}

const median = (values: readonly number[]) => values.toSorted((a, b) => a - b)[values.length >> 1] ?? Number.NaN
const p95 = (values: readonly number[]) =>
  values.toSorted((a, b) => a - b)[Math.floor(values.length * 0.95)] ?? Number.NaN
function microseconds(from: NodeJS.CpuUsage): number {
  const { user, system } = process.cpuUsage(from)
  return user + system
}
const p99 = (values: readonly number[]) =>
  values.toSorted((a, b) => a - b)[Math.floor(values.length * 0.99)] ?? Number.NaN

setFlagsFromString('--expose-gc')
/** What was made for a round is among V8's old objects afterwards: else the young ones' collector copies it while the store is timed. */
const collect = runInNewContext('gc') as () => void

const turn = () => new Promise((resolve) => setImmediate(resolve))

async function fill(store: AuditStore, raw: RawStore): Promise<Inserted> {
  const make = recordMaker(1, BEGIN, Math.floor((DAYS * DAY) / events))
  const rates: number[] = []
  const rawRates: number[] = []
  let json = 0
  const delays: number[] = []
  const longest: number[] = []
  const blocked: number[] = []
  let cpu = 0
  let rawCpu = 0
  let rawEvents = 0
  for (let done = 0; done < events; done += ROUND) {
    const batches = []
    for (let made = 0; made < Math.min(ROUND, events - done); made += batch) {
      const records = make(Math.min(batch, events - done - made))
      for (const record of records) json += Buffer.byteLength(record.body)
      batches.push(records)
    }
    // Beyond a few hundred thousand the ratio does not change; its file would only take the machine's memory for files.
    if (done < 400_000) {
      let rawMs = 0
      const before = process.cpuUsage()
      for (const records of batches) rawMs += raw.insert(records)
      rawCpu += microseconds(before)
      rawEvents += ROUND
      rawRates.push((ROUND / rawMs) * 1000)
    }
    collect()
    await turn()
    const delay = monitorEventLoopDelay({ resolution: 1 })
    delay.enable()
    const turns = watchTurns()
    const before = process.cpuUsage()
    const from = performance.now()
    const waiting = [...batches]
    const work = async () => {
      for (let records = waiting.shift(); records !== undefined; records = waiting.shift()) await store.insert(records)
    }
    await Promise.all(Array.from({ length: UNDER_WAY }, work))
    rates.push((Math.min(ROUND, events - done) / (performance.now() - from)) * 1000)
    cpu += microseconds(before)
    delay.disable()
    blocked.push(...turns())
    longest.push(delay.max / 1e6)
    delays.push(delay.percentile(99) / 1e6)
  }
  return { rates, rawRates, json, longest, delays, blocked, cpu: cpu / events, rawCpu: rawCpu / rawEvents }
}

async function ask(store: AuditStore, fullText: boolean): Promise<void> {
  const all: Scope = { tenants: 'all' }
  const tenants = await store.distinct({
    filter: { scope: all, where: [] },
    attribute: 'initiator_project_id',
    limit: 1000,
    order: 'count',
    counts: true,
  })
  const big = tenants[0]?.value ?? ''
  const middling = tenants[Math.floor(tenants.length / 2)]?.value ?? ''
  const is = (
    attribute: 'target_type' | 'action' | 'outcome' | 'event_type' | 'initiator_name' | 'target_id',
    value: string,
  ) => ({ negated: false, anyOf: [{ attribute, how: 'exact', values: [value] }] }) as const
  const day = (number: number) => ({ from: BEGIN + number * DAY, to: BEGIN + (number + 1) * DAY })
  const page = (filter: AuditFilter, more = {}) => store.list({ filter, sort: [], limit: 10, total: false, ...more })
  const [known] = (await page({ scope: all, where: [] }, { offset: 1000 })).events
  for (const [name, scope] of [
    ['everybody', all],
    ['busiest tenant', { tenants: [big], cloud: 'prod' }],
    ['middling tenant', { tenants: [middling], cloud: 'prod' }],
  ] as const) {
    const plain = { scope, where: [] }
    const type = [is('target_type', 'compute/server')]
    const cases: Record<string, (n: number) => Promise<unknown>> = {
      'latest page': () => page(plain),
      'type and one day': (n) => page({ ...plain, where: type, ...day(n % DAYS) }),
      'type, action and outcome': () =>
        page({ ...plain, where: [...type, is('action', 'delete'), is('outcome', 'failure')] }),
      'one user': (n) => page({ ...plain, where: [is('initiator_name', `user-${n % 1000}`)], ...day(n % DAYS) }),
      'offset 5000': () => page(plain, { offset: 5000 }),
      'offset 5000 and outcome': () => page({ ...plain, where: [is('outcome', 'success')] }, { offset: 5000 }),
      'types (distinct)': () =>
        store.distinct({ filter: plain, attribute: 'target_type', limit: 100, order: 'value', counts: false }),
      'users (distinct)': () =>
        store.distinct({ filter: plain, attribute: 'initiator_name', limit: 50, order: 'value', counts: false }),
      total: () => store.count(plain),
      'total of a type': () => store.count({ ...plain, where: type }),
      'total of three days': (n) =>
        store.count({ ...plain, from: BEGIN + (n % 20) * DAY, to: BEGIN + ((n % 20) + 3) * DAY }),
      'total of a type, 30 hours': (n) =>
        store.count({ ...plain, where: type, from: BEGIN + (n % 20) * DAY, to: BEGIN + (n % 20) * DAY + 1.25 * DAY }),
      'days (histogram)': () => store.histogram({ filter: plain, interval: DAY, maxBuckets: 1000 }),
      'total of a user (walked)': () => store.count({ ...plain, where: [is('initiator_name', 'user-3')] }),
      'one event by id': () => store.get(scope, known?.id ?? ''),
      ...(fullText
        ? {
            'word: a rare one': () => page({ ...plain, text: { kind: 'word', text: known?.id ?? '', prefix: false } }),
            'word: a common one': () => page({ ...plain, text: { kind: 'word', text: 'volume', prefix: false } }),
            'word: beginning': () => page({ ...plain, text: { kind: 'word', text: 'user-12', prefix: true } }),
          }
        : {}),
    }
    console.log(`  ${name}`)
    for (const [what, run] of Object.entries(cases)) {
      const times: number[] = []
      for (let n = 0; n < 200; n += 1) {
        const from = performance.now()
        await run(n)
        times.push(performance.now() - from)
        if (times.reduce((a, b) => a + b, 0) > 5000) break
      }
      console.log(
        `    ${what.padEnd(28)} p50 ${median(times).toFixed(2).padStart(8)} ms   p95 ${p95(times).toFixed(2).padStart(8)} ms`,
      )
    }
  }
}

async function main(): Promise<void> {
  console.log(`${events} events in batches of ${batch}, ${UNDER_WAY} under way, Node ${process.version}`)
  for (const fullText of [false, true]) {
    if (which === (fullText ? 'without-text' : 'with-text')) continue
    const directory = mkdtempSync(join(tmpdir(), 'audit-bench-'))
    const path = join(directory, 'store.sqlite')
    const raw = new RawStore(join(directory, 'raw.sqlite'))
    let store = await openSqliteStore({ path, fullText })
    try {
      const { rates, rawRates, json, longest, delays, blocked, cpu, rawCpu } = await fill(store, raw)
      raw.close()
      await store.close()
      const bytes = statSync(path).size
      const first = median(rates.slice(0, 5))
      const compared = median(rates.slice(0, rawRates.length)) / median(rawRates)
      console.log(`${fullText ? 'with' : 'without'} full text`)
      console.log(
        `  inserted: ${Math.round(first)}/s into the empty store, ${Math.round(median(rates))}/s (median), ${Math.round(median(rates.slice(-5)))}/s at the end`,
      )
      console.log(`  raw SQLite ${Math.round(median(rawRates))}/s; ratio ${compared.toFixed(2)}`)
      console.log(
        `  processor time of all threads: ${cpu.toFixed(1)} µs an event, raw SQLite ${rawCpu.toFixed(1)} µs; ratio ${(rawCpu / cpu).toFixed(2)}`,
      )
      console.log(
        `  processor time of the inserting thread between two timers: p99 ${p99(blocked).toFixed(1)} ms, longest ${blocked.reduce((a, b) => Math.max(a, b), 0).toFixed(1)} ms; ${((blocked.reduce((a, b) => a + b, 0) * 1000) / events).toFixed(1)} µs an event`,
      )
      console.log(
        `  delay of the inserting thread in rounds of ${ROUND}: p99 ${median(delays).toFixed(1)} ms, longest ${median(longest).toFixed(1)} ms (median), ${Math.max(...longest).toFixed(1)} ms (of all)`,
      )
      console.log(
        `  disk ${(bytes / events).toFixed(0)} bytes an event, ${(bytes / json).toFixed(2)} of its JSON of ${(json / events).toFixed(0)}`,
      )
      const from = performance.now()
      store = await openSqliteStore({ path, fullText })
      console.log(`  opened in ${(performance.now() - from).toFixed(0)} ms`)
      await ask(store, fullText)
    } finally {
      await store.close()
      rmSync(directory, { recursive: true })
    }
  }
}

void main()
