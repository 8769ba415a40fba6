import assert from 'node:assert/strict'
import type { Settlement } from '../../../src/delivery/service'
import { OperatorError } from '../../../src/errors/operator-error'
import { forgetOldLaunches, orphanIntents } from '../../../src/qualys/housekeeping'
import { LAUNCH_KIND } from '../../../src/qualys/launch'
import { DEAD_KIND, QUEUE_KIND, type QueueState, RESULT_KIND, ScanQueue } from '../../../src/qualys/queue'
import { type FinishedScan, PLAN_KIND } from '../../../src/qualys/scan'
import { type MemoryJournal, memoryJournal } from '../../support/memory-journal'
import { type SkippingClock, skippingClock } from '../../support/skipping-clock'
import { waitFor } from '../../support/wait-for'

interface Delivered {
  readonly message: { readonly name?: string }
  readonly finished: FinishedScan
  readonly settle: (settlement: Settlement) => void
}

const accepted: Settlement = { outcome: 'accepted' }
const retry: Settlement = {
  outcome: 'retry',
  reason: { code: 'FLOW_ERROR', message: 'syslog is away' },
  countsAttempt: true,
}
const finishedAs = (key: string): FinishedScan => ({
  plan: { at: '2026-11-20T10:00:00.000Z', groups: [], notScanned: {} },
  scan: { key, title: key, status: 'launched', launches: [] },
})

