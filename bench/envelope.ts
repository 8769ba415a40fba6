/**
 * What opening the envelope and making the CADF event cost beside the two JSON.parse calls that nobody can avoid.
 * Run: npx tsx bench/envelope.ts
 * Cases run interleaved, the medians of the rounds are compared; only the ratios mean anything.
 */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { cadfEvent } from '../src/cadf/convert'
import { decodeNotification } from '../src/notification/envelope'
import type { NotificationSource } from '../src/notification/model'

const ROUNDS = 15
const MESSAGES_A_ROUND = 20_000

const source: NotificationSource = { kind: 'rabbitmq', cloud: 'bench', exchange: 'neutron' }
const properties = { contentEncoding: 'utf-8', headers: {} }

/** A mix as on a cloud's bus: mostly audit events, some of Neutron's own. */
function bodies(): Buffer[] {
  return ['all-services-in-order.jsonl', 'neutron-audit.jsonl', 'neutron.jsonl'].flatMap((file) =>
    readFileSync(join('test/fixtures/recordings', file), 'utf8')
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => Buffer.from((JSON.parse(line) as { body: string }).body)),
  )
}

const cases: Record<string, (body: Buffer) => unknown> = {
  'two bare parses': (body) => JSON.parse((JSON.parse(body.toString()) as { 'oslo.message': string })['oslo.message']),
  decodeNotification: (body) => decodeNotification(body, source, properties),
  'decodeNotification and cadfEvent': (body) => {
    const { notification, payload } = decodeNotification(body, source, properties)
    return cadfEvent(notification, payload)
  },
}

const messages = bodies()
const times = new Map<string, number[]>(Object.keys(cases).map((name) => [name, []]))
let kept: unknown
for (let round = 0; round <= ROUNDS; round++) {
  for (const [name, run] of Object.entries(cases)) {
    const from = process.hrtime.bigint()
    for (let i = 0; i < MESSAGES_A_ROUND; i++) kept = run(messages[i % messages.length] as Buffer)
    const perMessage = Number(process.hrtime.bigint() - from) / MESSAGES_A_ROUND / 1000
    // The first round warms up.
    if (round > 0) times.get(name)?.push(perMessage)
  }
}
const median = (values: number[]) => values.toSorted((a, b) => a - b)[values.length >> 1] ?? Number.NaN
const base = median(times.get('two bare parses') ?? [])
const size = messages.reduce((sum, body) => sum + body.length, 0) / messages.length
console.log(`${messages.length} recorded messages, mean ${size.toFixed(0)} bytes, Node ${process.version}`)
for (const [name, values] of times) {
  console.log(`${name.padEnd(34)} ${median(values).toFixed(2)} µs  ${(median(values) / base).toFixed(2)}`)
}
if (kept === undefined) throw new Error('nothing was measured')
