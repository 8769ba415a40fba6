import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { describe, it } from 'mocha'
import { definitionOf, filesBelow, htmlOf, root, types } from '../support/palette'

type FlowNode = Readonly<Record<string, unknown>> & { readonly id: string; readonly type: string }

/** What the editor itself knows without a node module. */
const BUILT_IN = ['tab', 'group', 'junction', 'subflow']
const SECRET = /pass(word|wd)?$|secret|token$|api_?key/i

const SELECT = /<select[^>]*id="node-(?:config-)?input-(\w+)"[^>]*>([\s\S]*?)<\/select>/g

const examples = filesBelow('examples', '.json')

function nodesOf(file: string): FlowNode[] {
  return JSON.parse(readFileSync(join(root, file), 'utf8')) as FlowNode[]
}

function coreTypes(): Set<string> {
  const core = join(require.resolve('@node-red/nodes/package.json'), '..', 'core')
  const dialogs = readdirSync(core, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.html'))
  const names = dialogs.flatMap((file) =>
    [...readFileSync(join(core, file), 'utf8').matchAll(/registerType\(\s*['"]([^'"]+)['"]/g)].map(
      ([, name]) => name ?? '',
    ),
  )
  return new Set([...names, ...BUILT_IN])
}

describe('The examples', () => {
  const known = new Set([...coreTypes(), ...types])

  it('show every type that can be dragged into a flow', () => {
    const shown = new Set(examples.flatMap((file) => nodesOf(file).map(({ type }) => type)))
    const missing = types.filter((type) => definitionOf(type).category !== 'config' && !shown.has(type))
    assert.deepEqual(missing, [])
  })

  it('do not share ids, so that several can be imported', () => {
    const seen = new Map<string, string>()
    for (const file of examples) {
      for (const { id } of nodesOf(file)) {
        assert.equal(seen.get(id), undefined, `${id} in ${file} and ${seen.get(id)}`)
        seen.set(id, file)
      }
    }
  })

  for (const file of examples) {
    describe(basename(file), () => {
      it('is a flow that the import dialog takes', () => {
        const nodes = nodesOf(file)
        assert.ok(Array.isArray(nodes) && nodes.length > 0)
        const ids = new Set(nodes.map(({ id }) => id))
        assert.equal(ids.size, nodes.length)
        for (const node of nodes) {
          assert.ok(typeof node.id === 'string' && typeof node.type === 'string')
          // The runtime takes an id that equals another property of its node for a reference to itself.
          for (const [name, value] of Object.entries(node))
            assert.ok(name === 'id' || value !== node.id, `${node.id}.${name}`)
          for (const wire of (node['wires'] as string[][] | undefined)?.flat() ?? []) {
            assert.ok(ids.has(wire), `${node.id} is wired to ${wire}`)
          }
        }
      })

      it('uses only core nodes and ours', () => {
        const foreign = nodesOf(file).filter(({ type }) => !known.has(type) && !type.startsWith('subflow:'))
        assert.deepEqual(
          foreign.map(({ type }) => type),
          [],
        )
      })

      it('holds the properties that our dialogs know, and all that they require', () => {
        for (const node of nodesOf(file)) {
          if (!types.includes(node.type)) continue
          const { defaults } = definitionOf(node.type)
          const editors = [
            'id',
            'type',
            'z',
            'g',
            'x',
            'y',
            'wires',
            'd',
            'l',
            'icon',
            'info',
            'outputLabels',
            'inputLabels',
          ]
          const unknown = Object.keys(node).filter((name) => !(name in defaults) && !editors.includes(name))
          assert.deepEqual(unknown, [], `${node.type} ${node.id}`)
          assert.equal(node['version'], 1, `${node.type} ${node.id}`)
        }
      })

      it('chooses only what the dialogs offer', () => {
        for (const node of nodesOf(file).filter(({ type }) => types.includes(type))) {
          for (const [, property = '', options = ''] of htmlOf(node.type).matchAll(SELECT)) {
            const offered = [...options.matchAll(/value="([^"]*)"/g)].map(([, value]) => value)
            // A select with fewer is filled by the dialog's script.
            if (offered.length > 1) assert.ok(offered.includes(String(node[property])), `${node.id}.${property}`)
          }
        }
      })

      it('contains no credentials', () => {
        for (const node of nodesOf(file)) {
          assert.equal(node['credentials'], undefined, node.id)
          for (const [name, value] of Object.entries(node)) {
            if (!SECRET.test(name) || typeof value !== 'string') continue
            assert.match(value, /^(\$\{\w+\})?$/, `${node.id}.${name}`)
          }
          // A URL with user and password in it.
          assert.doesNotMatch(JSON.stringify(node), /:\/\/[^/"\s]+:[^@/"\s$][^@/"\s]*@/, node.id)
        }
      })

      it('says in a comment what to fill in', () => {
        assert.ok(nodesOf(file).some(({ type }) => type === 'comment'))
      })
    })
  }
})
