import assert from 'node:assert/strict'
import { beforeEach, describe, it } from 'mocha'
import { BatchCollector } from '../../../src/batch/collector'
import type { BatchPolicy, EmittedBatch } from '../../../src/batch/model'
import type { Settlement } from '../../../src/delivery/service'
import type { Timers } from '../../../src/time/timers'
import { type HandTimers, handTimers } from '../../support/hand-timers'
import { type MemoryJournal, memoryJournal } from '../../support/memory-journal'
import { occurrence } from '../../support/occurrence'

const MINUTE = 60_000
const ACCEPTED: Settlement = { outcome: 'accepted' }
const failed = (countsAttempt = true): Settlement => ({
  outcome: 'retry',
  reason: { code: 'FLOW_ERROR', message: 'Qualys is away' },
  countsAttempt,
})

describe('collecting into batches', () => {
  let timers: HandTimers
  let journal: MemoryJournal
  let emitted: EmittedBatch[]
  let answers: ((settlement: Settlement) => void)[]
  let answer: 'accept' | 'wait' | Settlement
  let batchNumber: number

  beforeEach(() => {
    timers = handTimers()
    journal = memoryJournal(() => timers.now())
    emitted = []
    answers = []
    answer = 'accept'
    batchNumber = 0
  })

  async function open(policy: Partial<BatchPolicy> = {}, own: Timers = timers): Promise<BatchCollector> {
    const collector = await BatchCollector.load({
      journal,
      owner: 'batch',
      policy: { windowMs: 10 * MINUTE, count: 1000, held: 10_000, ...policy },
      emit: (batch) => {
        emitted.push(batch)
        if (answer === 'accept') return Promise.resolve(ACCEPTED)
        if (answer !== 'wait') return Promise.resolve(answer)
        return new Promise((resolve) => answers.push(resolve))
      },
      timers: own,
      random: () => 0.5,
      newId: () => {
        batchNumber += 1
        return `b${batchNumber}`
      },
      onChange: () => {},
      onTrouble: () => {},
      retry: { firstMs: 20_000, capMs: 80_000 },
    })
    collector.start()
    return collector
  }

  const add = async (collector: BatchCollector, id: string, key = '') =>
    (await collector.add(memberOf(id), id, key)) === 'taken'
  const waiting = (signal?: AbortSignal) => ({ signal, onWait: () => {} })
  const idsOf = (batch: EmittedBatch | undefined) => batch?.members.map(({ notification }) => notification.messageId)
  const rows = async () => (await journal.count('batch', 'batch')) + (await journal.count('batch', 'member'))

  it('waits from the first member on, not from the start', async () => {
    const collector = await open()
    await timers.pass(7 * MINUTE)
    await add(collector, 'm1')
    await timers.pass(9 * MINUTE)
    await add(collector, 'm2')
    assert.equal(emitted.length, 0)
    await timers.pass(1 * MINUTE)
    assert.deepEqual(emitted.map(idsOf), [['m1', 'm2']])
    assert.deepEqual(emitted[0]?.info, {
      ...{ id: 'b1', key: '', count: 2, reason: 'time' },
      ...{ from: '2026-11-21T07:07:00.000Z', to: '2026-11-21T07:16:00.000Z' },
    })
  })

  it('is complete at its count', async () => {
    const collector = await open({ count: 3 })
    for (const id of ['m1', 'm2', 'm3', 'm4']) await add(collector, id)
    await timers.settle()
    assert.deepEqual(emitted.map(idsOf), [['m1', 'm2', 'm3']])
    assert.equal(emitted[0]?.info.reason, 'count')
    assert.equal(collector.counts.collecting, 1)
  })

  it('counts right when members arrive all at once', async () => {
    const collector = await open({ count: 10 })
    await Promise.all(Array.from({ length: 25 }, (_, index) => add(collector, `m${index}`)))
    await timers.settle()
    assert.deepEqual(
      emitted.map(({ members }) => members.length),
      [10, 10],
    )
    assert.equal(collector.counts.collecting, 5)
  })

  it('keeps keys apart', async () => {
    const collector = await open()
    await add(collector, 'm1', 'red')
    await add(collector, 'm2', 'blue')
    await add(collector, 'm3', 'red')
    await timers.pass(10 * MINUTE)
    assert.deepEqual(
      emitted.map((batch) => [batch.info.key, idsOf(batch)]),
      [
        ['red', ['m1', 'm3']],
        ['blue', ['m2']],
      ],
    )
  })

  it('takes a message once: while its batch is open, on its way, and after it', async () => {
    answer = 'wait'
    const collector = await open()
    assert.equal(await add(collector, 'm1'), true)
    assert.equal(await add(collector, 'm1'), false)
    await timers.pass(10 * MINUTE)
    assert.equal(await add(collector, 'm1'), false)
    answers[0]?.(ACCEPTED)
    await timers.settle()
    assert.equal(await add(collector, 'm1'), false)
    await timers.pass(10 * MINUTE)
    assert.equal(emitted.length, 1)
  })

  it('takes a message once when two copies arrive together', async () => {
    const collector = await open()
    assert.deepEqual(await Promise.all([add(collector, 'm1'), add(collector, 'm1')]), [true, false])
  })

  it('remembers over a restart what was finished', async () => {
    const first = await open({ count: 1 })
    await add(first, 'm1')
    await timers.settle()
    await first.close()
    assert.equal(await add(await open(), 'm1'), false)
  })

  it('leaves nothing in the journal but what it remembers', async () => {
    const collector = await open({ count: 2 })
    await add(collector, 'm1')
    await add(collector, 'm2')
    await timers.settle()
    assert.equal(await rows(), 0)
    assert.equal(await journal.count('batch', 'finished'), 2)
  })

  it('counts a member only when it is on disk', async () => {
    const collector = await open({ count: 2 })
    journal.beforeWrite = () => {
      throw new Error('disk full')
    }
    await assert.rejects(add(collector, 'm1'), /disk full/)
    journal.beforeWrite = undefined
    assert.equal(collector.counts.collecting, 0)
    assert.equal(await add(collector, 'm1'), true)
    await add(collector, 'm2')
    await timers.settle()
    assert.deepEqual(emitted.map(idsOf), [['m1', 'm2']])
  })

  it('takes up an open window after a restart, with the time that is left', async () => {
    // Killed: its timers never fire.
    const first = await open({}, { now: timers.now, after: () => () => {} })
    await add(first, 'm1')
    await timers.pass(4 * MINUTE)
    const second = await open()
    await add(second, 'm2')
    await timers.pass(6 * MINUTE - 1)
    assert.equal(emitted.length, 0)
    await timers.pass(1)
    assert.deepEqual(emitted.map(idsOf), [['m1', 'm2']])
    assert.equal(emitted[0]?.info.id, 'b1')
  })

  it('emits after a restart at once what has become due meanwhile', async () => {
    const first = await open()
    await add(first, 'm1')
    await first.close()
    await timers.pass(60 * MINUTE)
    await open()
    await timers.pass(0)
    assert.deepEqual(emitted.map(idsOf), [['m1']])
  })

  it('emits again after a restart, under the same id, what was on its way', async () => {
    answer = 'wait'
    const first = await open({ count: 1 })
    await add(first, 'm1')
    await timers.settle()
    answer = 'accept'
    await open()
    await timers.settle()
    assert.deepEqual(
      emitted.map(({ info }) => info),
      [emitted[0]?.info, emitted[0]?.info],
    )
    assert.equal(await rows(), 0)
  })

  it('keeps a failed batch and tries it again, waiting longer each time', async () => {
    answer = failed()
    const collector = await open({ count: 1 })
    await add(collector, 'm1')
    await timers.settle()
    assert.equal(collector.counts.failed, 1)
    assert.equal(collector.counts.reason, 'Qualys is away')
    assert.equal(await rows(), 2)
    // random 0.5 of 20 s, 40 s, 80 s, 80 s
    for (const [index, seconds] of [10, 20, 40, 40].entries()) {
      await timers.pass(seconds * 1000 - 1)
      assert.equal(emitted.length, index + 1)
      await timers.pass(1)
      assert.equal(emitted.length, index + 2)
    }
    answer = 'accept'
    await timers.pass(40_000)
    assert.deepEqual(collector.counts, { collecting: 0, open: 0, going: 0, failed: 0, setAside: 0 })
    assert.ok(emitted.every(({ info }) => info.id === 'b1'))
    assert.equal(await rows(), 0)
  })

  it('tries soon again what nobody was to blame for', async () => {
    answer = failed(false)
    const collector = await open({ count: 1 })
    await add(collector, 'm1')
    await timers.settle()
    answer = 'accept'
    await timers.pass(1000)
    assert.equal(emitted.length, 2)
  })

  it('collects on while a batch fails', async () => {
    answer = failed()
    const collector = await open({ count: 2 })
    for (const id of ['m1', 'm2', 'm3']) await add(collector, id)
    await timers.settle()
    assert.deepEqual([collector.counts.failed, collector.counts.collecting], [1, 1])
  })

  it('sets a batch aside that the flow refuses for good, also over a restart, until it is flushed', async () => {
    answer = { outcome: 'dead-letter', reason: { code: 'BY_HAND', message: 'not wanted' } }
    const first = await open({ count: 1 })
    await add(first, 'm1')
    await timers.pass(60 * MINUTE)
    assert.equal(emitted.length, 1)
    await first.close()
    const second = await open()
    await timers.pass(60 * MINUTE)
    assert.equal(emitted.length, 1)
    assert.deepEqual([second.counts.setAside, second.counts.reason], [1, 'not wanted'])
    answer = 'accept'
    second.flush()
    await timers.settle()
    assert.equal(emitted.length, 2)
    assert.equal(await rows(), 0)
  })

  it('is flushed by hand, whole or by key', async () => {
    const collector = await open()
    await add(collector, 'm1', 'red')
    await add(collector, 'm2', 'blue')
    collector.flush('red')
    await timers.settle()
    assert.deepEqual(emitted.map(idsOf), [['m1']])
    collector.flush()
    await timers.settle()
    assert.deepEqual(emitted.map(idsOf), [['m1'], ['m2']])
    assert.equal(emitted[0]?.info.reason, 'flush')
  })

  it('emits nothing while it is paused, and goes on collecting', async () => {
    const collector = await open({ count: 1 })
    collector.pause()
    await add(collector, 'm1')
    await timers.pass(60 * MINUTE)
    assert.equal(emitted.length, 0)
    collector.resume()
    await timers.settle()
    assert.equal(emitted.length, 1)
  })

  it('has at most four batches on their way', async () => {
    answer = 'wait'
    const collector = await open({ count: 1 })
    for (let index = 0; index < 10; index += 1) await add(collector, `m${index}`)
    await timers.settle()
    assert.equal(emitted.length, 4)
    answers[0]?.(ACCEPTED)
    await timers.settle()
    assert.equal(emitted.length, 5)
  })

  it('is bounded: who cannot wait is told, who can waits for its turn', async () => {
    answer = 'wait'
    const collector = await open({ count: 2, held: 2 })
    await add(collector, 'm1')
    await add(collector, 'm2')
    await assert.rejects(add(collector, 'm3'), { code: 'BATCH_FULL', retryable: true })
    const order: string[] = []
    const later = (id: string) =>
      collector.add(memberOf(id), id, '', waiting()).then((added) => order.push(`${id} ${added}`))
    void later('m4')
    void later('m5')
    void later('m6')
    await timers.settle()
    assert.deepEqual([order, collector.waiting], [[], 3])
    answers[0]?.(ACCEPTED)
    await timers.settle()
    assert.deepEqual(order, ['m4 taken', 'm5 taken'])
    assert.deepEqual(idsOf(emitted[1]), ['m4', 'm5'])
    assert.equal(collector.waiting, 1)
    assert.equal(await add(collector, 'm1').catch(({ code }) => code), 'BATCH_FULL')
  })

  it('lets go of a member that waits when its delivery is taken back, or when it is closed', async () => {
    answer = 'wait'
    const collector = await open({ count: 1, held: 1 })
    await add(collector, 'm1')
    const taken = new AbortController()
    const withdrawn = collector.add(memberOf('m2'), 'm2', '', waiting(taken.signal))
    const closed = assert.rejects(collector.add(memberOf('m3'), 'm3', '', waiting()), { code: 'BATCH_CLOSED' })
    taken.abort()
    assert.equal(await withdrawn, 'withdrawn')
    void collector.close()
    await closed
    answers[0]?.(ACCEPTED)
  })

  it('sends the largest batch early when it is full of open ones', async () => {
    const collector = await open({ windowMs: 0, held: 3 })
    await add(collector, 'm1', 'red')
    await add(collector, 'm2', 'blue')
    await add(collector, 'm3', 'blue')
    assert.equal(await collector.add(memberOf('m4'), 'm4', 'red', waiting()), 'taken')
    assert.deepEqual(emitted.map(idsOf), [['m2', 'm3']])
  })

  it('does not send a batch again whose rows could not be deleted, and deletes them later', async () => {
    const collector = await open({ count: 1 })
    await add(collector, 'm1')
    journal.beforeWrite = (operations) => {
      if (operations.some((operation) => operation.do === 'delete')) throw new Error('disk full')
    }
    await timers.settle()
    assert.equal(await rows(), 2)
    journal.beforeWrite = undefined
    await timers.pass(1000)
    assert.equal(await rows(), 0)
    assert.equal(emitted.length, 1)
  })

  it('takes nothing after it was closed, and what is open stays in the journal', async () => {
    const collector = await open()
    await add(collector, 'm1')
    await collector.close()
    await assert.rejects(add(collector, 'm2'), { code: 'BATCH_CLOSED' })
    await timers.pass(60 * MINUTE)
    assert.equal(emitted.length, 0)
    assert.equal(await rows(), 2)
  })
})

function memberOf(id: string) {
  const { topic, payload, event, notification } = occurrence(id)
  return { topic, payload, event, notification }
}
