import assert from 'node:assert/strict'
import { cpSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type LocalServer, serve } from '../support/http-server'
import { type NodeRed, startNodeRed } from '../support/node-red'
import { occurrence } from '../support/occurrence'
import { root } from '../support/palette'
import { waitFor } from '../support/wait-for'

const TYPE = 'audit-notify-example'
const NAME = 'node-red-contrib-audit-notify-example'

describe('A channel of one’s own, as docs/extending.md shows it, in a real Node-RED', function () {
  this.timeout(120_000)
  let userDir: string
  let service: LocalServer
  let nodeRed: NodeRed
  let refusals = 1
  const taken: { authorization: string; body: { id: string; title: string; severity: string } }[] = []

  before(async () => {
    userDir = mkdtempSync(join(tmpdir(), 'extending-'))
    const modules = join(userDir, 'node_modules')
    mkdirSync(modules)
    cpSync(join(root, 'docs', 'extending', TYPE), join(modules, NAME), { recursive: true })
    service = await serve((request, response) => {
      const chunks: Buffer[] = []
      request.on('data', (chunk: Buffer) => chunks.push(chunk))
      request.on('end', () => {
        const authorization = request.headers.authorization ?? ''
        if (authorization !== 'Bearer my-secret-token') {
          response.writeHead(401).end(`${authorization} is not known`)
          return
        }
        if (request.method === 'POST' && refusals-- > 0) {
          response.writeHead(503).end()
          return
        }
        if (request.method === 'POST') taken.push({ authorization, body: JSON.parse(Buffer.concat(chunks).toString()) })
        response.writeHead(200).end()
      })
    })
    const on = { z: 'tab', x: 100, y: 100 }
    nodeRed = await startNodeRed({
      userDir,
      flows: [
        { id: 'tab', type: 'tab', label: 'extending' },
        { id: 'n-take', type: 'http in', url: '/take', method: 'post', wires: [['n-unwrap']], ...on },
        {
          ...{ id: 'n-unwrap', type: 'function', func: 'return {...msg, ...msg.payload}', outputs: 1, ...on },
          wires: [['n-tell', 'n-empty']],
        },
        { id: 'n-tell', type: TYPE, version: 1, name: '', url: service.url, wires: [['n-answer']], ...on },
        {
          ...{ id: 'n-answer', type: 'function', func: 'msg.payload = msg.sent; return msg', outputs: 1, ...on },
          wires: [['n-respond']],
        },
        { id: 'n-respond', type: 'http response', statusCode: '200', wires: [], ...on },
        { id: 'n-empty', type: TYPE, version: 1, name: '', url: '', wires: [[]], ...on },
      ],
      credentials: { 'n-tell': { token: 'my-secret-token' } },
    })
  })
  after(async () => {
    await nodeRed?.remove()
    await service?.close()
    rmSync(userDir, { recursive: true, force: true })
  })

  it('loads, and names at deploy all that is missing', async () => {
    const sets = (await (await nodeRed.admin('/nodes', { headers: { accept: 'application/json' } })).json()) as {
      module: string
      types: string[]
      err?: unknown
    }[]
    const own = sets.find(({ module }) => module === NAME)
    assert.deepEqual([own?.types, own?.err], [[TYPE], undefined])
    await nodeRed.waitForLog(/n-empty\].*"url".*"token"/)
  })

  it('sends an event once, tries again what was refused, and hands on the answer', async () => {
    const post = () =>
      nodeRed.admin('/take', {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(occurrence('e1')),
      })
    assert.deepEqual(await (await post()).json(), { did: 'sent', id: 'e1' })
    assert.deepEqual(await (await post()).json(), { did: 'repeated' })
    assert.equal(taken.length, 1)
    assert.equal(taken[0]?.body.id, 'e1')
    assert.notEqual(taken[0]?.body.title, '')
  })

  it('has the test button, which shows no secret', async () => {
    const test = async (token: string) => {
      const answer = await fetch(`${nodeRed.url}/openstack-events/notify/${TYPE}/test`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ fields: { url: service.url }, secrets: { token } }),
      })
      return answer.text()
    }
    assert.match(await test('my-secret-token'), /knows the token/)
    const refusal = await test('another-secret-token')
    assert.match(refusal, /401/)
    assert.doesNotMatch(refusal + nodeRed.log(), /secret-token/)
  })

  it('counts', async () => {
    const counted = async () => {
      const { nodes } = (await (await nodeRed.admin('/openstack-events/counters')).json()) as {
        nodes: { id: string; sent: number; repeated: number }[]
      }
      return nodes.find(({ id }) => id === 'n-tell')
    }
    const counts = await waitFor('the counters', counted)
    assert.deepEqual([counts.sent, counts.repeated], [1, 1])
  })
})
