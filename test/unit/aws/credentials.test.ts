import assert from 'node:assert/strict'
import type { IncomingMessage } from 'node:http'
import { afterEach, describe, it } from 'mocha'
import { type KeySource, type KeySourceOptions, keySource } from '../../../src/aws/credentials'
import type { HttpClient } from '../../../src/http/client'
import { undiciClient } from '../../../src/http/undici-client'
import { type LocalServer, serve } from '../../support/http-server'

const NOW = Date.parse('2026-11-21T12:00:00Z')

describe('AWS keys that are not in the node', () => {
  const open: (LocalServer | HttpClient)[] = []
  let now = NOW
  afterEach(async () => {
    for (const one of open.splice(0)) await one.close()
    now = NOW
  })

  function source(env: Record<string, string>, more: Partial<KeySourceOptions> = {}): KeySource {
    const http = undiciClient({ connectTimeoutMs: 500 })
    open.push(http)
    const readFile = () => Promise.reject(new Error('no such file'))
    return keySource({ env, http, readFile, now: () => now, ...more })
  }

  async function endpoint(
    answer: (request: IncomingMessage) => { status?: number; body: string },
  ): Promise<LocalServer> {
    const server = await serve((request, response) => {
      const { status = 200, body } = answer(request)
      response.writeHead(status).end(body)
    })
    open.push(server)
    return server
  }

  const document = (id: string, until = '2026-11-21T18:00:00Z') =>
    JSON.stringify({ Code: 'Success', AccessKeyId: id, SecretAccessKey: 's', Token: 't', Expiration: until })
  const refused = { code: 'AWS_NO_KEYS' }

  it('come from the environment first', async () => {
    const env = { AWS_ACCESS_KEY_ID: 'A', AWS_SECRET_ACCESS_KEY: 'S', AWS_SESSION_TOKEN: 'T' }
    const found = await source({ ...env, AWS_CONTAINER_CREDENTIALS_FULL_URI: 'http://127.0.0.1:1/' }).keys()
    assert.deepEqual(found, {
      keys: { accessKeyId: 'A', secretAccessKey: 'S', sessionToken: 'T' },
      from: 'the environment',
    })
  })

  it('come from the container, with its token', async () => {
    const asked: unknown[] = []
    const { url } = await endpoint(({ headers }) => {
      asked.push(headers['authorization'])
      return { body: document('C') }
    })
    const env = { AWS_CONTAINER_CREDENTIALS_FULL_URI: `${url}/v1`, AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE: '/token' }
    const found = await source(env, { readFile: async (path) => `from ${path}\n` }).keys()
    assert.deepEqual([found.keys.accessKeyId, found.from, asked], ['C', 'the container', ['from /token']])
  })

  for (const address of [
    'http://10.0.0.1/x',
    'http://169.254.169.254.example.net/',
    'ftp://127.0.0.1/',
    'nonsense',
    'http://u:p@127.0.0.1/',
  ]) {
    it(`are not asked for at ${address}`, async () => {
      const http: HttpClient = { request: () => assert.fail('it was asked'), close: async () => {} }
      await assert.rejects(source({ AWS_CONTAINER_CREDENTIALS_FULL_URI: address }, { http }).keys(), refused)
    })
  }

  it('come from the instance by IMDSv2 only', async () => {
    const asked: string[] = []
    const { url } = await endpoint(({ method, url: path, headers }) => {
      asked.push(`${method} ${path}`)
      if (path === '/latest/api/token') {
        return headers['x-aws-ec2-metadata-token-ttl-seconds'] === '300'
          ? { body: 'session' }
          : { status: 400, body: '' }
      }
      if (headers['x-aws-ec2-metadata-token'] !== 'session') return { status: 401, body: '' }
      return { body: path?.endsWith('/') ? 'my-role\n' : document('I') }
    })
    const found = await source({}, { metadata: url }).keys()
    assert.deepEqual([found.keys.accessKeyId, found.keys.sessionToken, found.from], ['I', 't', 'the instance'])
    const roles = '/latest/meta-data/iam/security-credentials/'
    assert.deepEqual(asked, ['PUT /latest/api/token', `GET ${roles}`, `GET ${roles}my-role`])
  })

  it('are kept until shortly before they end, and asked for again when they are refused', async () => {
    let count = 0
    const { url } = await endpoint(() => ({ body: document(`K${++count}`) }))
    const keys = source({ AWS_CONTAINER_CREDENTIALS_FULL_URI: url })
    const id = async () => (await keys.keys()).keys.accessKeyId
    assert.deepEqual([await id(), await id()], ['K1', 'K1'])
    keys.forget()
    assert.equal(await id(), 'K2')
    now += 6 * 3600_000 - 4 * 60_000
    assert.equal(await id(), 'K3')
  })

  it('that many wait for are asked for once', async () => {
    let count = 0
    const { url } = await endpoint(() => ({ body: document(`K${++count}`) }))
    const keys = source({ AWS_CONTAINER_CREDENTIALS_FULL_URI: url })
    await Promise.all([keys.keys(), keys.keys(), keys.keys()])
    assert.equal(count, 1)
  })

  for (const [what, status, body] of [
    ['an error', 500, ''],
    ['no JSON', 200, '<html>'],
    ['other JSON', 200, '{"Code": "Failed"}'],
    ['no object', 200, 'null'],
  ] as const) {
    it(`are not there when the container answers with ${what}`, async () => {
      const { url } = await endpoint(() => ({ status, body }))
      await assert.rejects(source({ AWS_CONTAINER_CREDENTIALS_FULL_URI: url }).keys(), refused)
    })
  }

  it('are not there when nothing answers, or may not be asked', async () => {
    await assert.rejects(source({}, { metadata: 'http://127.0.0.1:1' }).keys(), refused)
    await assert.rejects(source({ AWS_EC2_METADATA_DISABLED: 'true' }).keys(), /the metadata of the instance are off/)
    const { url } = await endpoint(({ method }) => ({ body: method === 'PUT' ? 'x' : '../../etc' }))
    await assert.rejects(source({}, { metadata: url }).keys(), /the instance has no role/)
  })
})
