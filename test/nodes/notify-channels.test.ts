import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Node } from 'node-red'
import helper, { type TestFlows } from 'node-red-node-test-helper'
import type { FaultEffect } from '../../lab/http/faults'
import registerTemplate from '../../nodes/audit-template/audit-template'
import { closeJournals } from '../../nodes/shared/journal'
import { SHIPPED } from '../../src/notify/templates/shipped'
import { allChannels, CHANNEL_TYPES, type ReachableChannel, registerOf } from '../support/all-channels'
import { occurrence } from '../support/occurrence'
import { statusCalls } from '../support/status-calls'
import { waitFor } from '../support/wait-for'

type Message = Record<string, unknown>
type Wanted = Readonly<Record<string, readonly (readonly [settings: Message, names: readonly string[]])[]>>

/** What each way of each channel cannot do without. */
const MANDATORY: Wanted = {
  'audit-notify-email': [
    [{}, ['host', 'user', 'password', 'from', 'to']],
    [{ auth: 'token' }, ['host', 'user', 'accessToken', 'from', 'to']],
    [{ auth: 'refresh' }, ['host', 'user', 'refreshToken', 'tokenUrl', 'clientId', 'from', 'to']],
    [{ auth: 'none' }, ['host', 'from', 'to']],
  ],
  'audit-notify-github': [[{}, ['repository', 'token']]],
  'audit-notify-jira': [
    [{}, ['site', 'token', 'user', 'project']],
    [{ kind: 'server' }, ['site', 'token', 'project']],
  ],
  'audit-notify-mattermost': [[{}, ['webhookUrl']]],
  'audit-notify-pagerduty': [
    [{}, ['routingKey']],
    [{ region: 'other' }, ['host', 'routingKey']],
  ],
  'audit-notify-servicenow': [
    [{}, ['instance', 'user', 'password']],
    [{ login: 'client' }, ['instance', 'clientId', 'clientSecret']],
    [{ login: 'password' }, ['instance', 'clientId', 'clientSecret', 'user', 'password']],
  ],
  'audit-notify-slack': [
    [{}, ['channel', 'botToken']],
    [{ way: 'hook' }, ['webhookUrl']],
  ],
  'audit-notify-sns': [
    [{}, ['topic', 'region']],
    [{ way: 'endpoint' }, ['endpoint', 'region']],
    [{ way: 'phone' }, ['phone', 'region']],
  ],
  'audit-notify-teams': [[{}, ['webhookUrl']]],
  'audit-notify-telegram': [[{}, ['chat', 'botToken']]],
  'audit-notify-webhook': [
    [{}, ['url']],
    [{ urlIsSecret: true }, ['secretUrl']],
    [{ auth: 'basic' }, ['url', 'user', 'password']],
    [{ auth: 'bearer' }, ['url', 'password']],
    [{ auth: 'header' }, ['url', 'authHeader', 'password']],
  ],
}

