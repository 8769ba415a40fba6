import assert from 'node:assert/strict'
import { deliveryService } from '../../../nodes/shared/delivery'
import { type Probes, probesOf } from '../../support/delivery-probes'
import { waitFor } from '../../support/wait-for'
import { chain } from './flow'

for (const line of ['5', '4.1'] as const) {
  describe(`Node-RED ${line}: a sink`, function () {
    this.timeout(60_000)
    let probes: Probes
    before(async () => {
      probes = await probesOf(line)
    })
    const withWriter = (config: object = {}) =>
      chain([{ type: 'probe-writer', ...config }]).filter((node) => node.id !== 'gate')

    /** Nodes have been taken out and their close handlers called. */
    const flowsAreStopping = () =>
      new Promise<void>((resolve) => probes.RED.events.once('flows:stopping', () => setImmediate(resolve)))

    for (const type of ['full', 'nodes'] as const) {
      it(`that has begun a write confirms it while a ${type} deploy closes it: accepted, and written once`, async () => {
        probes.reset()
        await probes.runtime.deploy(withWriter())
        probes.queue.redeliver = true
        probes.queue.put('message')
        await waitFor('the write to begin', () => probes.held.length === 1)
        const closing = flowsAreStopping()
        const deployed = probes.runtime.deploy(withWriter({ name: 'changed' }), type)
        // The sink's close handler takes 150 ms: its write ends in between.
        await closing
        probes.release()
        await deployed
        await waitFor('settlement', () => probes.queue.settlements.length === 1)
        assert.deepEqual(probes.queue.settlements, [{ outcome: 'accepted' }])
        assert.deepEqual(probes.finished, ['message'])
      })

      it(`that has not begun one gives back, though its handler ends well during a ${type} deploy`, async () => {
        probes.reset()
        await probes.runtime.deploy(withWriter({ begins: false }))
        probes.queue.put('message')
        await waitFor('the message', () => probes.held.length === 1)
        const closing = flowsAreStopping()
        const deployed = probes.runtime.deploy(withWriter({ begins: false, name: 'changed' }), type)
        await closing
        probes.release()
        await deployed
        const settlement = await waitFor('settlement', () => probes.queue.settlements[0])
        assert.ok(settlement.outcome === 'retry')
        assert.equal(settlement.countsAttempt, false)
        assert.equal(settlement.reason.code, 'DEPLOYED')
      })
    }

    it('that is away pauses the source that it holds a message of, and lets it resume', async () => {
      probes.reset()
      await probes.runtime.deploy(chain([]))
      probes.queue.put('message')
      const held = await waitFor('the message', () => probes.held[0])
      const deliveries = deliveryService(probes.RED)
      deliveries.away(held.message['_delivery'] as string, 'gate', 'connection refused')
      deliveries.back('gate')
      assert.deepEqual(probes.queue.events, ['pause: connection refused', 'resume'])
      probes.release()
      await waitFor('settlement', () => probes.queue.accepted.length === 1)
    })

    it('that holds a message too long is told to drop it, and is named', async () => {
      probes.reset()
      await probes.runtime.deploy(chain([], [], { deadlineMs: 200 }))
      probes.queue.put('message')
      const held = await waitFor('the message', () => probes.held[0])
      const signal = deliveryService(probes.RED).signal(held.message['_delivery'] as string)
      assert.equal(signal?.aborted, false)
      const settlement = await waitFor('settlement', () => probes.queue.settlements[0])
      assert.equal(signal.aborted, true)
      assert.deepEqual(settlement, {
        outcome: 'retry',
        reason: { code: 'DEADLINE', message: 'Not finished within 0 s; held by probe-gate (gate).', nodeId: 'gate' },
        countsAttempt: true,
      })
    })
  })
}
