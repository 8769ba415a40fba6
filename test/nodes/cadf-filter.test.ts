import assert from 'node:assert/strict'
import { after, afterEach, before, describe, it } from 'mocha'
import type { Node } from 'node-red'
import helper, { type TestFlows } from 'node-red-node-test-helper'
import register from '../../nodes/cadf-filter/cadf-filter'
import { occurrence } from '../support/occurrence'

type Fields = Record<string, unknown>

const CREATED = { name: 'created', conditions: [{ path: 'event.action', op: 'equals', value: 'create' }] }
const BY_DANA = { name: 'by dana', conditions: [{ path: 'event.initiator.name', op: 'equals', value: 'dana' }] }
const BY_EVE = { name: 'by eve', conditions: [{ path: 'event.initiator.name', op: 'equals', value: 'eve' }] }

describe('the cadf-filter node', () => {
  let arrived: { output: number; message: Fields }[]

  before(async () => {
    helper.init(require.resolve('node-red'))
    await helper.startServer()
  })
  after(async () => {
    await helper.stopServer()
  })
  afterEach(async () => {
    await helper.unload()
  })

  /** The node with a listener on each output, a catch node and a complete node. */
  async function load(config: Fields, outputs = 3): Promise<Node> {
    const ends = Array.from({ length: outputs }, (_, i) => ({ id: `n-out-${i}`, type: 'helper', z: 'tab' }))
    const wires = ends.map(({ id }) => [id])
    const flow = [
      { id: 'tab', type: 'tab', label: 'test' },
      { id: 'n-filter', type: 'cadf-filter', z: 'tab', name: '', version: 1, outputs, ...config, wires },
      ...ends,
      { id: 'n-catch', type: 'catch', z: 'tab', scope: ['n-filter'], wires: [['n-caught']] },
      { id: 'n-caught', type: 'helper', z: 'tab' },
      { id: 'n-complete', type: 'complete', z: 'tab', scope: ['n-filter'], wires: [['n-completed']] },
      { id: 'n-completed', type: 'helper', z: 'tab' },
    ]
    await helper.load(register, flow as TestFlows)
    arrived = []
    for (let output = 0; output < outputs; output++) {
      helper.getNode(`n-out-${output}`).on('input', (message: object) => {
        arrived.push({ output, message: message as Fields })
      })
    }
    return helper.getNode('n-filter')
  }

  /** Sends a message through and waits until the node is done with it; where it came out. */
  async function outputsOf(node: Node, message: Fields): Promise<number[]> {
    const done = new Promise<void>((resolve) => helper.getNode('n-completed').once('input', () => resolve()))
    node.receive(message as never)
    await done
    await new Promise((resolve) => setImmediate(resolve))
    return arrived.map(({ output }) => output).sort()
  }

  const caught = () =>
    new Promise<Fields>((resolve) =>
      helper.getNode('n-caught').once('input', (message: object) => resolve(message as Fields)),
    )

  it('sends a message to the output of the first rule that matches', async () => {
    const node = await load({ rules: [BY_EVE, CREATED, BY_DANA], mode: 'first' })
    assert.deepEqual(await outputsOf(node, occurrence('a')), [1])
  })

  it('sends it to every rule that matches if asked to', async () => {
    const node = await load({ rules: [BY_EVE, CREATED, BY_DANA], mode: 'all' })
    assert.deepEqual(await outputsOf(node, occurrence('a')), [1, 2])
  })

  it('sends what no rule matches to the last output', async () => {
    const node = await load({ rules: [BY_EVE], mode: 'first', otherwise: true }, 2)
    assert.deepEqual(await outputsOf(node, occurrence('a')), [1])
  })

  it('ends what no rule matches, and is done with it', async () => {
    const node = await load({ rules: [BY_EVE], mode: 'all' }, 1)
    assert.deepEqual(await outputsOf(node, occurrence('a')), [])
  })

  it('passes the message on as it came, with its delivery', async () => {
    const node = await load({ rules: [CREATED] }, 1)
    await outputsOf(node, { ...occurrence('a'), _delivery: 'token', extra: { kept: true } })
    const { _msgid, ...message } = arrived[0]?.message ?? {}
    assert.deepEqual(message, { ...occurrence('a'), _delivery: 'token', extra: { kept: true } })
  })

  it('splits a batch by its members', async () => {
    const eve = occurrence('b')
    eve.event.initiator.name = 'eve'
    const batch = { id: 'batch-1', key: '', count: 3, from: 'f', to: 't', reason: 'time' }
    const node = await load({ rules: [BY_EVE, BY_DANA], mode: 'first', otherwise: true })
    await outputsOf(node, { topic: 'batch', payload: [occurrence('a'), eve, occurrence('c')], batch })
    const parts = arrived.map(({ output, message }) => [
      output,
      (message['payload'] as Fields[]).map((member) => (member['event'] as Fields)['id']),
      (message['batch'] as Fields)['count'],
    ])
    assert.deepEqual(
      parts.sort(([a], [b]) => Number(a) - Number(b)),
      [
        [0, ['b'], 1],
        [1, ['a', 'c'], 2],
      ],
    )
  })

  it('ends what only claims to be a batch with an error that can be caught', async () => {
    const node = await load({ rules: [CREATED] }, 1)
    const message = caught()
    node.receive({ batch: { id: 'x' }, payload: 'none' } as never)
    assert.equal((((await message)['error'] as Fields)['code'] ?? '') as string, 'FILTER_BATCH_SHAPE')
  })

  describe('with rules that cannot be used', () => {
    const faulty = { name: 'bad', conditions: [{ path: 'topic', op: 'regexp', value: '(a)\\1' }] }

    it('says which and why in its status and in the log', async () => {
      const node = await load({ rules: [CREATED, faulty] }, 2)
      const spied = node as unknown as { status: Spied; error: Spied }
      assert.deepEqual(lastArgument(spied.status), {
        fill: 'red',
        shape: 'dot',
        text: 'rule 2: REGEXP_BACK_REFERENCE',
      })
      assert.match(String(lastArgument(spied.error)), /^Rule 2 "bad", condition 1: .*back-reference/)
    })

    it('ends each message with the reason, to be tried again later', async () => {
      const node = await load({ rules: [faulty] }, 1)
      const message = caught()
      node.receive(occurrence('a') as never)
      const error = (await message)['error'] as Fields
      assert.match(String(error['message']), /Rule 1 "bad".*minutes/)
      assert.equal(error['code'], 'REGEXP_BACK_REFERENCE')
    })

    it('says that there are none', async () => {
      const node = (await load({}, 1)) as unknown as { status: Spied }
      assert.equal((lastArgument(node.status) as Fields)['text'], 'no rules')
    })
  })

  describe('for its dialog', () => {
    const post = (path: string, body: Fields) => helper.request().post(path).send(body)

    it('suggests properties, values and ready-made rules', async () => {
      await load({ rules: [CREATED] }, 1)
      const { body } = await helper.request().get('/cadf-filter/vocabulary').expect(200)
      assert.ok(body.properties.some((known: Fields) => known['path'] === 'event.outcome'))
      assert.ok(body.readyMade.some((known: Fields) => known['id'] === 'open-to-any-source'))
      assert.ok(body.elements.length > 0)
    })

    it('checks rules and names each fault with its place', async () => {
      await load({ rules: [CREATED] }, 1)
      const rules = [{ conditions: [{ path: 'topic', op: 'in-network', value: '10.0.0.300' }] }]
      const { body } = await post('/cadf-filter/check', { rules }).expect(200)
      assert.equal(body.problems.length, 1)
      const [{ rule, condition, code }] = body.problems
      assert.deepEqual({ rule, condition, code }, { rule: 1, condition: '1', code: 'CONDITION_NETWORK' })
    })

    it('tries rules on a message, a notification from the bus, a log line and a CADF event', async () => {
      await load({ rules: [CREATED] }, 1)
      const body = {
        event_type: 'port.create.end',
        message_id: 'm',
        payload: { port: { id: 'p' } },
        timestamp: '2026-11-21 06:51:16.704739',
      }
      const samples = [
        JSON.stringify(occurrence('a')),
        JSON.stringify(body),
        JSON.stringify({ 'oslo.version': '2.0', 'oslo.message': JSON.stringify(body) }),
        `2026-11-21 06:51:16.704 7 INFO oslo.messaging.notification.port.create.end [-] ${JSON.stringify(body)}`,
        JSON.stringify({ ...occurrence('a').event }),
      ]
      for (const sample of samples) {
        const tried = { rules: [BY_EVE, CREATED], mode: 'first', otherwise: true, sample }
        const answer = await post('/cadf-filter/try', tried).expect(200)
        assert.deepEqual(answer.body.outputs, [0, 1, 0], sample)
      }
    })

    it('says what is wrong with a sample', async () => {
      await load({ rules: [CREATED] }, 1)
      const { body } = await post('/cadf-filter/try', { rules: [CREATED], sample: 'nonsense' }).expect(400)
      assert.equal(body.code, 'SAMPLE_JSON')
    })
  })
})

type Spied = { args: unknown[][] }

function lastArgument(spied: Spied): unknown {
  return spied.args.at(-1)?.[0]
}
