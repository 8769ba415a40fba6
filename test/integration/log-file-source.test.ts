import assert from 'node:assert/strict'
import { appendFileSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type FlowNode, type NodeRed, type NodeRedLine, startNodeRed } from '../support/node-red'
import { waitFor } from '../support/wait-for'
import { wholeLines } from '../support/whole-lines'

const WINDOW = 20

describe('The log-file source in a real Node-RED', function () {
  this.timeout(120_000)
  let directory: string
  let log: string
  let out: string
  let nodeRed: NodeRed | undefined

  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'log-file-'))
    log = join(directory, 'neutron.log')
    out = join(directory, 'out.txt')
  })
  afterEach(async () => {
    await nodeRed?.remove()
    rmSync(directory, { recursive: true, force: true })
  })

  const logLine = (id: string) => {
    const body = {
      message_id: id,
      publisher_id: 'network.vm',
      event_type: 'port.update.end',
      priority: 'INFO',
      payload: {},
    }
    const timestamp = '2026-11-21 07:57:44.201000'
    return `${timestamp} ${id} INFO oslo.messaging.notification.port.update.end [-] ${JSON.stringify({ ...body, timestamp })}\n`
  }
  const ids = (from: number, to: number) => Array.from({ length: to - from }, (_, index) => `m${from + index}`)
  const lines = (some: string[]) => some.map(logLine).join('')
  const received = () => wholeLines(out)
  const missing = (some: string[]) => {
    const got = new Set(received())
    return some.filter((id) => !got.has(id))
  }
  const all = (some: string[]) =>
    waitFor(
      () => `${missing(some).slice(0, 10)} of ${some.length}`,
      () => missing(some).length === 0,
      { timeoutMs: 60_000 },
    )

  /** in → a while in a delay node → written to a file. */
  const flows = (delayMs: number): FlowNode[] => [
    { id: 'tab', type: 'tab', label: 'audit' },
    {
      id: 'n-in',
      type: 'openstack-notification-in',
      z: 'tab',
      x: 100,
      y: 100,
      version: 1,
      name: '',
      cloud: 'lab',
      source: 'log-file',
      file: log,
      start: 'beginning',
      deadLetters: '',
      include: '',
      ignore: '',
      settle: 'flow',
      window: WINDOW,
      attempts: 5,
      deadline: 20,
      caught: false,
      wires: [['n-delay']],
    },
    {
      id: 'n-delay',
      type: 'delay',
      z: 'tab',
      x: 100,
      y: 100,
      name: '',
      pauseType: 'delay',
      timeout: String(delayMs),
      timeoutUnits: 'milliseconds',
      rate: '1',
      nbRateUnits: '1',
      rateUnits: 'second',
      randomFirst: '1',
      randomLast: '5',
      randomUnits: 'seconds',
      drop: false,
      outputs: 1,
      wires: [['n-id']],
    },
    {
      id: 'n-id',
      type: 'change',
      z: 'tab',
      x: 100,
      y: 100,
      name: '',
      wires: [['n-out']],
      rules: [{ t: 'set', p: 'payload', pt: 'msg', to: 'notification.messageId', tot: 'msg' }],
    },
    {
      id: 'n-out',
      type: 'file',
      z: 'tab',
      x: 100,
      y: 100,
      name: '',
      filename: out,
      filenameType: 'str',
      appendNewline: true,
      createDir: false,
      overwriteFile: 'false',
      encoding: 'none',
      wires: [[]],
    },
  ]

  for (const line of ['5', '4.1'] as const satisfies readonly NodeRedLine[]) {
    it(`Node-RED ${line}: loses nothing when it is killed with lines in the flow, and repeats no more than was open`, async () => {
      const some = ids(0, 200)
      writeFileSync(log, lines(some))
      nodeRed = await startNodeRed({ line, flows: flows(300) })
      await waitFor(
        () => nodeRed?.log() ?? '',
        () => received().length > 2 * WINDOW,
      )
      const { userDir } = nodeRed
      await nodeRed.kill()
      const before = received().length
      assert.ok(before < some.length)
      nodeRed = await startNodeRed({ line, userDir })
      await all(some)
      const repeated = received().length - some.length
      // What was open, and what was finished in the 200 ms before, when the position had not been saved yet.
      assert.ok(repeated <= 3 * WINDOW, `${repeated} repeated`)
    })

    it(`Node-RED ${line}: loses nothing over deploys with lines in the flow, nor over a rotation meanwhile`, async () => {
      const some = ids(0, 120)
      writeFileSync(log, lines(some.slice(0, 60)))
      nodeRed = await startNodeRed({ line, flows: flows(300) })
      await waitFor('some', () => received().length > 0)
      await nodeRed.deploy(flows(250), 'full')
      appendFileSync(log, lines(some.slice(60, 80)))
      renameSync(log, `${log}.1`)
      writeFileSync(log, lines(some.slice(80, 120)))
      await waitFor('more', () => received().length > 40)
      // Only the delay node is new: the source goes on, and what the old delay node held comes back to it.
      await nodeRed.deploy(flows(200), 'nodes')
      await all(some)
      assert.deepEqual(missing(some), [])
    })
  }
})