describe('the queue in front of Qualys', () => {
  let clock: SkippingClock
  let journal: MemoryJournal
  let queue: ScanQueue
  let scanned: string[]
  let delivered: Delivered[]
  let warnings: string[]
  let state: QueueState
  let scan: (key: string, signal: AbortSignal) => Promise<FinishedScan>

  const open = () =>
    new ScanQueue({
      journal,
      owner: 'node',
      clock,
      scan: (key, _message, signal) => scan(key, signal),
      giveUp: (key, _message, why) => ({
        ...finishedAs(key),
        scan: { ...finishedAs(key).scan, status: 'refused', title: why },
      }),
      deliver: (message, finished, settle) => delivered.push({ message, finished, settle }),
      onState: (now) => {
        state = now
      },
      onWarning: (text) => warnings.push(text),
    })
  const rows = async (kind: string) => (await journal.list('node', kind)).map(({ key }) => key)
  const outcome = (at: number) => waitFor(`delivery ${at}`, () => delivered[at], { everyMs: 1 })
  /** The old process is gone, whatever it was doing. */
  const restart = async () => {
    await queue.stop()
    queue = open()
    await queue.start()
  }

  beforeEach(async () => {
    clock = skippingClock()
    journal = memoryJournal(clock.now)
    scanned = []
    delivered = []
    warnings = []
    scan = async (key) => {
      scanned.push(key)
      return finishedAs(key)
    }
    queue = open()
    await queue.start()
  })
  afterEach(() => queue.stop())

  it('has a message on disk before it says that it took it', async () => {
    scan = () => new Promise(() => {})
    await queue.add('a', { name: 'first' })
    assert.deepEqual(await rows(QUEUE_KIND), ['a'])
    scan = async (key) => finishedAs(key)
    // A scan that hangs would hold up the end of this test.
    queue = open()
    await queue.start()
  })

  it('refuses a message that it cannot journal', async () => {
    journal.beforeWrite = () => {
      throw new OperatorError('JOURNAL_FULL', 'No space left')
    }
    await assert.rejects(queue.add('a', {}), { code: 'JOURNAL_FULL' })
    const circular: { self?: unknown } = {}
    circular.self = circular
    await assert.rejects(queue.add('b', circular), { code: 'QUALYS_MESSAGE' })
  })

  it('scans in order of arrival and sends on what came of it, without the token it came with', async () => {
    await queue.add('a', { name: 'first', _delivery: 'token', req: {}, res: {} })
    await queue.add('b', { name: 'second' })
    await outcome(1)
    assert.deepEqual(scanned, ['a', 'b'])
    assert.deepEqual(
      delivered.map(({ message }) => message),
      [{ name: 'first' }, { name: 'second' }],
    )
    assert.equal(delivered[1]?.finished.scan.key, 'b')
  })

  it('keeps its rows until the outcome was accepted, then lets them go', async () => {
    await queue.add('a', {})
    const { settle } = await outcome(0)
    assert.deepEqual(await rows(QUEUE_KIND), ['a'])
    assert.deepEqual(await rows(RESULT_KIND), ['a'])
    settle(accepted)
    await waitFor('the rows to go', async () => (await rows(QUEUE_KIND)).length === 0)
    assert.deepEqual(await rows(RESULT_KIND), [])
    assert.deepEqual(state, { waiting: 0, delivering: 0, failed: 0 })
  })

  it('does not take a message twice while it has it', async () => {
    await queue.add('a', {})
    await queue.add('a', {})
    await outcome(0)
    await queue.add('a', {})
    assert.deepEqual(scanned, ['a'])
    assert.equal(delivered.length, 1)
  })

  it('takes a message again that comes back after it was done with', async () => {
    await queue.add('a', {})
    const { settle } = await outcome(0)
    settle(accepted)
    await waitFor('the rows to go', async () => (await rows(QUEUE_KIND)).length === 0)
    await queue.add('a', {})
    await outcome(1)
    assert.deepEqual(scanned, ['a', 'a'])
  })

  it('sends an outcome again, later and later, until the flow takes it; others pass by', async () => {
    await queue.add('a', {})
    const first = await outcome(0)
    await queue.add('b', {})
    await outcome(1)
    first.settle(retry)
    const again = await outcome(2)
    assert.equal(again.finished.scan.key, 'a')
    assert.deepEqual(scanned, ['a', 'b'])
    assert.deepEqual(warnings, ['the flow did not take the outcome of scan a: syslog is away'])
    again.settle(retry)
    const { settle } = await outcome(3)
    assert.equal(warnings.length, 1)
    settle(accepted)
    await waitFor('the row to go', async () => !(await rows(QUEUE_KIND)).includes('a'))
  })

  it('says how many outcomes the flow did not take', async () => {
    // Nobody wakes before the time has really come.
    clock.sleep = () => new Promise(() => {})
    await queue.add('a', {})
    const { settle } = await outcome(0)
    settle(retry)
    await waitFor('the state', () => state.failed === 1)
    assert.deepEqual(state, { waiting: 0, delivering: 0, failed: 1 })
  })

  it('has at most eight outcomes on their way at once', async () => {
    for (let turn = 0; turn < 12; turn += 1) await queue.add(`m${turn}`, {})
    await waitFor('all to be scanned', () => scanned.length === 12)
    await outcome(7)
    assert.equal(delivered.length, 8)
    delivered[0]?.settle(accepted)
    await outcome(8)
  })

  it('keeps outcomes while a sink is away, and goes on scanning', async () => {
    queue.pause()
    await queue.add('a', {})
    await queue.add('b', {})
    await waitFor('both to be scanned', () => scanned.length === 2)
    assert.equal(delivered.length, 0)
    queue.resume()
    await outcome(1)
  })

  it('sets aside with its reason what a person dead-letters by hand', async () => {
    await queue.add('a', { name: 'first' })
    const { settle } = await outcome(0)
    settle({ outcome: 'dead-letter', reason: { code: 'BY_HAND', message: 'no use' } })
    await waitFor('the row to go', async () => (await rows(QUEUE_KIND)).length === 0)
    const [dead] = await journal.list('node', DEAD_KIND)
    assert.deepEqual(dead?.value, {
      message: { name: 'first' },
      reason: { code: 'BY_HAND', message: 'no use' },
    })
    assert.equal(warnings.length, 1)
  })

  describe('in trouble', () => {
    const unreachable = () => new OperatorError('QUALYS_UNREACHABLE', 'no connection', { retryable: true })
    const refused = () => new OperatorError('QUALYS_REFUSED', 'Bad Login/Password')

    it('tries the first message again and keeps the order', async () => {
      let failures = 3
      const healthy = scan
      scan = async (key, signal) => {
        if (failures-- > 0) throw unreachable()
        return healthy(key, signal)
      }
      await queue.add('a', {})
      await queue.add('b', {})
      await outcome(1)
      assert.deepEqual(scanned, ['a', 'b'])
      assert.deepEqual(warnings, ['no connection'])
      assert.equal(state.trouble, undefined)
    })

    it('says what it is, when it tries next, and whether a person must act', async () => {
      clock.sleep = () => new Promise(() => {})
      scan = () => Promise.reject(refused())
      await queue.add('a', {})
      await waitFor('trouble', () => state.trouble)
      assert.deepEqual(state.trouble, {
        message: 'Bad Login/Password',
        retryAt: clock.now() + 15 * 60_000,
        heals: false,
      })
      assert.equal(state.waiting, 1)
    })

    it('tries at once when somebody has mended the account', async () => {
      clock.sleep = () => new Promise(() => {})
      const healthy = scan
      scan = () => Promise.reject(refused())
      await queue.add('a', {})
      await waitFor('trouble', () => state.trouble)
      scan = healthy
      queue.retryNow()
      await outcome(0)
    })

    it('never gives up a message for a trouble that all of them have', async () => {
      let failures = 20
      const healthy = scan
      scan = async (key, signal) => {
        if (failures-- > 0) throw failures % 2 === 0 ? unreachable() : refused()
        return healthy(key, signal)
      }
      await queue.add('a', {})
      await outcome(0)
      assert.equal(delivered[0]?.finished.scan.status, 'launched')
    })

    it('gives up a message that breaks five times for itself, with a record, and goes on with the next', async () => {
      const healthy = scan
      scan = async (key, signal) => {
        if (key === 'a') throw new TypeError('undefined is not a function')
        return healthy(key, signal)
      }
      await queue.add('a', {})
      await queue.add('b', {})
      await outcome(1)
      assert.equal(delivered[0]?.finished.scan.status, 'refused')
      assert.equal(delivered[0]?.finished.scan.title, 'undefined is not a function')
      assert.deepEqual(scanned, ['b'])
    })
  })

  describe('after a kill or a deploy', () => {
    it('scans what it had not scanned, in order', async () => {
      scan = (_key, signal) =>
        new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(signal.reason)))
      await queue.add('a', {})
      await queue.add('b', {})
      scan = async (key) => {
        scanned.push(key)
        return finishedAs(key)
      }
      await restart()
      await outcome(1)
      assert.deepEqual(scanned, ['a', 'b'])
    })

    it('sends on what was scanned and not accepted, without scanning it again', async () => {
      await queue.add('a', {})
      await outcome(0)
      await restart()
      const again = await outcome(1)
      assert.equal(again.finished.scan.key, 'a')
      assert.deepEqual(scanned, ['a'])
    })

    it('finds all of many', async () => {
      await queue.stop()
      for (let turn = 0; turn < 45; turn += 1) {
        const value = { message: {} }
        await journal.write([{ do: 'insert', owner: 'node', kind: QUEUE_KIND, key: `m${turn}`, value }])
      }
      queue = open()
      await queue.start()
      await waitFor('all to be scanned', () => scanned.length === 45)
    })

    it('leaves rows alone when a delivery is given back because the node closes', async () => {
      await queue.add('a', {})
      const { settle } = await outcome(0)
      await queue.stop()
      settle({ ...retry, countsAttempt: false })
      assert.deepEqual(await rows(RESULT_KIND), ['a'])
      assert.deepEqual(warnings, [])
    })

    it('still takes an acceptance that comes while the node closes', async () => {
      await queue.add('a', {})
      const { settle } = await outcome(0)
      await queue.stop()
      settle(accepted)
      await waitFor('the rows to go', async () => (await rows(QUEUE_KIND)).length === 0)
    })
  })
})

