/**
 * What rules cost: beside the two JSON.parse calls of the same message, and beside Node-RED's own switch nodes with the same
 * rules in the same runtime. Run: npx tsx bench/filter.ts
 * Cases run interleaved, the medians of the rounds are compared, in processor time; only the ratios mean anything.
 */
import type { Node, NodeAPI, NodeDef } from 'node-red'
import register from '../nodes/cadf-filter/cadf-filter'
import { cadfEvent } from '../src/cadf/convert'
import { compileRules } from '../src/cadf/rules/compile'
import type { Condition, Rule } from '../src/cadf/rules/model'
import { READY_MADE } from '../src/cadf/rules/ready-made'
import { decodeNotification } from '../src/notification/envelope'
import { embeddedRuntime } from '../test/support/embedded-runtime'
import type { FlowNode } from '../test/support/node-red'
import { recorded } from '../test/unit/notification/recordings'

const ROUNDS = 11
const EVENTS_A_ROUND = 50_000
const MESSAGES_A_ROUND = 4_000
const IN_FLIGHT = 250

const bodies = ['neutron.jsonl', 'keystone-cadf.jsonl', 'neutron-audit.jsonl'].flatMap((file) =>
  recorded(file).map(({ body }) => body),
)
const decoded = bodies.map((body) => decodeNotification(body, { kind: 'rabbitmq', cloud: 'bench' }))
const messages = decoded.map((_, i) => converted(i))

const condition = (path: string, op: Condition['op'], value: string, not = false): Condition => {
  return { path, op, value, not, ignoreCase: false }
}

/** Four conditions that nearly every event satisfies and one that none does: every rule is walked to its end. */
function rule(i: number): Rule {
  return {
    name: `rule ${i}`,
    match: 'all',
    conditions: [
      condition('event.outcome', 'one-of', 'success\nfailure\npending'),
      condition('event.eventType', 'equals', 'activity'),
      condition('event.action', 'regexp', '^(create|update|delete|read|authenticate)'),
      condition('event.observer.typeURI', 'wildcard', 'service/*'),
      condition('event.target.typeURI', 'equals', `none/${i}`),
    ],
  }
}
const oneRule = [rule(0)]
const tenRules = Array.from({ length: 10 }, (_, i) => rule(i))
const tenTopics = Array.from({ length: 10 }, (_, i): Rule => {
  return { name: `topic ${i}`, match: 'all', conditions: [condition('topic', 'equals', `none.${i}`)] }
})

/** Rules of an audit, the rarest first, so that most messages ask nearly all of them. */
const MENU = [
  ...['login-failed', 'admin-login', 'role-granted-or-revoked', 'project-deleted', 'user-or-credential-created'],
  ...['api-change', 'failed', 'from-outside', 'gap', 'changes-only'],
]
const tenOfMenu = MENU.map((id) => ({ name: id, ...READY_MADE.find((one) => one.id === id)?.rule }))

/** What a source does with a message that it has decoded. */
function converted(i: number): object {
  const { notification, payload } = decoded[i] as (typeof decoded)[number]
  return { topic: notification.eventType, payload, event: cadfEvent(notification, payload), notification }
}

const median = (values: number[]) => values.toSorted((a, b) => a - b)[values.length >> 1] ?? Number.NaN

/** Processor time of this process: other work on the machine does not count. */
function microseconds(from: NodeJS.CpuUsage): number {
  const { user, system } = process.cpuUsage(from)
  return user + system
}

let kept: unknown

