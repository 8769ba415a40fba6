/**
 * How much of a bare amqplib consumer's throughput is left with this palette: RabbitMQ → in → filter → end of flow, every
 * message tracked, in a real Node-RED; also with one slow message in 1,000, and against AMQP palettes from the registry.
 * Every case runs in a process of its own, rounds alternate, medians are compared.
 *
 * A consumer runs for weeks, so each case first handles what its compiler needs to know what is hot (`--warm-up 0` to see the
 * first seconds after a start instead).
 *
 * Run: npx tsx bench/rabbitmq-consume.ts [--rounds 5] [--messages 60000] [--warm-up 60000] [--slow-ms 50] [--quorum] [--no-peers] [--own-cores]
 *
 * On a machine with few cores the broker and the consumer compete for them, and each microsecond of the consumer's is also one of
 * the broker's. `--own-cores` (Linux, `taskset`) keeps the broker to the first core and the consumer to the second, which comes
 * closer to a broker on a machine of its own.
 */
import { execFileSync, fork } from 'node:child_process'
import { existsSync, mkdirSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { prepareQueues } from '../src/notification/rabbitmq/topology'
import { startRabbit } from '../test/support/rabbitmq'
import { fill, type Result, recordedBodies, type Task } from './rabbitmq/task'

const argument = (name: string, otherwise: number) => {
  const at = process.argv.indexOf(`--${name}`)
  return at < 0 ? otherwise : Number(process.argv[at + 1])
}
const ROUNDS = argument('rounds', 5)
const MESSAGES = argument('messages', 60_000)
const WARM_UP = argument('warm-up', 60_000)
const SLOW_MS = argument('slow-ms', 50)
const QUEUE_TYPE = process.argv.includes('--quorum') ? 'quorum' : 'classic'
const PREFETCH = 250
const OWN_CORES = process.argv.includes('--own-cores')
const ALLOWED_RATIO = 0.9
const STALLED_MS = 120_000

interface Case {
  readonly name: string
  readonly script: 'bare' | 'palette' | 'peer'
  readonly slowEvery: number
  readonly directory?: string
}

const CASES: Case[] = [
  { name: 'bare amqplib, both parses, multiple', script: 'bare', slowEvery: 0 },
  { name: 'in > filter > end, tracked', script: 'palette', slowEvery: 0 },
  { name: `bare, 1 in 1000 takes ${SLOW_MS} ms`, script: 'bare', slowEvery: 1000 },
  { name: `in > filter > end, 1 in 1000 takes ${SLOW_MS} ms`, script: 'palette', slowEvery: 1000 },
  ...peers(),
]

/** Installed at run time into a directory beside; left out where the registry does not answer. */
function peers(): Case[] {
  if (process.argv.includes('--no-peers')) return []
  return ['node-red-contrib-amqp@0.4.5', 'node-red-contrib-amqp-ack@1.1.2'].flatMap((wanted): Case[] => {
    const [name = ''] = wanted.split('@')
    const directory = join(tmpdir(), `osx-bench-peer-${name}`)
    try {
      if (!existsSync(join(directory, 'node_modules', name))) {
        mkdirSync(directory, { recursive: true })
        execFileSync('npm', ['install', '--prefix', directory, '--no-audit', '--no-fund', wanted], { stdio: 'pipe' })
      }
    } catch {
      console.log(`${wanted} cannot be had from the registry and is left out`)
      return []
    }
    const how = name.endsWith('-ack') ? 'acknowledges each' : 'never acknowledges, loses what is in flight'
    return [{ name: `${wanted} > parse > end (${how})`, script: 'peer', slowEvery: 0, directory }]
  })
}

function measure(one: Case, task: Task): Promise<Result> {
  return new Promise((resolve, reject) => {
    const child = fork(join(__dirname, 'rabbitmq', `${one.script}.ts`), [JSON.stringify(task)], {
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    })
    const stalled = setTimeout(() => child.kill('SIGKILL'), STALLED_MS)
    child.once('message', (result) => resolve(result as Result))
    child.once('exit', (code) => {
      clearTimeout(stalled)
      reject(new Error(`${one.name} ended with ${code ?? 'a stall'}`))
    })
  })
}

const median = (numbers: number[]) => [...numbers].sort((a, b) => a - b)[Math.floor(numbers.length / 2)] ?? 0

/** This process and all that it starts from now on. */
function keepToCore(number: number): void {
  if (OWN_CORES) execFileSync('taskset', ['-acp', String(number), String(process.pid)], { stdio: 'ignore' })
}

async function main(): Promise<void> {
  const bodies = recordedBodies()
  const mean = bodies.reduce((sum, body) => sum + body.length, 0) / bodies.length
  console.log(
    `${MESSAGES} recorded messages of ${Math.round(mean)} bytes a case after ${WARM_UP} to warm up, ${QUEUE_TYPE} queue, prefetch ${PREFETCH}${OWN_CORES ? ', a core for the broker and one for the consumer' : ''}`,
  )
  keepToCore(0)
  const broker = await startRabbit()
  keepToCore(1)
  const results = new Map<Case, Result[]>(CASES.map((one) => [one, []]))
  try {
    for (let round = 0; round < ROUNDS; round++) {
      for (const [number, one] of CASES.entries()) {
        const task: Task = {
          ...{
            url: broker.url(),
            queue: `bench-${round}-${number}`,
            messages: MESSAGES,
            warmUp: WARM_UP,
            prefetch: PREFETCH,
          },
          ...{ slowEvery: one.slowEvery, slowMs: SLOW_MS, queueType: QUEUE_TYPE },
          ...(one.directory === undefined ? {} : { directory: one.directory }),
        }
        const model = await broker.connect()
        if (one.script === 'peer') await (await model.createChannel()).assertQueue(task.queue, { durable: true })
        else {
          const [major = 0, minor = 0] = model.connection.serverProperties.version.split('.').map(Number)
          const link = { model, target: '', user: broker.user, vhost: '/', version: [major, minor] as const }
          const settings = {
            queue: task.queue,
            type: task.queueType,
            retryDelayMs: 30_000,
            exchanges: [],
            routingKeys: [],
          }
          await prepareQueues(link, { ...settings, asItIs: false, shared: false })
        }
        await fill(model, task.queue, WARM_UP + MESSAGES)
        const result = await measure(one, task)
        results.get(one)?.push(result)
        await (await model.createChannel()).deleteQueue(task.queue)
        await model.close()
        console.log(`  round ${round + 1}: ${one.name}: ${Math.round(MESSAGES / result.seconds)} msg/s`)
      }
    }
  } finally {
    await broker.stop()
  }
  report(results)
}

function report(results: Map<Case, Result[]>): void {
  const rate = (one: Case) => median((results.get(one) ?? []).map((result) => MESSAGES / result.seconds))
  const [bare, palette, bareSlow, paletteSlow] = CASES as [Case, Case, Case, Case]
  console.log('\nmedian msg/s, ratio to the bare consumer, CPU µs a message, peak RSS')
  for (const one of CASES) {
    const all = results.get(one) ?? []
    const cpu = median(all.map((result) => result.cpuMicroseconds))
    const rss = median(all.map((result) => result.peakRssMb))
    const ratio = (rate(one) / rate(bare)).toFixed(2)
    console.log(
      `${String(Math.round(rate(one))).padStart(7)}  ${ratio}  ${cpu.toFixed(1).padStart(5)}  ${rss.toFixed(0)} MB  ${one.name}`,
    )
  }
  const ratio = rate(palette) / rate(bare)
  const slowRatio = rate(paletteSlow) / rate(bareSlow)
  console.log(
    `\nratio ${ratio.toFixed(2)}, with slow messages on both sides ${slowRatio.toFixed(2)} (aim ${ALLOWED_RATIO})`,
  )
  if (ratio < ALLOWED_RATIO || slowRatio < ALLOWED_RATIO) process.exitCode = 1
}

void main()