describe('every notifying node', function () {
  this.timeout(120_000)
  let userDir: string

  before(async () => {
    helper.init(require.resolve('node-red'))
    await helper.startServer()
  })
  after(async () => {
    await helper.stopServer()
  })
  beforeEach(() => {
    userDir = mkdtempSync(join(tmpdir(), 'channels-'))
    helper.settings({ userDir } as never)
  })
  afterEach(async () => {
    await helper.unload()
    await closeJournals()
    rmSync(userDir, { recursive: true, force: true })
  })

  const statuses = (id: string) => statusCalls<Message>(helper.getNode(id)).map(([status]) => status)
  const red = (id: string) => statuses(id).some(({ fill }) => fill === 'red')
  const sent = (id: string) => statuses(id).some(({ text }) => String(text).startsWith('1 sent'))

  /** Nodes of all types in one flow, and what a Catch node got, by the node that threw it. */
  async function load(
    nodes: readonly Message[],
    credentials: Record<string, Readonly<Record<string, string>>> = {},
    more: readonly Message[] = [],
  ) {
    const flow = [
      { id: 'n-tab', type: 'tab', label: 'test' },
      ...nodes.map((node) => ({ z: 'n-tab', wires: [[]], ...node })),
      ...more,
      { id: 'n-catch', type: 'catch', z: 'n-tab', wires: [['n-caught']] },
      { id: 'n-caught', type: 'helper', z: 'n-tab' },
    ] as unknown as TestFlows
    await helper.load([registerTemplate, ...CHANNEL_TYPES.map(registerOf)] as never, flow, credentials as never)
    const caught = new Map<string, string>()
    ;(helper.getNode('n-caught') as Node).on('input', (msg) => {
      const { message, source } = (msg as unknown as { error: { message: string; source: { id: string } } }).error
      caught.set(source.id, message)
    })
    for (const { id } of nodes) (helper.getNode(String(id)) as Node).receive(occurrence(`of-${String(id)}`))
    return caught
  }

  it('is in the table of what each needs', () => {
    assert.deepEqual(Object.keys(MANDATORY).sort(), [...CHANNEL_TYPES].sort())
  })

  it('names at deploy all that is missing, and nothing else, however it is set', async () => {
    const nodes = Object.entries(MANDATORY).flatMap(([type, ways]) =>
      ways.map(([settings, names], index) => ({ node: { ...settings, id: `${type}-${index}`, type }, names })),
    )
    const caught = await load(nodes.map(({ node }) => node))
    await waitFor('all errors', () => caught.size === nodes.length)
    for (const { node, names } of nodes) {
      const { fill, shape } = statuses(node.id).at(-1) ?? {}
      assert.deepEqual([fill, shape], ['red', 'dot'], node.id)
      const named = [...(caught.get(node.id) ?? '').matchAll(/"(\w+)"(?: or "\w+")? is missing/g)].map(
        ([, name]) => name,
      )
      assert.deepEqual(named.sort(), [...names].sort(), `${node.id}: ${caught.get(node.id)}`)
    }
  })

  it('makes something of every template that comes with the palette', async () => {
    await load([])
    for (const [name, { fields, document = '' }] of Object.entries(SHIPPED)) {
      const texts = Object.fromEntries(Object.entries(fields).map(([field, text]) => [`template_${field}`, text]))
      // Its blocks are for Slack alone.
      const types = name === 'slack' ? ['audit-notify-slack'] : CHANNEL_TYPES
      for (const type of types) {
        const { body, status } = await helper
          .request()
          .post(`/openstack-events/notify/${type}/preview`)
          .send({ fields: { ...texts, template_document: document }, sample: JSON.stringify(occurrence('e1')) })
        assert.equal(status, 200, `${name} for ${type}: ${JSON.stringify(body)}`)
        assert.match(JSON.stringify(body), /dana/)
      }
    }
  })

  describe('with its service', () => {
    let channels: ReachableChannel[]

    beforeEach(async () => {
      channels = await allChannels()
    })
    afterEach(async () => {
      for (const channel of channels) await channel.close()
    })

    for (const [what, template] of [
      ['is broken', { title: '{% if %}' }],
      ['has a document that is no JSON', { document: '{"text": {{ report.title }}}' }],
    ] as const) {
      it(`is a red dot, and sends nothing, when its template ${what}`, async () => {
        const nodes = channels.map(({ type, settings }) => ({
          ...settings,
          id: `of-${type}`,
          type,
          template: 'n-words',
        }))
        const words = { id: 'n-words', type: 'audit-template', z: '', title: '', text: '', ...template }
        const credentials = Object.fromEntries(channels.map((channel) => [`of-${channel.type}`, channel.credentials]))
        const caught = await load(nodes, credentials, [words])
        await waitFor('all errors', () => caught.size === nodes.length)
        for (const { id } of nodes) {
          const { fill, shape } = statuses(id).at(-1) ?? {}
          assert.deepEqual([fill, shape], ['red', 'dot'], id)
          assert.match(caught.get(id) ?? '', /chosen template .* broken/)
        }
      })
    }

    /** Everything that people and machines get to see, when all services fail in the same way. */
    async function said(faultOf: (channel: ReachableChannel) => FaultEffect): Promise<string> {
      for (const channel of channels) {
        channel.faults?.add({ service: channel.service as never, ...faultOf(channel) })
      }
      // A node whose id is a type would be taken for one that uses itself.
      const nodes = channels.map(({ type, settings }) => ({ ...settings, id: `of-${type}`, type }))
      const caught = await load(
        nodes,
        Object.fromEntries(channels.map(({ type, credentials }) => [`of-${type}`, credentials])),
      )
      // Some take whatever is answered with 200 for success.
      const settled = ({ id }: { id: string }) => caught.has(id) || red(id) || sent(id)
      await waitFor(
        () => `what became of ${nodes.filter((one) => !settled(one)).map(({ id }) => id)}`,
        () => nodes.every(settled),
      )
      const tried = await Promise.all(
        channels.map(async ({ type, settings }) => {
          const request = helper.request().post(`/openstack-events/notify/${type}/test`)
          const { body } = await request.send({ id: `of-${type}`, fields: settings, secrets: {} })
          return [type, body as unknown]
        }),
      )
      const counters = await helper.request().get('/openstack-events/counters')
      return JSON.stringify([
        nodes.map(({ id }) => statuses(id)),
        helper.log().args,
        [...caught],
        [tried, counters.body],
      ])
    }

    function assertNoSecret(text: string): void {
      for (const { type, secrets } of channels) {
        for (const secret of secrets) {
          const at = text.indexOf(secret)
          assert.equal(at, -1, `${type} says ${secret} in: ${text.slice(Math.max(0, at - 200), at + 100)}`)
        }
      }
    }

    for (const status of [400, 401, 403, 404, 410, 422, 429, 500, 503]) {
      it(`says no secret when services answer ${status} and repeat what they were given`, async () => {
        const text = await said(({ secrets, refusal }) => ({
          ...{ status, headers: { 'retry-after': '1' } },
          body: refusal(`given: ${secrets.join(' ')}`),
        }))
        assert.match(text, new RegExp(`${status}|refused|given`))
        assertNoSecret(text)
      })
    }

    it('says no secret when services answer 200 and refuse in what they say', async () => {
      assertNoSecret(
        await said(({ secrets, refusal }) => ({ body: refusal(`given: ${secrets.join(' ')}`), status: 200 })),
      )
    })

    for (const disconnect of ['before', 'after'] as const) {
      it(`says no secret when the connection breaks ${disconnect} a request is carried out`, async () => {
        assertNoSecret(await said(() => ({ disconnect })))
      })
    }

    it('says no secret when a proxy answers', async () => {
      assertNoSecret(await said(() => ({ page: 'proxy-error' })))
    })

    it('says no secret when services send elsewhere', async () => {
      assertNoSecret(
        await said(({ credentials }) => ({
          status: 302,
          headers: { location: `https://elsewhere.example.net/?${new URLSearchParams({ ...credentials })}` },
        })),
      )
    })
  })
})
