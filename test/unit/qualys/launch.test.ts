import assert from 'node:assert/strict'
import type { QualysClient } from '../../../src/qualys/client'
import { LAUNCH_KIND, type LaunchContext, type LaunchOrder, launchOnce } from '../../../src/qualys/launch'
import { type MemoryJournal, memoryJournal } from '../../support/memory-journal'
import { type SkippingClock, skippingClock } from '../../support/skipping-clock'
import {
  clientOf,
  cutConnection,
  error,
  type FakeQualys,
  fakeQualys,
  launched,
  noConnection,
  type Reply,
  scanList,
  xml,
} from './fake-qualys'

const order: LaunchOrder = {
  key: '6f0c',
  title: 'osx/prod-1/6f0c',
  scanner: 'External',
  profile: { by: 'title', value: 'fast' },
  targets: '198.51.100.7,198.51.100.20-198.51.100.22',
  priority: 0,
}

describe('launching a scan at most once', () => {
  let clock: SkippingClock
  let qualys: FakeQualys
  let client: QualysClient
  let journal: MemoryJournal
  let context: LaunchContext
  const launch = (changed: Partial<LaunchOrder> = {}) => launchOnce({ ...order, ...changed }, context)
  const journalled = async () => (await journal.get('node', LAUNCH_KIND, order.key))?.value as { state: string }
  /** A process that dies at this moment: its client sends nothing more and its journal takes nothing more. */
  const restart = () => {
    client = clientOf(qualys, clock)
    journal.beforeWrite = undefined
    context = { ...context, client }
  }
  const dieBeforeWriting = (state: string) => {
    journal.beforeWrite = ([operation]) => {
      if (operation?.do === 'put' && (operation.value as { state?: string }).state === state) throw new Error('killed')
    }
  }
  const elapsed = () => (clock.now() - Date.parse('2026-11-20T10:00:00Z')) / 1000

  beforeEach(() => {
    clock = skippingClock()
    qualys = fakeQualys(clock)
    client = clientOf(qualys, clock)
    journal = memoryJournal(clock.now)
    const { signal } = new AbortController()
    context = { client, journal, owner: 'node', signal, floor: 0, timeoutMs: 60_000 }
  })

  it('journals the intent before the call and the reference after it', async () => {
    let before: unknown
    qualys.script.push(async () => {
      before = await journalled()
      return undefined
    })
    const outcome = await launch()
    assert.equal((before as { state: string }).state, 'sending')
    assert.ok(outcome.state === 'launched')
    assert.equal(outcome.reference, 'scan/1795168800.34567')
    assert.equal(outcome.duplicated, false)
    assert.equal((await journalled()).state, 'launched')
  })

  it('tells Qualys title, targets, profile and scanner, each once', async () => {
    await launch()
    assert.deepEqual(qualys.calls[0]?.params, {
      action: 'launch',
      scan_title: 'osx/prod-1/6f0c',
      option_title: 'fast',
      ip: '198.51.100.7,198.51.100.20-198.51.100.22',
      iscanner_name: 'External',
    })
    await launch({ key: 'other', profile: { by: 'id', value: '43165' }, priority: 5 })
    assert.equal(qualys.calls[1]?.params['option_id'], '43165')
    assert.equal(qualys.calls[1]?.params['option_title'], undefined)
    assert.equal(qualys.calls[1]?.params['priority'], '5')
  })

  it('never launches again what was launched or refused', async () => {
    const first = await launch()
    assert.deepEqual(await launch(), first)
    qualys.script.push(() => error(400, '1905', 'parameter option_title has invalid value'))
    const refused = await launch({ key: 'other' })
    assert.equal(refused.state, 'refused')
    assert.deepEqual(await launch({ key: 'other' }), refused)
    assert.equal(qualys.launched('launch').length, 2)
  })

  it('sends nothing when the intent cannot be journalled', async () => {
    journal.beforeWrite = () => {
      throw new Error('disk full')
    }
    await assert.rejects(launch(), /disk full/)
    assert.equal(qualys.calls.length, 0)
  })

  const unclear: Record<string, () => Reply> = {
    'the connection is cut after the launch was sent': cutConnection,
    'a proxy answers 502': () => xml('<html/>', 502),
    'a login page comes back': () => ({ status: 200, headers: { 'content-type': 'text/html' }, text: '<html></html>' }),
    'Qualys says 999 without a word on addresses': () => error(500, '999', 'Internal error'),
    'Qualys still works on it': () => error(409, '1981', 'still being processed'),
    'the answer is cut off': () => ({ status: 200, headers: {}, text: '<SIMPLE_RETURN><RESPONSE><TEX' }),
    'the answer has neither reference nor code': () =>
      xml('<SIMPLE_RETURN><RESPONSE><TEXT>ok</TEXT></RESPONSE></SIMPLE_RETURN>'),
  }
  for (const [what, reply] of Object.entries(unclear)) {
    it(`finds its scan in the list by title when ${what}`, async () => {
      qualys.script.push((call) => {
        qualys.launch(call)
        return reply()
      })
      const outcome = await launch()
      assert.ok(outcome.state === 'launched')
      assert.equal(outcome.reference, qualys.scans[0]?.reference)
      assert.equal(outcome.duplicated, false)
      assert.equal(qualys.scans.length, 1)
    })

    it(`launches once more, marked, when ${what} but no scan is listed for two minutes`, async () => {
      qualys.script.push(reply)
      const outcome = await launch()
      assert.ok(outcome.state === 'launched')
      assert.equal(outcome.duplicated, true)
      assert.equal(qualys.scans.length, 1)
      assert.ok(elapsed() >= 120, `${elapsed()} s`)
      assert.ok(qualys.launched('list').length >= 5)
    })
  }

  it('finds a scan that shows in the list late', async () => {
    qualys.script.push((call) => {
      qualys.launch(call)
      return cutConnection()
    })
    for (let turn = 0; turn < 3; turn += 1) qualys.script.push(() => scanList([]))
    const outcome = await launch()
    assert.ok(outcome.state === 'launched' && !outcome.duplicated)
    assert.equal(qualys.scans.length, 1)
  })

  it('does not take another scan for its own', async () => {
    qualys.scans.push({ ...order, reference: 'scan/1.1', title: 'osx/prod-1/6f0c/2', profile: '', launchedAt: '' })
    qualys.script.push(cutConnection)
    const outcome = await launch()
    assert.ok(outcome.state === 'launched' && outcome.duplicated)
  })

  it('asks the list from five minutes before the intent on, by the clock of Qualys', async () => {
    qualys.script.push((call) => {
      qualys.launch(call)
      return cutConnection()
    })
    qualys.script.push(() => ({ ...scanList([]), headers: { date: 'Fri, 20 Nov 2026 09:00:00 GMT' } }))
    await launch()
    const asked = qualys.launched('list').map(({ params }) => params['launched_after_datetime'])
    assert.equal(asked[0], '2026-11-20T09:55:00Z')
    assert.equal(asked[1], '2026-11-20T08:55:00Z')
  })

  it('gives up after the second launch without an answer, and says so', async () => {
    qualys.script.push(cutConnection, (call) => (call.params['action'] === 'launch' ? cutConnection() : undefined))
    const outcome = await launch()
    assert.ok(outcome.state === 'refused')
    assert.equal(outcome.code, 'LAUNCH_UNCLEAR')
    assert.equal(qualys.launched('launch').length, 2)
    assert.ok(elapsed() >= 240)
  })

  it('names the other references when a repeated launch turns out to be two scans', async () => {
    qualys.script.push(cutConnection, (call) => {
      if (call.params['action'] !== 'launch') return undefined
      qualys.launch(call)
      clock.advance(1000)
      qualys.launch(call)
      return cutConnection()
    })
    const outcome = await launch()
    assert.ok(outcome.state === 'launched' && outcome.duplicated)
    assert.equal(outcome.reference, 'scan/1795168800.34567')
    assert.equal(outcome.message, 'also running: scan/1795168801.34567')
  })

  it('keeps searching while the list cannot be had, and never launches on a guess', async () => {
    qualys.script.push(cutConnection)
    qualys.script.push(...Array.from({ length: 4 }, () => noConnection))
    await assert.rejects(launch(), { code: 'QUALYS_UNREACHABLE' })
    assert.equal(qualys.launched('launch').length, 1)
    assert.equal((await journalled()).state, 'sending')
  })

  describe('under limits', () => {
    it('waits and launches again, unmarked, as a blocked call was not executed', async () => {
      qualys.script.push(
        () => error(409, '1960', 'busy'),
        () => error(409, '1965', 'slow', { items: { SECONDS_TO_WAIT: '181' } }),
        () => error(503, '1999', 'maintenance'),
      )
      const outcome = await launch()
      assert.ok(outcome.state === 'launched' && !outcome.duplicated)
      assert.ok(elapsed() >= 181 + 150)
      assert.equal(qualys.launched('list').length, 0)
    })

    it('leaves no open intent behind while it waits', async () => {
      const states: string[] = []
      context = {
        ...context,
        onWait: async () => {
          states.push((await journalled()).state)
        },
      }
      qualys.script.push(() => error(409, '1960', 'busy'))
      await launch()
      assert.deepEqual(states, ['ready'])
    })

    it('keeps its floor of remaining calls', async () => {
      qualys.script.push((call) => {
        const { reference } = qualys.launch(call)
        return launched(reference, { 'x-ratelimit-remaining': '5', 'x-ratelimit-window-sec': '3600' })
      })
      context = { ...context, floor: 5 }
      await launch()
      await launch({ key: 'next' })
      assert.equal(elapsed(), 3600)
    })
  })

  describe('before anything is sent', () => {
    it('tries again when there is no connection, then tells that Qualys is unreachable', async () => {
      qualys.script.push(noConnection)
      assert.equal((await launch()).state, 'launched')
      qualys.script.push(noConnection, noConnection, noConnection, noConnection)
      await assert.rejects(launch({ key: 'other' }), { code: 'QUALYS_UNREACHABLE', retryable: true })
      assert.equal((await launch({ key: 'other' })).state, 'launched')
      assert.equal(qualys.launched('list').length, 0)
    })

    it('stops for a refused account and carries on when it is mended', async () => {
      qualys.script.push(() => error(401, '2000', 'Bad Login/Password'))
      await assert.rejects(launch(), { code: 'QUALYS_REFUSED' })
      await assert.rejects(launch(), { code: 'QUALYS_REFUSED' })
      assert.equal(qualys.calls.length, 1)
      client.resume()
      const outcome = await launch()
      assert.ok(outcome.state === 'launched' && !outcome.duplicated)
    })

    it('stops for a path that is gone', async () => {
      qualys.script.push(() => ({ status: 404, headers: {}, text: '' }))
      await assert.rejects(launch(), { code: 'QUALYS_PATH' })
      assert.equal((await launch()).state, 'launched')
    })
  })

  describe('when the process dies', () => {
    it('between intent and call: searches for two minutes, then launches, marked', async () => {
      let hangs = true
      qualys.script.push(() => (hangs ? new Promise(() => {}) : undefined))
      void launch()
      while ((await journalled())?.state !== 'sending') await new Promise((resolve) => setImmediate(resolve))
      hangs = false
      restart()
      const outcome = await launch()
      assert.ok(outcome.state === 'launched' && outcome.duplicated)
      assert.equal(qualys.scans.length, 1)
      assert.ok(elapsed() >= 120)
    })

    it('after the launch and before its answer is journalled: adopts the scan', async () => {
      dieBeforeWriting('launched')
      await assert.rejects(launch(), /killed/)
      assert.equal((await journalled()).state, 'sending')
      restart()
      const outcome = await launch()
      assert.ok(outcome.state === 'launched' && !outcome.duplicated)
      assert.equal(qualys.scans.length, 1)
    })

    it('after a refusal and before it is journalled: asks once more, and is refused', async () => {
      const refusal = () => error(400, '1905', 'parameter option_title has invalid value')
      qualys.script.push(refusal)
      dieBeforeWriting('refused')
      await assert.rejects(launch(), /killed/)
      restart()
      qualys.script.push((call) => (call.params['action'] === 'launch' ? refusal() : undefined))
      assert.equal((await launch()).state, 'refused')
      assert.equal(qualys.scans.length, 0)
    })

    it('during the search: searches again', async () => {
      qualys.script.push((call) => {
        qualys.launch(call)
        return cutConnection()
      })
      dieBeforeWriting('launched')
      await assert.rejects(launch(), /killed/)
      restart()
      const outcome = await launch()
      assert.ok(outcome.state === 'launched' && !outcome.duplicated)
      assert.equal(qualys.scans.length, 1)
    })

    it('during the second launch: does not launch a third time', async () => {
      qualys.script.push(cutConnection)
      let launches = 0
      journal.beforeWrite = ([operation]) => {
        const state = operation?.do === 'put' ? (operation.value as { state: string }).state : ''
        if (state === 'sending') launches += 1
        if (state === 'launched') throw new Error('killed')
      }
      await assert.rejects(launch(), /killed/)
      assert.equal(launches, 2)
      restart()
      const outcome = await launch()
      assert.ok(outcome.state === 'launched' && outcome.duplicated)
      assert.equal(qualys.launched('launch').length, 2)
    })

    it('and its row cannot be read any more: searches before it launches', async () => {
      await journal.write([{ do: 'put', owner: 'node', kind: LAUNCH_KIND, key: order.key, value: { state: 'odd' } }])
      const outcome = await launch()
      assert.ok(outcome.state === 'launched' && outcome.duplicated)
    })
  })

  it('ends waiting at once when the node closes, and carries on later', async () => {
    const stop = new AbortController()
    context = { ...context, signal: stop.signal }
    qualys.script.push(() => {
      stop.abort(new Error('closing'))
      return error(409, '1960', 'busy')
    })
    await assert.rejects(launch(), /closing/)
    context = { ...context, signal: new AbortController().signal }
    assert.equal((await launch()).state, 'launched')
    assert.equal(qualys.scans.length, 1)
  })
})
