import assert from 'node:assert/strict'
import { type ConfiguredNode, walk } from '../../../../src/delivery/walk'

type Part = { id: string; type: string; [property: string]: unknown }

const source: Part = { id: 'source', type: 'openstack-notification-in', wires: [['a']] }
const tab: Part = { id: 'tab', type: 'tab' }

/** Codes by node, as the walk from `source` finds them. */
function found(nodes: readonly Part[], takesDone: (id: string) => boolean | undefined = () => true): string[] {
  const config = [tab, source, ...nodes].map((node) => ({ z: 'tab', ...node }) as ConfiguredNode)
  return walk(config, 'source', takesDone).map(({ nodeId, code }) => `${nodeId} ${code}`)
}

const join: Part = { id: 'join', type: 'join', mode: 'custom', wires: [] }

describe('the walk along the wires', () => {
  const ways: [string, Part[]][] = [
    [
      'over wires and every output',
      [{ id: 'a', type: 'switch', wires: [[], ['b']] }, { id: 'b', type: 'change', wires: [['join']] }, join],
    ],
    [
      'through links to another tab',
      [
        { id: 'a', type: 'link out', links: ['in'] },
        { id: 'in', type: 'link in', z: 'other', wires: [['join']] },
        { ...join, z: 'other' },
        { id: 'other', type: 'tab' },
      ],
    ],
    [
      'into a link call',
      [
        { id: 'a', type: 'link call', links: ['in'], wires: [[]] },
        { id: 'in', type: 'link in', wires: [['join']] },
        join,
      ],
    ],
    [
      'into a subflow',
      [
        { id: 'a', type: 'subflow:sf', wires: [[]] },
        { id: 'sf', type: 'subflow', in: [{ wires: [{ id: 'join' }] }], out: [] },
        { ...join, z: 'sf' },
      ],
    ],
    [
      'out of a subflow',
      [{ id: 'a', type: 'subflow:sf', wires: [['join']] }, { id: 'sf', type: 'subflow', in: [] }, join],
    ],
    [
      'behind a complete node',
      [{ id: 'a', type: 'change', wires: [] }, { id: 'c', type: 'complete', scope: ['a'], wires: [['join']] }, join],
    ],
    [
      'behind a catch node',
      [{ id: 'a', type: 'change' }, { id: 'c', type: 'catch', scope: null, wires: [['join']] }, join],
    ],
    ['round in circles', [{ id: 'a', type: 'change', wires: [['a', 'join']] }, join]],
  ]
  for (const [way, nodes] of ways) {
    it(`goes ${way}`, () => assert.deepEqual(found(nodes), ['join JOIN']))
  }

  const ends: [string, Part[]][] = [
    ['a disabled node', [{ id: 'a', type: 'change', d: true, wires: [['join']] }, join]],
    [
      'a disabled tab',
      [
        { id: 'a', type: 'link out', links: ['in'] },
        { id: 'in', type: 'link in', z: 'off', wires: [['join']] },
        { ...join, z: 'off' },
        { id: 'off', type: 'tab', disabled: true },
      ],
    ],
    ['cadf-batch, which opens deliveries of its own', [{ id: 'a', type: 'cadf-batch', wires: [['join']] }, join]],
    ['qualys-scan, which queues', [{ id: 'a', type: 'qualys-scan', wires: [['join']] }, join]],
    ['a complete node that listens elsewhere', [{ id: 'c', type: 'complete', scope: ['x'], wires: [['join']] }, join]],
    ['the other way', [{ ...join, wires: [['source']] }]],
  ]
  for (const [what, nodes] of ends) {
    it(`does not go past ${what}`, () => assert.deepEqual(found(nodes), []))
  }
})

describe('tracking ends early at', () => {
  const at = (node: Record<string, unknown>, takesDone?: boolean) =>
    found([{ id: 'a', type: 'function', wires: [], ...node }], () => takesDone)

  const cases: [string, string[], Record<string, unknown>][] = [
    ['a trigger that sends later', ['a SENDS_LATER'], { type: 'trigger', duration: '250', op2type: 'str' }],
    ['a trigger that sends again and again', ['a SENDS_LATER'], { type: 'trigger', duration: '-1', op2type: 'nul' }],
    ['no trigger that sends once', [], { type: 'trigger', duration: '250', op2type: 'nul' }],
    ['no trigger that blocks until it is reset', [], { type: 'trigger', duration: '0', op2type: 'str' }],
    ['http request', ['a FAILS_AND_GOES_ON'], { type: 'http request' }],
    ['no change', [], { type: 'change' }],
    ['a function that sends from a timer', ['a SENDS_LATER'], { func: 'setTimeout(() => node.send(msg), 50)' }],
    ['a function that sends from a promise', ['a SENDS_LATER'], { func: 'lookup().then(r => { node.send(msg) })' }],
    ['no function that then calls done', [], { func: 'setTimeout(() => { node.send(msg); node.done() }, 50)' }],
    ['no async function that returns', [], { func: 'await lookup(); return msg' }],
    ['a function that returns an object of its own', ['a NEW_MESSAGE'], { func: 'return { payload: 1 }' }],
    [
      'a function that returns several',
      ['a NEW_MESSAGE'],
      { func: 'return [[{ payload: 1 }, { payload: {} }], null]' },
    ],
    ['a function that sends one', ['a NEW_MESSAGE'], { func: 'node.send({ payload: msg.payload })' }],
    [
      'a function that returns a variable of its own',
      ['a NEW_MESSAGE'],
      { func: 'const out = {\n payload: 1 };\nreturn out' },
    ],
    ['a function that overwrites msg', ['a NEW_MESSAGE'], { func: 'msg = { payload: 2 }\nreturn msg;' }],
    ['no function that copies', [], { func: 'const out = {...msg, payload: 1}; return [out, {...msg}]' }],
    [
      'no function that carries the token over',
      [],
      { func: 'const out = { payload: 1 }; out._delivery = msg._delivery; return out' },
    ],
    ['no function that writes a property', [], { func: 'msg.payload = { a: { b: 1 } }; msg.x = {}; return msg' }],
    ['no comment', [], { func: '// return { payload: 1 }\n/* setTimeout(() => node.send(msg)) */ return msg' }],
    ['no function without code', [], { func: undefined }],
  ]
  for (const [what, codes, node] of cases) it(what, () => assert.deepEqual(at(node), codes))

  it('a node without done', () => {
    assert.deepEqual(at({ type: 'foreign' }, false), ['a NO_DONE'])
    assert.deepEqual(at({ type: 'foreign' }, true), [])
    assert.deepEqual(at({ type: 'foreign' }, undefined), [])
    assert.deepEqual(at({ type: 'junction' }, false), [])
    assert.deepEqual(at({ type: 'subflow:x' }, false), [])
  })

  it('a join, unless it puts together again what one message was split into', () => {
    const split: Part = { id: 'a', type: 'split', wires: [['join']] }
    assert.deepEqual(found([split, { ...join, mode: 'auto' }]), [])
    assert.deepEqual(found([split, { ...join, mode: 'custom' }]), ['join JOIN'])
    assert.deepEqual(
      found([
        { ...split, type: 'change' },
        { ...join, mode: 'auto' },
      ]),
      ['join JOIN'],
    )
  })

  it('names the node and a remedy', () => {
    const [end] = walk(
      [source, { id: 'a', type: 'join', name: 'collect', wires: [] }] as ConfiguredNode[],
      'source',
      () => true,
    )
    assert.match(end?.what ?? '', /^join "collect" \(a\) puts messages together/)
    assert.match(end?.remedy ?? '', /cadf-batch.*openstack-notification-ack/)
  })
})
