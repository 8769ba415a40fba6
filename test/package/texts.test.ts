import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, it } from 'mocha'
import { filesBelow, htmlOf, localeOf, root, scriptOf, types } from '../support/palette'

/** Keys of Node-RED's own catalogue may be used with its prefix. */
const CORE = /^(node-red|editor):/

function coreKeys(): Set<string> {
  const file = require.resolve('@node-red/nodes/locales/en-US/messages.json')
  const keys = new Set<string>()
  const walk = (at: unknown, path: string) => {
    keys.add(path)
    if (typeof at === 'object' && at !== null) {
      for (const [name, inner] of Object.entries(at)) walk(inner, path === '' ? name : `${path}.${name}`)
    }
  }
  walk(JSON.parse(readFileSync(file, 'utf8')), '')
  return keys
}

/** Keys asked for in a script: literals, and templates with their holes as `*`. */
function keysAskedFor(script: string, type: string): string[] {
  const called = [...script.matchAll(/\b_\(\s*(['"])([^'"]+)\1/g)].map(([, , key]) => key ?? '')
  const templates = [...script.matchAll(/\b_\(\s*`([^`]+)`/g)].map(([, key]) =>
    (key ?? '').replace(/\$\{(?:[^{}]|\{[^}]*\})*\}/g, '*'),
  )
  // Keys chosen before they are asked for: `_(ok ? 'x.yes' : 'x.no')`
  const literals = [...script.matchAll(/(['"])([\w-]+(?:\.[\w-]+)+)\1/g)]
    .map(([, , key]) => key ?? '')
    .filter((key) => key.startsWith(`${type}.`) && !key.endsWith('.svg'))
  return [...new Set([...called, ...templates, ...literals])]
}

describe('The texts', () => {
  const core = coreKeys()

  for (const type of types) {
    describe(`of ${type}`, () => {
      const known = (key: string, locale: ReadonlyMap<string, string>) => {
        if (CORE.test(key)) return key.startsWith('editor:') || core.has(key.replace(CORE, ''))
        if (!key.includes('*')) return locale.has(key)
        const pattern = new RegExp(
          `^${key
            .split('*')
            .map((part) => part.replace(/[.]/g, '\\.'))
            .join('.+')}$`,
        )
        return [...locale.keys()].some((one) => pattern.test(one))
      }

      it('stand under the name of the type, and none is empty', () => {
        for (const [key, text] of localeOf(type)) {
          assert.ok(key.startsWith(`${type}.`), key)
          assert.notEqual(text.trim(), '', key)
        }
      })

      it('hold every key that the dialog names', () => {
        const locale = localeOf(type)
        const named = [...htmlOf(type).matchAll(/data-i18n="([^"]+)"/g)].flatMap(([, value]) =>
          (value ?? '').split(';').map((part) => part.replace(/^\[[^\]]+\]/, '').trim()),
        )
        assert.ok(named.length > 0, 'no data-i18n at all')
        assert.deepEqual(
          named.filter((key) => !known(key, locale)),
          [],
        )
      })

      it('hold every key that its scripts ask for', () => {
        const locale = localeOf(type)
        const runtime = filesBelow(`nodes/${type}`, '.ts').map((file) => readFileSync(join(root, file), 'utf8'))
        const inRuntime = runtime.flatMap((source) =>
          [...source.matchAll(/\b_\(\s*(['"])([^'"]+)\1/g)].map(([, , key]) => key ?? ''),
        )
        assert.deepEqual(
          [...keysAskedFor(scriptOf(type), type), ...inRuntime].filter((key) => !known(key, locale)),
          [],
        )
      })

      it('are asked for where they are found: RED._ in the editor knows only what is named with its catalogue', () => {
        const asked = [...scriptOf(type).matchAll(/\bRED\._\(\s*['"`]([^'"`]*)/g)].map(([, key]) => key ?? '')
        assert.deepEqual(
          asked.filter((key) => !key.includes(':')),
          [],
        )
      })

      it('are not written into the dialog itself', () => {
        const template = /<script type="text\/html"[^>]*>([\s\S]*?)<\/script>/.exec(htmlOf(type))?.[1] ?? ''
        const words = template
          .replace(/<[^>]+>/g, '\n')
          .split('\n')
          .map((text) => text.replace(/&\w+;/g, '').trim())
          .filter((text) => /[A-Za-z]{3,}/.test(text))
        assert.deepEqual(words, [])
      })

      it('come with help that begins with a paragraph and tells inputs, outputs and details where there are any', () => {
        const help = readFileSync(join(root, `nodes/${type}/locales/en-US/${type}.html`), 'utf8')
        assert.match(help, new RegExp(`^\\s*<script type="text/(html|markdown)" data-help-name="${type}">\\s*<p>`))
        assert.match(help, /<h3>/)
        assert.doesNotMatch(help, /\b(TODO|TBD)\b/)
      })
    })
  }
})
