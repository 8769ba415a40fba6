import assert from 'node:assert/strict'
import { after, afterEach, before, beforeEach, describe, it } from 'mocha'
import type { Node, NodeAPI, NodeDef } from 'node-red'
import helper, { type TestFlows } from 'node-red-node-test-helper'
import register from '../../nodes/openstack-notification-ack/openstack-notification-ack'
import { deliveryService } from '../../nodes/shared/delivery'
import type { Settlement } from '../../src/delivery/service'
import { statusCalls } from '../support/status-calls'
import { waitFor } from '../support/wait-for'

type Message = Record<string, unknown>

describe('the openstack-notification-ack node', () => {
  let settlements: Settlement[]
  let emit: (message: Message) => void
  let errors: Message[]
  let byHand: boolean
  let tracks: boolean

  before(async () => {
    helper.init(require.resolve('node-red'))
    await helper.startServer()
  })
  after(async () => {
    await helper.stopServer()
  })
  beforeEach(() => {
    settlements = []
    errors = []
    byHand = true
  })
  afterEach(async () => {
    await helper.unload()
  })

  /** A source that only a hand settles, in front of the node. */
  function fakeSource(RED: NodeAPI): void {
    RED.nodes.registerType('fake-source', function (this: Node, config: NodeDef) {
      RED.nodes.createNode(this, config)
      const source = deliveryService(RED).source({ id: this.id, settledByHand: byHand })
      tracks = deliveryService(RED).tracks
      emit = (message) => {
        const delivery = source.open((settlement) => settlements.push(settlement))
        this.send({ _delivery: delivery.token, ...message } as never)
        delivery.sent()
      }
      this.on('close', () => source.close())
    } as never)
  }

  async function load(config: Message): Promise<Node> {
    const defaults = { reason: 'error.message', reasonType: 'msg', countsAttempt: true }
    const nodes = [
      { id: 'source', type: 'fake-source', wires: [['ack']] },
      { id: 'ack', type: 'openstack-notification-ack', ...defaults, ...config },
      { id: 'catch', type: 'catch', scope: null, wires: [['caught']] },
      { id: 'caught', type: 'helper' },
    ]
    const flow = [{ id: 'tab', type: 'tab' }, ...nodes.map((node) => ({ z: 'tab', x: 1, y: 1, ...node }))]
    await helper.load([register, fakeSource] as never, flow as unknown as TestFlows)
    helper.getNode('caught').on('input', ((msg: Message) => errors.push(msg['error'] as Message)) as never)
    return helper.getNode('ack') as unknown as Node
  }

  const statusTexts = (node: Node) => statusCalls<{ text: string }>(node).map(([{ text }]) => text)

  it('accepts', async () => {
    const node = await load({ outcome: 'accept' })
    emit({ payload: 1 })
    await waitFor('settlement', () => settlements.length === 1)
    assert.deepEqual(settlements, [{ outcome: 'accepted' }])
    assert.deepEqual(statusTexts(node), ['settled 1'])
  })

  it('gives back with a reason from the message, fit for a log', async () => {
    await load({ outcome: 'retry' })
    emit({ error: { message: 'no route\nto host' } })
    const reason = { code: 'BY_HAND', message: 'no route to host', nodeId: 'ack' }
    await waitFor('settlement', () => settlements.length === 1)
    assert.deepEqual(settlements, [{ outcome: 'retry', reason, countsAttempt: true }])
  })

  it('gives back without counting an attempt', async () => {
    await load({ outcome: 'retry', countsAttempt: false, reason: 'maintenance', reasonType: 'str' })
    emit({})
    const reason = { code: 'BY_HAND', message: 'maintenance', nodeId: 'ack' }
    await waitFor('settlement', () => settlements.length === 1)
    assert.deepEqual(settlements, [{ outcome: 'retry', reason, countsAttempt: false }])
  })

  it('sets aside', async () => {
    await load({ outcome: 'dead-letter' })
    emit({})
    const reason = { code: 'BY_HAND', message: 'Settled by hand.', nodeId: 'ack' }
    await waitFor('settlement', () => settlements.length === 1)
    assert.deepEqual(settlements, [{ outcome: 'dead-letter', reason }])
  })

  it('does as the message says, and refuses what it does not know', async () => {
    await load({ outcome: 'msg' })
    emit({ outcome: 'accept' })
    await waitFor('settlement', () => settlements.length === 1)
    emit({ outcome: 'forget\nit' })
    const error = await waitFor('error', () => errors[0])
    assert.equal(error['code'], 'OUTCOME_UNKNOWN')
    assert.match(String(error['message']), /msg\.outcome is "forget\\nit"\..*"accept", "retry" or "dead-letter"/)
    assert.equal(settlements.length, 1)
  })

  it('refuses a message that belongs to no delivery', async () => {
    await load({ outcome: 'accept' })
    emit({ _delivery: undefined })
    const error = await waitFor('error', () => errors[0])
    assert.equal(error['code'], 'NOT_TRACKED')
  })

  it('counts what was settled before, which is no error', async () => {
    const node = await load({ outcome: 'accept' })
    emit({ _delivery: 'settled.1' })
    await waitFor('status', () => statusTexts(node).at(-1) === 'settled 0, too late 1')
    assert.deepEqual(errors, [])
  })

  it('is not waited for in a runtime without hooks: a message is accepted as soon as it is sent', async () => {
    byHand = false
    await load({ outcome: 'msg' })
    assert.equal(tracks, false)
    emit({ outcome: 'none' })
    await waitFor('settlement', () => settlements.length === 1)
    assert.deepEqual(settlements, [{ outcome: 'accepted' }])
  })
})
