import assert from 'node:assert/strict'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { describe, it } from 'mocha'
import { type Claimant, type HttpNode, mountOn, type Serve } from '../../../nodes/audit-api/mount'

type Middleware = Parameters<HttpNode['use']>[0]

/** As much of Express as takes handlers, and a way to send a request through them. */
function server() {
  const used: Middleware[] = []
  const httpNode: HttpNode = { use: (middleware) => used.push(middleware) }
  return {
    httpNode,
    used,
    ask(url: string, baseUrl = ''): string {
      let answer = ''
      const response = {
        writeHead: (status: number) => {
          answer = String(status)
        },
        end: () => {},
      } as unknown as ServerResponse
      for (const middleware of used) {
        middleware({ url, baseUrl } as unknown as IncomingMessage, response, () => {
          answer = 'next'
        })
      }
      return answer
    },
  }
}

const who = (id: string, serve: Serve = () => {}): Claimant => ({ id, serve, onTurn: () => {} })

describe('Paths on Node-RED’s HTTP server', () => {
  const serving =
    (served: string[], name: string) =>
    (_request: unknown, _response: unknown, place: { base: string; target: string }) => {
      served.push(`${name} ${place.base}|${place.target}`)
    }

  it('go to the node that has them, with what is below; others go on', () => {
    const { httpNode, ask, used } = server()
    const served: string[] = []
    const mount = mountOn(httpNode)
    mount.claim('/audit', who('a', serving(served, 'a')))
    mount.claim('/audit/two', who('b', serving(served, 'b')))
    for (const url of ['/audit', '/audit?x=1', '/audit/', '/audit/v1/events?limit=1', '/audit/two/v1'])
      assert.equal(ask(url), '')
    assert.equal(ask('/audit/v1', '/red'), '')
    assert.deepEqual(served, [
      'a /audit|',
      'a /audit|?x=1',
      'a /audit|/',
      'a /audit|/v1/events?limit=1',
      'b /audit/two|/v1',
      'a /red/audit|/v1',
    ])
    for (const url of ['/', '/auditor', '/v1/events', '/other']) assert.equal(ask(url), 'next')
    assert.equal(used.length, 1)
    assert.equal(mountOn(httpNode), mount)
    assert.equal(used.length, 1)
  })

  it('belong to who came first, and then to who waits for them', () => {
    const { httpNode, ask } = server()
    const served: string[] = []
    const turns: string[] = []
    const mount = mountOn(httpNode)
    const [a, b, c] = ['a', 'b', 'c'].map((name) =>
      mount.claim('/audit', { id: name, serve: serving(served, name), onTurn: () => turns.push(name) }),
    )
    assert.deepEqual([a?.has, b?.has, c?.has], [true, false, false])
    b?.release(false)
    a?.release(true)
    assert.deepEqual([turns, c?.has], [['c'], true])
    ask('/audit/x')
    assert.deepEqual(served, ['c /audit|/x'])
    c?.release(false)
    c?.release(false)
    assert.equal(ask('/audit/x'), 'next')
  })

  it('tell clients to come again while their node is deployed, not that there is nothing', () => {
    const { httpNode, ask } = server()
    const mount = mountOn(httpNode)
    mount.claim('/audit', who('a')).release(true)
    assert.equal(ask('/audit/v1/events'), '503')
    assert.equal(ask('/other'), 'next')
    const again = mount.claim('/audit', who('a'))
    assert.equal(ask('/audit/v1/events'), '')
    again.release(true)
    // It has moved.
    mount.claim('/trail', who('a'))
    assert.equal(ask('/audit/v1/events'), 'next')
    mount.claim('/audit', who('b')).release(false)
    assert.equal(ask('/audit/v1/events'), 'next')
  })

  it('at the root leave to others what is not the API’s', () => {
    const { httpNode, ask } = server()
    const serve: Serve = (_request, _response, { target }, next) => {
      if (!target.startsWith('/v1')) next?.()
    }
    mountOn(httpNode).claim('', who('a', serve))
    assert.equal(ask('/v1/events'), '')
    assert.equal(ask('/hello'), 'next')
  })
})
