import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, it } from 'mocha'
import type { BatchInfo } from '../../src/message/model'
import { type FlowNode, type NodeRed, startNodeRed } from '../support/node-red'
import { occurrence } from '../support/occurrence'
import { waitFor } from '../support/wait-for'
import { wholeLines } from '../support/whole-lines'

interface WrittenBatch extends BatchInfo {
  readonly ids: string[]
}

describe('A batch in a real Node-RED', function () {
  this.timeout(120_000)
  let directory: string
  let nodeRed: NodeRed | undefined

  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'batch-'))
  })
  afterEach(async () => {
    await nodeRed?.remove()
    rmSync(directory, { recursive: true, force: true })
  })

  /** POST /take → batch → one line a batch in out.txt; what the batch has taken goes to taken.txt. */
  function flows(changes: Record<string, unknown>, body = ''): FlowNode[] {
    const on = { z: 'tab', x: 100, y: 100 }
    const write = (id: string, file: string) => ({
      ...{ id, type: 'file', filename: join(directory, file), filenameType: 'str', appendNewline: true },
      ...{ overwriteFile: 'false', encoding: 'none', wires: [[]], ...on },
    })
    const report = 'msg.payload = JSON.stringify({ ...msg.batch, ids: msg.payload.map((m) => m.event.id) }); return msg'
    return [
      { id: 'tab', type: 'tab', label: 'batch' },
      { id: 'n-take', type: 'http in', url: '/take', method: 'post', wires: [['n-unwrap', 'n-answer']], ...on },
      { id: 'n-answer', type: 'http response', statusCode: '200', wires: [], ...on },
      { id: 'n-unwrap', type: 'function', func: 'return msg.payload', outputs: 1, wires: [['n-batch']], ...on },
      {
        ...{ id: 'n-batch', type: 'cadf-batch', version: 1, name: '', key: '', held: '10000', count: '1000' },
        ...{ window: '10', windowUnit: 'minutes', wires: [['n-report']], ...on, ...changes },
      },
      { id: 'n-report', type: 'function', func: `${body}${report}`, outputs: 1, wires: [['n-out']], ...on },
      write('n-out', 'out.txt'),
      { id: 'n-complete', type: 'complete', scope: ['n-batch'], wires: [['n-id']], ...on },
      {
        id: 'n-id',
        type: 'function',
        func: 'msg.payload = msg.event.id; return msg',
        outputs: 1,
        wires: [['n-taken']],
        ...on,
      },
      write('n-taken', 'taken.txt'),
    ]
  }

  const linesOf = (file: string) => wholeLines(join(directory, file))
  const batches = () => linesOf('out.txt').map((line) => JSON.parse(line) as WrittenBatch)
  const names = (from: number, to: number) => Array.from({ length: to - from }, (_, index) => `e${from + index}`)

  async function post(body: object): Promise<void> {
    await nodeRed?.admin('/take', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    })
  }
  const take = (ids: string[]) => Promise.all(ids.map((id) => post(occurrence(id))))

  for (const line of ['5', '4.1'] as const) {
    it(`survives SIGKILL with its window intact, in Node-RED ${line}: every event that was taken leaves once, in one batch`, async () => {
      const window = { window: '7', windowUnit: 'seconds' }
      nodeRed = await startNodeRed({ line, flows: flows(window) })
      await take(names(0, 30))
      await waitFor('30 events taken', () => linesOf('taken.txt').length === 30, { timeoutMs: 10_000 })
      // More are on their way when it dies; what was not taken the sender still has.
      const unsure = take(names(30, 60)).catch(() => {})
      await nodeRed.kill()
      await unsure
      assert.equal(batches().length, 0)

      const taken = linesOf('taken.txt')
      nodeRed = await startNodeRed({ line, userDir: nodeRed.userDir })
      const [batch] = await waitFor('the batch', () => (batches().length > 0 ? batches() : undefined), {
        timeoutMs: 20_000,
      })
      const written = Date.now()
      assert.ok(batch !== undefined)
      assert.equal(batch.reason, 'time')
      assert.deepEqual(
        taken.filter((id) => !batch.ids.includes(id)),
        [],
        'taken, and not in the batch',
      )
      assert.equal(new Set(batch.ids).size, batch.ids.length)
      const late = written - Date.parse(batch.from) - 7000
      assert.ok(late >= 0 && late < 20_000, `the window of 7 s ended ${late} ms late`)

      await take(batch.ids.slice(0, 5))
      await post({ flush: true })
      await new Promise((resolve) => setTimeout(resolve, 300))
      assert.equal(batches().length, 1, 'what was in a batch lately is not taken again')
    })
  }

  it('is sent again under its id when the process dies while the flow works on it', async () => {
    const hold = 'await new Promise((resolve) => setTimeout(resolve, 60000));'
    nodeRed = await startNodeRed({ flows: flows({ count: '5' }, hold) })
    await take(names(0, 5))
    await waitFor('5 events taken', () => linesOf('taken.txt').length === 5)
    await new Promise((resolve) => setTimeout(resolve, 500))
    await nodeRed.kill()

    nodeRed = await startNodeRed({ userDir: nodeRed.userDir, flows: flows({ count: '5' }) })
    await waitFor('the batch', () => batches().length === 1)
    assert.deepEqual([...(batches()[0]?.ids ?? [])].sort(), names(0, 5))
    await nodeRed.stop()
    nodeRed = await startNodeRed({ userDir: nodeRed.userDir })
    await new Promise((resolve) => setTimeout(resolve, 500))
    assert.equal(batches().length, 1, 'once the flow has finished with it, it is gone')
  })

  it('is kept when the flow fails, and sent again under its id', async () => {
    const fail = `if (!flow.get('mended')) { flow.set('mended', true); throw new Error('Neutron is away') };`
    nodeRed = await startNodeRed({ flows: flows({ count: '3' }, fail) })
    await take(names(0, 3))
    await nodeRed.waitForLog(/Neutron is away/)
    assert.equal(batches().length, 0)
    await post({ flush: true })
    await waitFor('the batch', () => batches().length === 1)
    assert.deepEqual([...(batches()[0]?.ids ?? [])].sort(), names(0, 3))
  })

  for (const type of ['full', 'flows', 'nodes'] as const) {
    it(`loses and repeats nothing in a "${type}" deploy while the flow works on it`, async () => {
      const slow = 'await new Promise((resolve) => setTimeout(resolve, 1500));'
      nodeRed = await startNodeRed({ flows: flows({ count: '3' }, slow) })
      await take(names(0, 4))
      await waitFor('4 events taken', () => linesOf('taken.txt').length === 4)
      const changed = flows({ count: '3', name: 'changed' })
      await nodeRed.deploy(changed, type)
      await waitFor('the first batch', () => batches().length === 1)
      await post({ flush: true })
      await waitFor('the second batch', () => batches().length === 2)
      assert.deepEqual(
        batches()
          .flatMap(({ ids }) => ids)
          .sort(),
        names(0, 4),
      )
      assert.equal(new Set(batches().map(({ id }) => id)).size, 2)
    })
  }

  it('loses and repeats nothing when only the node that works on it is deployed anew', async () => {
    const slow = 'await new Promise((resolve) => setTimeout(resolve, 1500));'
    nodeRed = await startNodeRed({ flows: flows({ count: '3' }, slow) })
    await take(names(0, 3))
    await waitFor('3 events taken', () => linesOf('taken.txt').length === 3)
    await new Promise((resolve) => setTimeout(resolve, 200))
    await nodeRed.deploy(flows({ count: '3' }, 'await null;'), 'nodes')
    await waitFor('the batch', () => batches().length === 1)
    assert.deepEqual([...(batches()[0]?.ids ?? [])].sort(), names(0, 3))
  })

  it('lets its source wait while it keeps as much as it may', async () => {
    const log = join(directory, 'neutron.log')
    const notification = (id: string) => {
      const body = {
        message_id: id,
        publisher_id: 'network.vm',
        event_type: 'port.update.end',
        priority: 'INFO',
        payload: {},
      }
      return `${JSON.stringify({ ...body, timestamp: '2026-11-21 07:57:44.201000' })}\n`
    }
    writeFileSync(log, names(0, 30).map(notification).join(''))
    const slow = 'await new Promise((resolve) => setTimeout(resolve, 200));'
    const source = {
      ...{
        id: 'n-in',
        type: 'openstack-notification-in',
        z: 'tab',
        x: 100,
        y: 100,
        version: 1,
        name: '',
        cloud: 'lab',
      },
      ...{
        source: 'log-file',
        file: log,
        start: 'beginning',
        deadLetters: '',
        include: '',
        ignore: '',
        settle: 'flow',
      },
      ...{ window: 20, attempts: 1, deadline: 20, caught: false, wires: [['n-batch']] },
    }
    nodeRed = await startNodeRed({ flows: [...flows({ count: '5', held: '5', window: '0' }, slow), source] })
    await waitFor('six batches', () => batches().length === 6)
    assert.deepEqual(
      batches().map(({ ids }) => ids),
      Array.from({ length: 6 }, (_, index) => names(index * 5, index * 5 + 5)),
    )
    assert.doesNotMatch(nodeRed.log(), /\[error\]/)
  })
})
