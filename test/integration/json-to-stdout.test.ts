import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, describe, it } from 'mocha'
import { importWatchers } from '../../src/watchers/import'
import { type FlowNode, type NodeRed, startNodeRed } from '../support/node-red'
import { occurrence } from '../support/occurrence'
import { waitFor } from '../support/wait-for'

const HOSTILE = 'eve\n{"id":"forged","initiator":{"name":"root"}}\r\n\u2028\u202e \u0085 🦊 "q" \\ \ud800'
const EVENTS = 500

/** The function node that an imported PCEStdout becomes; docs/from-pretty-cool-events.md shows the same lines. */
describe('A line of JSON on standard output', function () {
  this.timeout(90_000)
  let nodeRed: NodeRed

  const { flow } = importWatchers('config: {pce: p}\nwatchers: {a: [{plugin: PCEStdout}]}', '', () => 'id')
  const func = String(flow.find(({ type }) => type === 'function')?.['func'])

  before(async () => {
    const flows: FlowNode[] = [
      { id: 'tab', type: 'tab', label: 'stdout' },
      { id: 'in', type: 'http in', z: 'tab', url: '/events', method: 'post', wires: [['each', 'answer']] },
      { id: 'each', type: 'function', z: 'tab', func: EACH, outputs: 1, wires: [['line']] },
      { id: 'line', type: 'function', z: 'tab', func, outputs: 1, wires: [[]] },
      { id: 'answer', type: 'http response', z: 'tab', statusCode: '204', wires: [] },
    ]
    nodeRed = await startNodeRed({ flows })
  })
  after(async () => {
    await nodeRed?.remove()
  })

  it('is written for every event, in order, and nothing in an event begins another', async () => {
    const made = occurrence('e')
    const events = Array.from({ length: EVENTS }, (_, index) => {
      return { ...made.event, id: `e${index}`, initiator: { ...made.event.initiator, name: HOSTILE } }
    })
    await fetch(`${nodeRed.url}/events`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(events),
    })
    const lines = await waitFor('all lines', () => {
      // The last one may not be whole yet.
      const whole = nodeRed.stdout().split('\n').slice(0, -1)
      const found = whole.filter((line) => line.startsWith('{'))
      return found.length >= EVENTS ? found : undefined
    })
    assert.equal(lines.length, EVENTS)
    const read = lines.map((line) => JSON.parse(line) as (typeof events)[number])
    assert.deepEqual(
      read.map(({ id }) => id),
      events.map(({ id }) => id),
    )
    assert.deepEqual(read[0], JSON.parse(JSON.stringify(events[0])))
    for (const line of lines) assert.match(line, /^[ -~]*$/)
  })

  it('is what the documentation shows', () => {
    const page = readFileSync(join(__dirname, '../../docs/from-pretty-cool-events.md'), 'utf8')
    assert.ok(page.includes(func))
  })
})

const EACH = 'for (const event of msg.payload) node.send({ topic: "t", payload: {}, event })\nreturn null'
