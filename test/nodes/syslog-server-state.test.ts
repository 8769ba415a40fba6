import assert from 'node:assert/strict'
import type { Node } from 'node-red'
import { ServerState } from '../../nodes/syslog-out/server-state'
import type { DeliveryService } from '../../src/delivery/service'
import type { TransportState } from '../../src/syslog/transport'

const REFUSED: TransportState = { kind: 'away', reason: 'connection refused', retryInMs: 1000, needsPerson: false }
const SLOW: TransportState = { kind: 'slow', reason: 'the server takes nothing' }
const CONNECTED: TransportState = { kind: 'connected' }

describe('What the state of the syslog server means for others', () => {
  let told: string[]
  let logged: string[]
  let state: ServerState

  beforeEach(() => {
    told = []
    logged = []
    const node = { id: 'n', warn: (text: string) => logged.push(text), log: (text: string) => logged.push(text) }
    const deliveries = {
      away: (token: string | undefined, _node: string, reason: string) => told.push(`${token} away: ${reason}`),
      back: (nodeId: string) => told.push(`${nodeId} back`),
    }
    const status = { connecting() {}, ready() {}, busy() {}, healing() {}, attention() {}, clear() {} }
    state = new ServerState(node as unknown as Node, 'host:514', status, deliveries as unknown as DeliveryService)
  })

  for (const [what, gone, reason] of [
    ['goes away', REFUSED, 'connection refused'],
    ['takes nothing any more', SLOW, 'the server takes nothing'],
  ] as const) {
    it(`when it ${what}, the sources of what is in here pause`, () => {
      state.entered('t1')
      state.entered('t2')
      state.left('t2')
      state.changed(gone)
      assert.deepEqual(told, [`t1 away: syslog server host:514: ${reason}`])
    })
  }

  it('while it is away, the source of what comes pauses at once', () => {
    state.changed(REFUSED)
    state.entered('t1')
    state.entered(undefined)
    assert.deepEqual(told, ['t1 away: syslog server host:514: connection refused'])
  })

  it('when it is back, they go on, and what comes pauses nobody', () => {
    state.changed(REFUSED)
    state.changed(CONNECTED)
    state.entered('t1')
    assert.deepEqual(told, ['n back'])
  })

  it('a delivery with two messages in here is inside until both have left', () => {
    state.entered('t1')
    state.entered('t1')
    state.left('t1')
    state.changed(REFUSED)
    assert.equal(told.length, 1)
  })

  it('is logged at each change, not at each try', () => {
    for (const next of [REFUSED, REFUSED, REFUSED, CONNECTED, CONNECTED]) state.changed(next)
    assert.deepEqual(logged, ['syslog server host:514: connection refused', 'syslog server host:514: connected again'])
  })
})
