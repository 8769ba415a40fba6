import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { isBuiltin } from 'node:module'
import { dirname, join } from 'node:path'
import { describe, it } from 'mocha'
import { filesBelow, packageFile, root } from '../support/palette'

interface Import {
  readonly file: string
  readonly from: string
  readonly typeOnly: boolean
}

const IMPORT =
  /^\s*(?:import|export)\s+(type\s+)?[^'"]*?from\s+'([^']+)'|(?<!typeof )\b(?:require|import)\('([^']+)'\)|^\s*import\s+'([^']+)'/gm

function importsOf(folder: string): Import[] {
  return filesBelow(folder, '.ts').flatMap((file) =>
    [...readFileSync(join(root, file), 'utf8').matchAll(IMPORT)].map(([, type, named, called, bare]) => ({
      file,
      from: named ?? called ?? bare ?? '',
      typeOnly: type !== undefined,
    })),
  )
}

/** The folder of the repository that an import reaches, or the package. */
function reached({ file, from }: Import): string {
  if (!from.startsWith('.')) return from
  return join(dirname(file), from).split('/')[0] ?? ''
}

function packageOf(from: string): string {
  return from
    .split('/')
    .slice(0, from.startsWith('@') ? 2 : 1)
    .join('/')
}

describe('The dependency rule', () => {
  const told = (imports: readonly Import[]) => imports.map(({ file, from }) => `${file} imports ${from}`)

  it('src knows neither the nodes nor the pocket cloud nor Node-RED', () => {
    const wrong = importsOf('src').filter((one) => {
      const to = reached(one)
      return (one.from.startsWith('.') && to !== 'src') || /^(@node-red|node-red)/.test(to)
    })
    assert.deepEqual(told(wrong), [])
  })

  it('the pocket cloud knows neither the nodes nor Node-RED', () => {
    const wrong = importsOf('lab').filter(
      (one) => ['nodes', 'test', 'bench'].includes(reached(one)) || /^(@node-red|node-red)/.test(one.from),
    )
    assert.deepEqual(told(wrong), [])
  })

  it('the nodes know src, each other through nodes/shared and their own folders, and of Node-RED only types', () => {
    const wrong = importsOf('nodes').filter((one) => {
      if (/^(@node-red|node-red)/.test(one.from)) return !one.typeOnly
      return one.from.startsWith('.') && !['nodes', 'src'].includes(reached(one))
    })
    assert.deepEqual(told(wrong), [])
  })

  it('what is shipped imports only what is installed with it', () => {
    const allowed = new Set(Object.keys(packageFile.dependencies))
    const wrong = ['src', 'nodes', 'lab'].flatMap(importsOf).filter(({ file, from, typeOnly }) => {
      if (from.startsWith('.')) return false
      // Asked for when the mail server is started, which says what to install where it is missing.
      if (file === 'lab/smtp/service.ts' && from === 'smtp-server') return false
      if (isBuiltin(from)) return !from.startsWith('node:')
      return !allowed.has(packageOf(from)) && !(typeOnly && packageOf(from) === 'node-red')
    })
    assert.deepEqual(told(wrong), [])
  })

  it('the mail server of the pocket cloud is loaded only when it is started', () => {
    const text = readFileSync(join(root, 'lab/smtp/service.ts'), 'utf8')
    assert.match(text, /await import\('smtp-server'\)/)
    assert.doesNotMatch(text, /^import (?!type )[^\n]*'smtp-server'|require\('smtp-server'\)/m)
  })

  it('there are at most six runtime dependencies, and each is used', () => {
    const names = Object.keys(packageFile.dependencies)
    assert.ok(names.length <= 6, names.join(', '))
    const used = new Set(['src', 'nodes', 'lab'].flatMap(importsOf).map(({ from }) => packageOf(from)))
    assert.deepEqual(
      names.filter((name) => !used.has(name)),
      [],
    )
  })

  it('SQLite is asked for at run time, as older Node lacks it', () => {
    const wrong = ['src', 'nodes', 'lab']
      .flatMap(importsOf)
      .filter(({ from, typeOnly }) => from === 'node:sqlite' && !typeOnly)
    assert.deepEqual(told(wrong), [])
  })
})
