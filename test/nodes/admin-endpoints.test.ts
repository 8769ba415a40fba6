import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, it } from 'mocha'

const root = join(__dirname, '../..')
const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
  'node-red': { nodes: Record<string, string> }
}

interface Endpoint {
  readonly method: string
  readonly path: string
  readonly guard: unknown
}

/** What a node's module asks of Node-RED's admin API when it is loaded. */
function endpointsOf(type: string): Endpoint[] {
  const endpoints: Endpoint[] = []
  const record = (method: string) => (path: string, guard: unknown) => endpoints.push({ method, path, guard })
  const nothing = () => {}
  const RED = {
    nodes: { registerType: nothing, createNode: nothing, getNode: nothing },
    auth: { needsPermission: (permission: string) => ({ permission }) },
    httpAdmin: Object.fromEntries(['get', 'post', 'put', 'delete', 'use', 'all'].map((name) => [name, record(name)])),
    httpNode: { use: nothing },
    settings: {},
    log: { info: nothing, warn: nothing, error: nothing },
    events: { on: nothing, once: nothing, removeListener: nothing },
    hooks: { add: nothing, remove: nothing },
    util: {},
    plugins: { registerPlugin: nothing },
  }
  const { default: register } = require(join(root, 'nodes', type, `${type}.ts`)) as {
    default: (RED: object) => void
  }
  register(RED)
  return endpoints
}

describe('What the nodes add to Node-RED’s admin API', () => {
  for (const type of Object.keys(manifest['node-red'].nodes)) {
    it(`asks for a permission of its own: ${type}`, () => {
      for (const { method, path, guard } of endpointsOf(type)) {
        const { permission = '' } = (guard ?? {}) as { permission?: string }
        assert.match(permission, /^[a-z][a-z0-9-]+\.(read|write)$/, `${method} ${path}`)
      }
    })
  }

  it('lets only those test a store who may change it, and those ask for its values who may see it', () => {
    const guards = ['audit-store-config', 'audit-query', 'audit-api'].flatMap((type) =>
      endpointsOf(type).map(({ method, path, guard }) => [method, path, (guard as { permission: string }).permission]),
    )
    assert.deepEqual(guards, [
      ['post', '/audit-store-config/test', 'audit-store-config.write'],
      ['post', '/audit-query/values', 'audit-query.read'],
      ['get', '/audit-api/server', 'audit-api.read'],
    ])
  })
})
