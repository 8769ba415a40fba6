import assert from 'node:assert/strict'
import { after, afterEach, before, describe, it } from 'mocha'
import { type PocketCloud, startPocketCloud } from '../../lab/pocket-cloud'
import { type FlowNode, type NodeRed, type NodeRedLine, startNodeRed } from '../support/node-red'
import { tokenOf } from '../support/pocket-calls'
import { waitFor } from '../support/wait-for'

interface List {
  readonly events: { readonly id: string }[]
  readonly total: number
  readonly next?: string
}

for (const line of ['5', '4.1'] as NodeRedLine[]) {
  describe(`The audit API in Node-RED ${line}`, function () {
    this.timeout(120_000)
    let cloud: PocketCloud
    let nodeRed: NodeRed | undefined

    before(async () => {
      cloud = await startPocketCloud({ certificate: false })
    })
    after(() => cloud?.close())
    afterEach(async () => {
      await nodeRed?.remove()
      nodeRed = undefined
    })

    const at = { z: 'tab', x: 100, y: 100 }
    const flow = (...more: object[]): FlowNode[] => [
      { id: 'tab', type: 'tab', label: 'audit' },
      { id: 'account', type: 'keystone-config', version: 1, authUrl: cloud.urls.keystone, applicationCredential: 'c' },
      { id: 'store', type: 'audit-store-config', version: 1, engine: 'sqlite', file: 'audit.sqlite', cloud: 'lab' },
      { id: 'in', type: 'http in', ...at, url: '/store', method: 'post', wires: [['event']] },
      {
        ...{ id: 'event', type: 'change', ...at, wires: [['keep', 'answer']] },
        rules: [{ t: 'set', p: 'event', pt: 'msg', to: 'payload', tot: 'msg' }],
      },
      { id: 'keep', type: 'audit-store', version: 1, ...at, store: 'store', wires: [[]] },
      { id: 'answer', type: 'http response', ...at, wires: [] },
      ...(more as FlowNode[]),
    ]
    const apiNode = (parts: object = {}) => ({
      ...{ id: 'api', type: 'audit-api', version: 1, ...at, wires: [] },
      ...{ store: 'store', account: 'account', path: '/audit' },
      ...parts,
    })
    const credentials = { account: { secret: 's' } }
    const ask = (path: string, token?: string) =>
      fetch(`${nodeRed?.url}${path}`, token === undefined ? {} : { headers: { 'x-auth-token': token } })
    const store = async (id: string, project: string, root = '') => {
      const body = {
        typeURI: 'http://schemas.dmtf.org/cloud/audit/1.0/event',
        ...{ id, eventType: 'activity', eventTime: new Date().toISOString(), action: 'create', outcome: 'success' },
        initiator: { id: 'u', typeURI: 'service/security/account/user', project_id: project },
        target: { id: 't', typeURI: 'compute/server' },
        observer: { id: 'o', typeURI: 'service/compute' },
      }
      const headers = { 'content-type': 'application/json' }
      await fetch(`${nodeRed?.url}${root}/store`, { method: 'POST', headers, body: JSON.stringify(body) })
    }
    const projectOf = (name: string) => cloud.identity.users.find((user) => user.name === name)?.defaultProjectId ?? ''

    it('shows each tenant its own events, by real tokens, below the root of the HTTP nodes, deploy after deploy', async () => {
      nodeRed = await startNodeRed({ line, flows: flow(apiNode()), credentials, settings: `httpNodeRoot: '/red',` })
      const [vera, viktor] = await Promise.all(['vera', 'viktor'].map((name) => tokenOf(cloud, name)))
      for (const [id, name] of [
        ['e-1', 'vera'],
        ['e-2', 'vera'],
        ['e-3', 'viktor'],
      ] as const) {
        await store(id, projectOf(name), '/red')
      }
      const list = async (token: string | undefined, query = '') =>
        (await ask(`/red/audit/v1/events${query}`, token)).json() as Promise<List>
      await waitFor('the events', async () => (await list(vera)).total === 2 && (await list(viktor)).total === 1)
      const page = await list(vera, '?limit=1')
      assert.match(page.next ?? '', /\/red\/audit\/v1\/events\?limit=1&offset=1$/)
      const next = (await (await fetch(page.next ?? '', { headers: { 'x-auth-token': vera ?? '' } })).json()) as List
      assert.notEqual(next.events[0]?.id, page.events[0]?.id)
      assert.equal((await ask('/red/audit/v1/events/e-3', vera)).status, 404)
      assert.equal((await ask('/red/audit/v1/events/e-3', viktor)).status, 200)
      assert.equal((await ask('/red/audit/v1/events')).status, 401)
      assert.equal((await ask('/red/audit/ui/')).status, 200)
      assert.equal((await ask('/audit/v1')).status, 404)
      for (const type of ['full', 'nodes', 'flows'] as const) {
        await nodeRed.deploy(flow(apiNode({ name: type })), type)
        await waitFor('the API again', async () => (await ask('/red/audit/v1/events', vera)).status === 200)
        assert.equal((await list(vera)).total, 2)
      }
      // Another path: nothing stays at the old one.
      await nodeRed.deploy(flow(apiNode({ path: '/trail/v1' })))
      await waitFor('the API at its new path', async () => (await ask('/red/trail/v1/events', vera)).status === 200)
      await waitFor('nothing at the old one', async () => (await ask('/red/audit/v1')).status === 404, {
        timeoutMs: 30_000,
      })
      const stopping = Date.now()
      await nodeRed.stop()
      assert.ok(Date.now() - stopping < 14_000)
      const faults = nodeRed
        .log()
        .split('\n')
        .filter((text) => /TypeError|Uncaught|timed out|Warning: Possible/.test(text))
      assert.deepEqual(faults, [])
    })

    it('says so where Node-RED serves no HTTP nodes', async () => {
      nodeRed = await startNodeRed({ line, flows: flow(apiNode()), credentials, settings: 'httpNodeRoot: false,' })
      await nodeRed.waitForLog(/httpNodeRoot is false/)
      assert.equal((await ask('/audit/v1')).status, 404)
      const server = await (await nodeRed.admin('/audit-api/server')).json()
      assert.deepEqual(server, { root: false, auth: false })
    })

    it('stands behind Node-RED’s own password where httpNodeAuth asks for one, and says so', async () => {
      // "password", by bcrypt
      const pass = '$2b$08$W99V1mAwhUg5M9.hX6kjY.qtLHyvVOqlYX4N/LkFhJXwwUd1ltLPC'
      const settings = `httpNodeAuth: { user: 'u', pass: '${pass}' },`
      nodeRed = await startNodeRed({ line, flows: flow(apiNode()), credentials, settings })
      await nodeRed.waitForLog(/httpNodeAuth asks every caller/)
      assert.equal((await ask('/audit/v1')).status, 401)
      const preflight = await fetch(`${nodeRed.url}/audit/v1/events`, { method: 'OPTIONS' })
      assert.equal(preflight.status, 204)
    })
  })
}
