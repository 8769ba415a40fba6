import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DEMO_PCE_KEY } from '../../lab/illumio/service'
import { type PocketCloud, startPocketCloud } from '../../lab/pocket-cloud'
import { type FlowNode, type NodeRed, startNodeRed } from '../support/node-red'
import { waitFor } from '../support/wait-for'
import { wholeLines } from '../support/whole-lines'

/** Events in the flow at a time. */
const WINDOW = 5
const LONG = { timeoutMs: 90_000 }

describe('illumio-events-in in a real Node-RED', function () {
  this.timeout(240_000)
  let directory: string
  let cloud: PocketCloud
  let nodeRed: NodeRed | undefined

  beforeEach(async () => {
    directory = mkdtempSync(join(tmpdir(), 'illumio-kill-'))
    cloud = await startPocketCloud({ certificate: false })
  })
  afterEach(async () => {
    await nodeRed?.remove()
    nodeRed = undefined
    await cloud.close()
    rmSync(directory, { recursive: true, force: true })
  })

  const credentials = { 'n-pce': { key: DEMO_PCE_KEY.key, secret: DEMO_PCE_KEY.secret } }

  /** Each source writes the ids of what it got to a file of its own, one after another and slowly. */
  function flows(...sources: string[]): FlowNode[] {
    const on = { z: 'tab', x: 100, y: 100 }
    const slow = 'await new Promise((resolve) => setTimeout(resolve, 100)); msg.payload = msg.event.id; return msg'
    return [
      { id: 'tab', type: 'tab', label: 'kill' },
      { id: 'n-pce', type: 'illumio-config', version: 1, name: '', address: cloud.vendors.illumio.url, org: '7' },
      ...sources.flatMap((name): FlowNode[] => [
        {
          ...{ id: `n-in-${name}`, type: 'illumio-events-in', version: 1, name: '', account: 'n-pce', interval: '5' },
          ...{ start: 'back', lookBack: '1', window: String(WINDOW), wires: [[`n-slow-${name}`]], ...on },
        },
        {
          ...{ id: `n-slow-${name}`, type: 'function', func: slow, outputs: 1, wires: [[`n-out-${name}`]], ...on },
        },
        {
          ...{ id: `n-out-${name}`, type: 'file', filename: join(directory, name), filenameType: 'str', ...on },
          ...{ appendNewline: true, overwriteFile: 'false', encoding: 'none', wires: [[]] },
        },
      ]),
    ]
  }

  const written = (name: string) => wholeLines(join(directory, name))
  const happen = (count: number) =>
    Array.from({ length: count }, () => cloud.vendors.illumio.happen().split('/').at(-1) ?? '')

  it('loses nothing when it is killed between events, and repeats no more than was in the flow', async () => {
    const ids = happen(60)
    nodeRed = await startNodeRed({ flows: flows('out'), credentials })
    const kills = 3
    for (let kill = 1; kill <= kills; kill += 1) {
      const before = written('out').length
      await waitFor('more events', () => written('out').length >= before + 10, LONG)
      await nodeRed.kill()
      // What happens while nobody polls.
      ids.push(...happen(5))
      nodeRed = await startNodeRed({ userDir: nodeRed.userDir })
    }
    const missing = () => ids.filter((id) => !written('out').includes(id))
    await waitFor(
      () => `${missing().length} events`,
      () => missing().length === 0,
      LONG,
    )
    const repeats = written('out').length - new Set(written('out')).size
    assert.ok(repeats <= kills * WINDOW, `${repeats} came twice`)
  })

  it('serves two nodes from one account, each with a place of its own', async () => {
    const ids = happen(10).sort()
    nodeRed = await startNodeRed({ flows: flows('one', 'two'), credentials })
    for (const name of ['one', 'two']) {
      await waitFor(`all of ${name}`, () => written(name).length >= ids.length, LONG)
      assert.deepEqual([...written(name)].sort(), ids)
    }
  })
})