describe('what is remembered of launches', () => {
  const put = (journal: MemoryJournal, kind: string, key: string, value: unknown) =>
    journal.write([{ do: 'put', owner: 'node', kind, key, value }])
  const day = 24 * 3600_000

  it('is forgotten after 30 days', async () => {
    const clock = skippingClock()
    const journal = memoryJournal(clock.now)
    await put(journal, LAUNCH_KIND, 'old', {})
    await put(journal, PLAN_KIND, 'old', {})
    clock.advance(20 * day)
    await put(journal, LAUNCH_KIND, 'young', {})
    clock.advance(11 * day)
    await forgetOldLaunches(journal, 'node', new Date(clock.now()))
    assert.deepEqual(
      (await journal.list('node', LAUNCH_KIND)).map(({ key }) => key),
      ['young'],
    )
    assert.equal(await journal.count('node', PLAN_KIND), 0)
  })

  it('is kept as long as a message waits that it may belong to', async () => {
    const clock = skippingClock()
    const journal = memoryJournal(clock.now)
    await put(journal, QUEUE_KIND, 'waiting', {})
    clock.advance(1000)
    await put(journal, LAUNCH_KIND, 'waiting', {})
    clock.advance(90 * day)
    await forgetOldLaunches(journal, 'node', new Date(clock.now()))
    assert.equal(await journal.count('node', LAUNCH_KIND), 1)
  })

  it('names launches without an outcome whose message is gone', async () => {
    const journal = memoryJournal()
    const sending = { state: 'sending', unclear: 0, at: '2026-11-20T10:00:00Z', scanner: 'External', targets: '' }
    await put(journal, QUEUE_KIND, 'k1', {})
    await put(journal, LAUNCH_KIND, 'k1/part', { ...sending, title: 'osx/prod-1/k1/part' })
    await put(journal, LAUNCH_KIND, 'k2/part', { ...sending, title: 'osx/prod-1/k2/part' })
    await put(journal, LAUNCH_KIND, 'k3', { ...sending, state: 'launched', reference: 'scan/1.1', title: 'x' })
    assert.deepEqual(await orphanIntents(journal, 'node'), ['osx/prod-1/k2/part'])
  })
})
