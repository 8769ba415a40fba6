import assert from 'node:assert/strict'
import { EventEmitter } from 'node:events'
import { describe, it } from 'mocha'
import type { NodeAPI } from 'node-red'
import { deliveryService } from '../../nodes/shared/delivery'
import type { Settlement } from '../../src/delivery/service'
import { waitFor } from '../support/wait-for'

type Hook = (event: unknown) => unknown

/** As much of a runtime as the binding touches; `hooks` run by hand. */
class FakeRuntime {
  readonly events = new EventEmitter()
  readonly logged: string[] = []
  readonly added = new Map<string, Hook>()
  readonly hooks = {
    add: (name: string, hook: Hook) => this.added.set(name, hook),
    has: (name: string) => this.added.has(name),
    remove: (name: string) => {
      const label = name.replace('*', '')
      for (const key of this.added.keys()) if (key.endsWith(label)) this.added.delete(key)
    },
  }
  readonly nodes = {
    getNode: () => null,
    eachNode: (visit: (node: object) => void) => visit({ id: 'off', type: 'debug', d: true }),
  }
  readonly log = { error: (text: string) => this.logged.push(text), warn: (text: string) => this.logged.push(text) }

  get RED(): NodeAPI {
    return this as unknown as NodeAPI
  }

  run(hook: string, event: unknown): unknown {
    return this.added.get(`${hook}.openstack-events-delivery`)?.(event)
  }
}

describe('the binding to the runtime', () => {
  it('knows of the first start when it is made with the palette', async () => {
    const runtime = new FakeRuntime()
    const settlements: Settlement[] = []
    const service = deliveryService(runtime.RED)
    runtime.events.emit('flows:started')
    const delivery = service.source({ id: 'source' }).open((settlement) => settlements.push(settlement))
    const msg = { _delivery: delivery.token }
    runtime.run('onSend', [{ msg, source: { id: 'source', node: {} }, destination: { id: 'off' } }])
    delivery.sent()
    await waitFor('settlement', () => settlements.length === 1)
    assert.deepEqual(settlements, [{ outcome: 'accepted' }])
  })

  it('never lets a hook throw or return a value, whatever it is given', () => {
    const runtime = new FakeRuntime()
    const delivery = deliveryService(runtime.RED)
      .source({ id: 'source' })
      .open(() => {})
    // The last hook is there from the first message on that reaches a node without `done`.
    const node = { id: 'old', type: 'old', _expectedDoneCount: 0 }
    runtime.run('onReceive', { msg: { _delivery: delivery.token }, destination: { id: 'old', node } })
    for (const hook of ['onSend', 'preDeliver', 'onReceive', 'postReceive', 'onComplete']) {
      for (const event of [undefined, null, 1, {}, [null], { msg: null }, { msg: { _delivery: 'x.1' } }]) {
        assert.equal(runtime.run(hook, event), undefined)
      }
    }
    assert.ok(runtime.logged.length > 0)
  })

  it('gives each hook one parameter: with two the runtime would wait for a callback', () => {
    const runtime = new FakeRuntime()
    const lengths = () => [...runtime.added.values()].map((hook) => hook.length)
    const delivery = deliveryService(runtime.RED)
      .source({ id: 'source' })
      .open(() => {})
    assert.deepEqual(lengths(), [1, 1, 1, 1])
    for (const takesDone of [1, 0, 0]) {
      const node = { id: 'n', type: 'n', _expectedDoneCount: takesDone }
      runtime.run('onReceive', { msg: { _delivery: delivery.token }, destination: { id: 'n', node } })
      assert.deepEqual(lengths(), takesDone === 1 ? [1, 1, 1, 1] : [1, 1, 1, 1, 1])
    }
  })

  it('says once that a runtime without hooks cannot be tracked', () => {
    const runtime = new FakeRuntime()
    Object.defineProperty(runtime, 'hooks', { value: undefined })
    const deliveries = deliveryService(runtime.RED)
    assert.equal(deliveries.tracks, false)
    deliveries.source({ id: 'one' })
    deliveries.source({ id: 'two' })
    assert.equal(runtime.logged.length, 1)
    assert.match(runtime.logged[0] ?? '', /no message hooks/)
  })
})
