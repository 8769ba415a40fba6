/**
 * What the conversion to CADF costs, alone and with ten rules behind it, beside the two JSON.parse calls of the same messages.
 * Run: npx tsx bench/cadf.ts
 * Cases run interleaved, in processor time, the medians of the rounds are compared; only the ratios mean anything.
 */
import { cadfEvent } from '../src/cadf/convert'
import { compileRules } from '../src/cadf/rules/compile'
import type { Condition, Rule } from '../src/cadf/rules/model'
import { decodeNotification } from '../src/notification/envelope'
import { recorded } from '../test/unit/notification/recordings'

const ROUNDS = 15
const MESSAGES_A_ROUND = 20_000
const KINDS: Readonly<Record<string, readonly string[]>> = {
  'Keystone, CADF': ['keystone-cadf.jsonl'],
  'Keystone, Basic': ['keystone-basic.jsonl'],
  Neutron: ['neutron.jsonl'],
  'audited API calls': ['neutron-audit.jsonl', 'octavia-audit.jsonl'],
  'all of them': [
    'keystone-cadf.jsonl',
    'keystone-basic.jsonl',
    'neutron.jsonl',
    'neutron-audit.jsonl',
    'octavia-audit.jsonl',
  ],
}

const condition = (path: string, op: Condition['op'], value: string): Condition => {
  return { path, op, value, not: false, ignoreCase: false }
}
/** What an operator asks for; few events match, so nearly every rule is tried. */
const RULES: Rule[] = [
  [
    'failed logins',
    [condition('event.action', 'equals', 'authenticate'), condition('event.outcome', 'equals', 'failure')],
  ],
  ['role granted', [condition('event.action', 'equals', 'created.role_assignment')]],
  ['role revoked', [condition('event.action', 'equals', 'deleted.role_assignment')]],
  ['project deleted', [condition('event.action', 'equals', 'deleted.project')]],
  ['user created', [condition('event.action', 'equals', 'created.user')]],
  ['credential created', [condition('event.action', 'wildcard', 'created.*credential')]],
  ['listed people', [condition('event.initiator.user_id', 'one-of', 'a\nb\nc')]],
  ['from elsewhere', [condition('event.initiator.host.address', 'in-network', '198.51.100.0/24')]],
  [
    'rules of groups',
    [
      condition('event.target.typeURI', 'equals', 'network/security-group-rule'),
      condition('event.outcome', 'equals', 'failure'),
    ],
  ],
  ['refused', [condition('event.reason.reasonCode', 'regexp', '^40[13]$')]],
].map(([name, conditions]) => ({ name, match: 'all', conditions }) as Rule)
const rules = compileRules(RULES)

function microseconds(from: NodeJS.CpuUsage): number {
  const { user, system } = process.cpuUsage(from)
  return user + system
}
const median = (values: number[]) => values.toSorted((a, b) => a - b)[values.length >> 1] ?? Number.NaN

let kept: unknown

function measure(kind: string, files: readonly string[]): void {
  const messages = files.flatMap((file) =>
    recorded(file).map(({ body, exchange }) => {
      return { body: Buffer.from(body), ...decodeNotification(body, { kind: 'rabbitmq', cloud: 'bench', exchange }) }
    }),
  )
  type Message = (typeof messages)[number]
  const message = ({ notification, payload }: Message) => {
    return { topic: notification.eventType, payload, event: cadfEvent(notification, payload), notification }
  }
  const cases: Record<string, (message: Message) => unknown> = {
    'two bare parses': ({ body }) =>
      JSON.parse((JSON.parse(body.toString()) as { 'oslo.message': string })['oslo.message']),
    conversion: ({ notification, payload }) => cadfEvent(notification, payload),
    'conversion and 10 rules': (one) => rules.first(message(one)),
  }
  const times = new Map<string, number[]>(Object.keys(cases).map((name) => [name, []]))
  for (let round = 0; round <= ROUNDS; round++) {
    for (const [name, run] of Object.entries(cases)) {
      const from = process.cpuUsage()
      for (let i = 0; i < MESSAGES_A_ROUND; i++) kept = run(messages[i % messages.length] as Message)
      const each = microseconds(from) / MESSAGES_A_ROUND
      // The first round warms up.
      if (round > 0) times.get(name)?.push(each)
    }
  }
  const base = median(times.get('two bare parses') ?? [])
  const bytes = messages.reduce((sum, { body }) => sum + body.length, 0) / messages.length
  console.log(`${kind}: ${messages.length} recorded messages of ${bytes.toFixed(0)} bytes on average`)
  for (const [name, values] of times) {
    console.log(
      `  ${name.padEnd(26)} ${median(values).toFixed(2).padStart(6)} µs  ${(median(values) / base).toFixed(2)}`,
    )
  }
}

console.log(`Node ${process.version}; ratio to the two parses of the same messages`)
for (const [kind, files] of Object.entries(KINDS)) measure(kind, files)
if (kept === undefined) throw new Error('nothing was measured')