function inMemory(): void {
  const five = compileRules(oneRule)
  const fifty = compileRules(tenRules)
  const topics = compileRules(tenTopics)
  const menu = compileRules(tenOfMenu)
  const single = (path: string, op: Condition['op'], value: string) =>
    compileRules([{ name: '', match: 'all', conditions: [condition(path, op, value, true)] }])
  const validity = single('event', 'valid-cadf', '')
  const optOut = single('topic', 'opt-out', 'identity.authenticate.success\nidentity.authenticate.pending')
  const ids = single('event.initiator.project_id', 'one-of', 'openstack:a\nb\nc')
  const cases: Record<string, (i: number) => unknown> = {
    'two parses': (i) => JSON.parse((JSON.parse(bodies[i] as string) as { 'oslo.message': string })['oslo.message']),
    '1 rule of 5 conditions': (i) => five.first(messages[i]),
    '10 rules of 1 condition': (i) => topics.first(messages[i]),
    '10 rules of 5 conditions': (i) => fifty.first(messages[i]),
    '10 rules of the menu': (i) => menu.first(messages[i]),
    'conversion alone': (i) => converted(i),
    'conversion and 10 rules of 1 condition': (i) => topics.first(converted(i)),
    'conversion and 10 rules of 5 conditions': (i) => fifty.first(converted(i)),
    'conversion and 10 rules of the menu': (i) => menu.first(converted(i)),
    'is valid CADF': (i) => validity.first(messages[i]),
    'not opted out': (i) => optOut.first(messages[i]),
    'one of 3 ids': (i) => ids.first(messages[i]),
  }
  const times = new Map<string, number[]>(Object.keys(cases).map((name) => [name, []]))
  for (let round = 0; round <= ROUNDS; round++) {
    for (const [name, run] of Object.entries(cases)) {
      const from = process.cpuUsage()
      for (let i = 0; i < EVENTS_A_ROUND; i++) kept = run(i % messages.length)
      const each = (microseconds(from) * 1000) / EVENTS_A_ROUND
      // The first round warms up.
      if (round > 0) times.get(name)?.push(each)
    }
  }
  const base = median(times.get('two parses') ?? [])
  console.log(
    `${messages.length} recorded messages, Node ${process.version}; ratio to the two parses of the same message`,
  )
  for (const [name, values] of times) {
    console.log(`${name.padEnd(44)} ${median(values).toFixed(0).padStart(6)} ns  ${(median(values) / base).toFixed(3)}`)
  }
}

let source: Node
let onEnd: () => void = () => {}

const nodes = {
  'cadf-filter': register,
  'bench-source': (RED: NodeAPI) => {
    RED.nodes.registerType('bench-source', function (this: Node, config: NodeDef) {
      RED.nodes.createNode(this, config)
      source = this
    } as never)
  },
  'bench-end': (RED: NodeAPI) => {
    RED.nodes.registerType('bench-end', function (this: Node, config: NodeDef) {
      RED.nodes.createNode(this, config)
      this.on('input', ((_msg: object, _send: unknown, done: () => void) => {
        done()
        onEnd()
      }) as never)
    } as never)
  },
}

/** source → whatever decides → end, for what no rule matches. */
function around(first: string, deciding: FlowNode[]): FlowNode[] {
  const place = { z: 'tab', x: 1, y: 1 }
  return [
    { id: 'tab', type: 'tab' },
    { id: 'source', type: 'bench-source', ...place, wires: [[first]] },
    ...deciding.map((node) => ({ ...node, ...place })),
    { id: 'end', type: 'bench-end', ...place, wires: [] },
  ]
}

function filterNode(rules: readonly Rule[]): FlowNode[] {
  const wires = [...rules.map(() => []), ['end']]
  return around('filter', [
    { id: 'filter', type: 'cadf-filter', rules, mode: 'first', otherwise: true, outputs: 0, wires },
  ])
}

/** One switch with a rule for each topic. */
function topicSwitch(): FlowNode[] {
  const rules = [...tenTopics.map((_, i) => ({ t: 'eq', v: `none.${i}`, vt: 'str' })), { t: 'else' }]
  return around('s', [switchNode('s', 'topic', rules, [...tenTopics.map(() => []), ['end']])])
}

