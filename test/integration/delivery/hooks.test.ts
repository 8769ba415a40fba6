import assert from 'node:assert/strict'
import { deliveryService } from '../../../nodes/shared/delivery'
import type { OperatorError } from '../../../src/errors/operator-error'
import { type Probes, probesOf } from '../../support/delivery-probes'
import { waitFor } from '../../support/wait-for'
import { chain, delay, fn } from './flow'

const HOOKS = ['onSend', 'preDeliver', 'onReceive', 'postReceive', 'onComplete']
const flow = chain([fn('return msg', { wires: [['n2', 'gate']] }), delay(20)])

for (const line of ['5', '4.1'] as const) {
  describe(`Node-RED ${line}: beside another palette whose`, function () {
    this.timeout(60_000)
    let probes: Probes
    before(async () => {
      probes = await probesOf(line)
    })

    for (const hook of ['preRoute', 'onSend', 'preDeliver', 'onReceive', 'postReceive', 'onComplete']) {
      for (const order of ['before', 'after'] as const) {
        it(`${hook} hook is asynchronous and was added ${order} ours, deliveries end when the flow ends`, async () => {
          const add = () =>
            probes.runtime.hooks.add(`${hook}.test`, (_event: never) => new Promise<void>((r) => setTimeout(r, 40)))
          probes.reset()
          // Without a source our hooks are not there.
          await probes.runtime.deploy([])
          if (order === 'before') add()
          await probes.runtime.deploy(flow)
          if (order === 'after') add()
          try {
            probes.queue.put('message')
            await waitFor('both copies at the gate', () => probes.held.length === 2)
            await new Promise((resolve) => setTimeout(resolve, 100))
            assert.deepEqual(probes.queue.settlements, [])
            probes.release()
            await waitFor('settlement', () => probes.queue.settlements.length === 1)
            assert.deepEqual(probes.queue.settlements, [{ outcome: 'accepted' }])
            assert.deepEqual(probes.queue.lateSends, [])
          } finally {
            probes.runtime.hooks.remove(`${hook}.test`)
          }
        })
      }
    }
  })

  describe(`Node-RED ${line}: the hooks`, function () {
    this.timeout(60_000)
    let probes: Probes
    before(async () => {
      probes = await probesOf(line)
    })

    it('are there while a source is', async () => {
      probes.reset()
      const present = () => HOOKS.filter((hook) => probes.runtime.hooks.has(`${hook}.openstack-events-delivery`))
      await probes.runtime.deploy(flow)
      assert.deepEqual(
        present(),
        HOOKS.filter((hook) => hook !== 'postReceive'),
      )
      await probes.runtime.deploy([])
      assert.deepEqual(present(), [])
    })

    it('wait for handlers to return from the first message on that reaches a node without done', async () => {
      probes.reset()
      await probes.runtime.deploy(chain([{ type: 'probe-no-done' }]))
      const isThere = () => probes.runtime.hooks.has('postReceive.openstack-events-delivery')
      assert.equal(isThere(), false)
      for (const settled of [1, 2]) {
        probes.queue.put('message')
        await waitFor('the message at the gate', () => probes.held.length === 1)
        assert.equal(isThere(), true)
        probes.release()
        await waitFor('settlement', () => probes.queue.settlements.length === settled)
      }
      assert.deepEqual(probes.queue.settlements, [{ outcome: 'accepted' }, { outcome: 'accepted' }])
      await probes.runtime.deploy([])
      assert.equal(isThere(), false)
    })

    it('belong to one copy of the package: a second one is told', async () => {
      probes.reset()
      await probes.runtime.deploy(flow)
      const second = secondCopy()
      assert.notEqual(second, deliveryService)
      assert.throws(
        () => second(probes.RED).source({ id: 'other' }),
        (error: OperatorError) => error.code === 'SECOND_COPY',
      )
      await probes.runtime.deploy([])
      second(probes.RED).source({ id: 'other' }).close()
    })
  })
}

/** The same modules, loaded again. */
function secondCopy(): typeof deliveryService {
  const cached = Object.keys(require.cache).filter((path) => /[\\/](nodes[\\/]shared|src)[\\/]/.test(path))
  const kept = cached.map((path) => [path, require.cache[path]] as const)
  for (const path of cached) delete require.cache[path]
  const { deliveryService: second } = require('../../../nodes/shared/delivery') as {
    deliveryService: typeof deliveryService
  }
  for (const [path, module] of kept) require.cache[path] = module
  return second
}
