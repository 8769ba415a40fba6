/**
 * Lines a second over TCP with octet counting, as a ratio to bare socket writes of the same bytes in the same run. The receiver
 * is a thread that throws away what it reads. Messages are as many in flight as a source has unsettled by default.
 * Run: npx tsx bench/syslog.ts
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { connect, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Worker } from 'node:worker_threads'
import { EVENT_TYPE_URI } from '../src/cadf/event'
import { SentOnce } from '../src/journal/sent-once'
import { openJournal } from '../src/journal/sqlite-journal'
import { incoming } from '../src/message/members'
import { linesOf, type PreparedLine, subjectsOf } from '../src/syslog/lines'
import { openTransport } from '../src/syslog/open'
import { readSettings } from '../src/syslog/settings'
import { SyslogSink } from '../src/syslog/sink'
import type { SyslogTransport } from '../src/syslog/transport'
import { systemTimers } from '../src/time/timers'

const LINES = 20_000
const ROUNDS = 9
const IN_FLIGHT = 250

const RECEIVER = `
  const { parentPort } = require('node:worker_threads')
  require('node:net').createServer((socket) => socket.on('error', () => {}).resume())
    .listen(0, '127.0.0.1', function () { parentPort.postMessage(this.address().port) })`

async function main(): Promise<void> {
  const receiver = new Worker(RECEIVER, { eval: true })
  const port = await new Promise<number>((resolve) => receiver.once('message', resolve))
  const settings = readSettings({ host: '127.0.0.1', port, hostname: 'controller1' }, 'bench')
  const event = sampleEvent()
  const prepare = (id: number): PreparedLine => {
    const msg = { topic: 'port.update.end', payload: {}, event: { ...event, id: `e${id}` } }
    const [subject] = subjectsOf(msg, incoming(msg), 'json')
    const [line] = linesOf(subject as never, {}, settings, new Date())
    return line as PreparedLine
  }
  const prepared = prepare(1)
  const framed = Buffer.from(`${prepared.bytes.length} ${prepared.bytes.toString()}`)

  const raw = await connected(port)
  const open = () =>
    new Promise<SyslogTransport>((resolve) => {
      const transport = openTransport(settings, {
        onState: ({ kind }) => {
          if (kind === 'connected') resolve(transport)
        },
      })
    })
  const transport = await open()
  const plain = new SyslogSink(await open(), Promise.resolve(undefined))
  const directory = mkdtempSync(join(tmpdir(), 'bench-syslog-'))
  const journal = await openJournal(join(directory, 'journal.sqlite'))
  const remembering = new SyslogSink(await open(), SentOnce.load(journal, 'n1', systemTimers, console.error))
  let id = 0
  const nextId = () => {
    id += 1
    return id
  }

  const cases: Record<string, () => Promise<unknown>> = {
    'bare socket, a write each': () => new Promise<void>((resolve) => raw.write(framed, () => resolve())),
    'transport, encoded before': () => transport.write(prepared.bytes),
    'event → line → transport': () => plain.write([prepare(nextId())], {}),
    'the same, remembered on disk': () => remembering.write([prepare(nextId())], {}),
  }
  const rates = new Map<string, number[]>(Object.keys(cases).map((name) => [name, []]))
  for (let round = 0; round <= ROUNDS; round += 1) {
    for (const [name, send] of Object.entries(cases)) {
      const rate = await measured(send)
      // The first round warms up.
      if (round > 0) rates.get(name)?.push(rate)
    }
  }
  const median = (values: readonly number[]) => values.toSorted((a, b) => a - b)[values.length >> 1] ?? Number.NaN
  const base = median(rates.get('bare socket, a write each') ?? [])
  console.log(
    `${framed.length} bytes a line, ${IN_FLIGHT} in flight, Node ${process.version}, median of ${ROUNDS} rounds`,
  )
  for (const [name, values] of rates) {
    const rate = median(values)
    console.log(
      `${name.padEnd(30)} ${Math.round(rate).toLocaleString('en').padStart(9)} lines/s  ${(rate / base).toFixed(2)}`,
    )
  }
  raw.destroy()
  await Promise.all([transport.close(1000), plain.close(1000), remembering.close(1000)])
  await journal.close()
  await receiver.terminate()
  rmSync(directory, { recursive: true })
}

async function measured(send: () => Promise<unknown>): Promise<number> {
  const from = process.hrtime.bigint()
  let left = LINES
  const lane = async () => {
    while (left > 0) {
      left -= 1
      await send()
    }
  }
  await Promise.all(Array.from({ length: IN_FLIGHT }, lane))
  return LINES / (Number(process.hrtime.bigint() - from) / 1e9)
}

function connected(port: number): Promise<Socket> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => resolve(socket))
  })
}

/** About as long as a Neutron rule change. */
function sampleEvent() {
  return {
    typeURI: EVENT_TYPE_URI,
    eventType: 'activity',
    eventTime: '2026-11-21T06:51:16.590561+00:00',
    action: 'create',
    outcome: 'success',
    initiator: {
      ...{ id: '3f0c2f5e9b0d4f4c8f1f0a7f3c1f5a11', typeURI: 'service/security/account/user', name: 'dana' },
      ...{ project_id: '9a1e5b7d0c3f4e2fa1b2c3d4e5f60718', request_id: 'req-6f0c2f5e-0001-4a5b-8c7d-9e0f1a2b3c4d' },
    },
    target: { id: 'b7d2f0c1-7c1b-4e59-9d3a-2f8f3a1c5e77', typeURI: 'network/security-group-rule' },
    observer: { id: 'network.controller1', typeURI: 'service/network', name: 'neutron' },
  }
}

void main()