/** A switch for each condition: where it fails, on to the first condition of the next rule. */
function switches(count: number): FlowNode[] {
  const id = (ruleAt: number, at: number) => (ruleAt < count ? `s${ruleAt}-${at}` : 'end')
  const string = (t: string, v: string) => ({ t, v, vt: 'str' })
  const made = Array.from({ length: count }, (_, i) => {
    const checks: [property: string, rules: object[]][] = [
      ['event.outcome', ['success', 'failure', 'pending'].map((value) => string('eq', value))],
      ['event.eventType', [string('eq', 'activity')]],
      ['event.action', [string('regex', '^(create|update|delete|read|authenticate)')]],
      ['event.observer.typeURI', [string('regex', '^service/')]],
      ['event.target.typeURI', [string('eq', `none/${i}`)]],
    ]
    return checks.map(([property, rules], at) => {
      const on = at === checks.length - 1 ? [] : [id(i, at + 1)]
      return switchNode(id(i, at), property, [...rules, { t: 'else' }], [...rules.map(() => on), [id(i + 1, 0)]])
    })
  })
  return around(id(0, 0), made.flat())
}

function switchNode(id: string, property: string, rules: object[], wires: string[][]): FlowNode {
  const fixed = { propertyType: 'msg', checkall: 'false', repair: false }
  return { id, type: 'switch', property, rules, wires, outputs: wires.length, ...fixed }
}

/** Microseconds a message, IN_FLIGHT of them under way. */
async function round(): Promise<number> {
  const from = process.cpuUsage()
  await new Promise<void>((resolve) => {
    let sent = 0
    let ended = 0
    const next = () => source.send({ ...messages[sent++ % messages.length], _msgid: 'x' } as never)
    onEnd = () => {
      if (++ended === MESSAGES_A_ROUND) resolve()
      else if (sent < MESSAGES_A_ROUND) next()
    }
    for (let i = 0; i < IN_FLIGHT; i++) next()
  })
  return microseconds(from) / MESSAGES_A_ROUND
}

async function inRuntime(): Promise<void> {
  const runtime = await embeddedRuntime('5', nodes)
  const cases: Record<string, FlowNode[]> = {
    'no decision at all': around('end', []),
    'cadf-filter, 10 rules of 1 condition': filterNode(tenTopics),
    '1 switch with the same 10 rules': topicSwitch(),
    'cadf-filter, 1 rule of 5 conditions': filterNode(oneRule),
    '5 switches for the same': switches(1),
    'cadf-filter, 10 rules of 5 conditions': filterNode(tenRules),
    '50 switches for the same': switches(10),
  }
  const times = new Map<string, number[]>(Object.keys(cases).map((name) => [name, []]))
  for (let i = 0; i <= ROUNDS; i++) {
    for (const [name, flow] of Object.entries(cases)) {
      await runtime.deploy(flow)
      const each = await round()
      if (i > 0) times.get(name)?.push(each)
    }
  }
  console.log('\nin Node-RED 5, microseconds of processor time a message, from source to end')
  for (const [name, values] of times) console.log(`${name.padEnd(44)} ${median(values).toFixed(1).padStart(6)} µs`)
  for (const [ours, theirs] of [
    ['cadf-filter, 10 rules of 1 condition', '1 switch with the same 10 rules'],
    ['cadf-filter, 1 rule of 5 conditions', '5 switches for the same'],
    ['cadf-filter, 10 rules of 5 conditions', '50 switches for the same'],
  ] as const) {
    const ratio = median(times.get(ours) ?? []) / median(times.get(theirs) ?? [])
    console.log(`${ours}: ${ratio.toFixed(2)} of ${theirs}`)
  }
  await runtime.stop()
}

inMemory()
inRuntime().then(
  () => {
    if (kept === undefined) throw new Error('nothing was measured')
    process.exit(0)
  },
  (error: unknown) => {
    console.error(error)
    process.exit(1)
  },
)
