import assert from 'node:assert/strict'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, it } from 'mocha'
import {
  definitionOf,
  htmlOf,
  packageFile,
  registeredInEditor,
  registeredInRuntime,
  root,
  scriptOf,
  types,
} from '../support/palette'

const FAMILY = { source: '#C7D5E0', judgement: '#D8CFE0', action: '#E0CFC0' }
/** Node-RED uses these itself (creating-nodes/properties); `outputs` is for nodes whose number of outputs is set in the dialog. */
const RESERVED = /^(id|type|wires|inputs|_.*|[a-z])$/

describe('The palette', () => {
  it('holds a folder for every type that package.json names, and no other', () => {
    const folders = readdirSync(join(root, 'nodes')).filter((name) => name !== 'shared')
    assert.deepEqual(folders.sort(), [...types].sort())
  })

  for (const type of types) {
    describe(type, () => {
      it('has its code, dialog, texts, help and icon where Node-RED looks for them', () => {
        assert.equal(packageFile['node-red'].nodes[type], `dist/nodes/${type}/${type}.js`)
        for (const file of [
          ...[`nodes/${type}/${type}.ts`, `nodes/${type}/${type}.html`, `icons/${type}.svg`],
          ...[`nodes/${type}/locales/en-US/${type}.json`, `nodes/${type}/locales/en-US/${type}.html`],
        ]) {
          assert.ok(existsSync(join(root, file)), `${file} is missing`)
        }
      })

      it('registers one type of that name in editor and runtime, with a literal definition', () => {
        assert.deepEqual([...registeredInEditor(type).keys()], [type])
        assert.deepEqual([...registeredInRuntime(type).keys()], [type])
        assert.match(scriptOf(type), new RegExp(`RED\\.nodes\\.registerType\\('${type}',\\s*\\{`))
        assert.match(htmlOf(type), new RegExp(`data-template-name="${type}"`))
      })

      it('stores version and name, and nothing under a reserved name', () => {
        const { defaults, inputs } = definitionOf(type)
        assert.equal(defaults['version']?.value, 1)
        assert.ok(defaults['name'] !== undefined)
        for (const [name, { value }] of Object.entries(defaults)) {
          assert.doesNotMatch(name, RESERVED)
          if (name === 'outputs') assert.ok(inputs === 1 && typeof value === 'number')
        }
      })

      it('declares no setting twice: the second would silently take the place of the first', () => {
        const [, declared = ''] = /\n {4}defaults: \{\n([\s\S]*?)\n {4}\},/.exec(scriptOf(type)) ?? []
        const names = [...declared.matchAll(/^ {6}(\w+): /gm)].map(([, name]) => name ?? '')
        assert.deepEqual(
          names.filter((name, index) => names.indexOf(name) !== index),
          [],
        )
      })

      it('declares the same credentials in editor and runtime, and secrets as such', () => {
        const inEditor = { ...definitionOf(type).credentials }
        const inRuntime = { ...registeredInRuntime(type).get(type)?.credentials }
        assert.deepEqual(Object.keys(inEditor).sort(), Object.keys(inRuntime).sort())
        for (const [name, { type: kind }] of Object.entries(inEditor)) {
          assert.equal(inRuntime[name]?.type, kind, name)
          // A text is sent to the browser as it is.
          if (/pass|secret|token|key/i.test(name)) assert.equal(kind, 'password', name)
        }
        for (const name of Object.keys(definitionOf(type).defaults)) {
          assert.doesNotMatch(name, /^(password|passwd|secret|token|apikey)$/i, `${name} belongs into credentials`)
        }
      })

      it('has an icon of the family: 40 by 60, white on nothing, without scripts', () => {
        const icon = readFileSync(join(root, 'icons', `${type}.svg`), 'utf8')
        assert.match(icon, /viewBox="0 0 40 60"/)
        assert.doesNotMatch(icon, /<script|<image|<style|href=|\son\w+=/)
        const masks = icon.replace(/<mask[\s\S]*?<\/mask>/g, '')
        for (const [, , paint] of masks.matchAll(/\b(fill|stroke)="([^"]*)"/g))
          assert.match(paint ?? '', /^(#fff|none)$/)
        assert.match(icon, /#fff/)
      })

      const config = () => definitionOf(type).category === 'config'

      it('looks like its family in the palette', () => {
        const definition = definitionOf(type)
        if (config()) return
        assert.equal(definition.category, 'OpenStack events')
        assert.equal(definition.categoryDescription, definitionOf('cadf-filter').categoryDescription)
        assert.ok(Object.values(FAMILY).includes(definition.color ?? ''), `colour ${definition.color}`)
        assert.equal(definition.icon, `${type}.svg`)
        const label = definition.paletteLabel
        assert.ok(typeof label === 'string' && label.length > 0 && label.length <= 20, `palette label ${String(label)}`)
      })

      it('says what its ports are, and points the right way', () => {
        const { inputs = 0, outputs = 0, align, outputLabels, label, defaults } = definitionOf(type)
        assert.equal(typeof label, 'function')
        if (config()) return
        if (inputs === 1 && outputs === 0) assert.equal(align, 'right')
        else assert.equal(align, undefined)
        if (outputs > 1 || defaults['outputs'] !== undefined) assert.ok(outputLabels !== undefined)
      })
    })
  }
})

describe('The package', () => {
  it('can be found, licensed and installed by Node-RED', () => {
    assert.match(packageFile.name, /^(@[^/]+\/)?node-red-contrib-/)
    assert.ok(packageFile.keywords.includes('node-red'))
    assert.equal(packageFile.license, 'Apache-2.0')
    assert.match(packageFile['node-red'].version, /^>=4\.1/)
    // The scorecard wants the least Node of the latest Node-RED within the range.
    assert.equal(packageFile.engines.node, '>=22.9')
    for (const file of ['README.md', 'LICENSE', 'CHANGELOG.md']) assert.ok(existsSync(join(root, file)), file)
  })

  it('ships what the nodes need', () => {
    for (const part of ['dist', 'examples']) assert.ok(packageFile.files.includes(part), part)
    const shipsResources = packageFile.files.includes('resources')
    if (existsSync(join(root, 'resources'))) assert.ok(shipsResources)
  })
})
