import assert from 'node:assert/strict'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, it } from 'mocha'
import { root } from '../support/palette'

/** No engine builds it here; what can be held against the package is. */
describe('The Dockerfile', () => {
  const text = readFileSync(join(root, 'Dockerfile'), 'utf8')
  const steps = text
    .replace(/\\\n/g, ' ')
    .split('\n')
    .filter((line) => line.trim() !== '' && !line.startsWith('#'))
  const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
    scripts: Record<string, string>
    files: string[]
    devDependencies: Record<string, string>
  }
  const arg = (name: string) => new RegExp(`^ARG ${name}=(.*)$`, 'm').exec(text)?.[1] ?? ''
  const ignored = readFileSync(join(root, '.dockerignore'), 'utf8').trim().split('\n')

  it('ends in Node-RED’s own image, of the line that is tested, on a Node.js that has SQLite', () => {
    assert.equal(steps.filter((step) => step.startsWith('FROM ')).at(-1), `FROM nodered/node-red:\${NODE_RED}`)
    const [, nodeRed = '', node = ''] = /^([\d.]+)-(\d+)$/.exec(arg('NODE_RED')) ?? []
    assert.equal(`^${nodeRed}`, manifest.devDependencies['node-red'])
    assert.ok(Number(node) >= 22)
    assert.match(arg('NODE'), new RegExp(`^${node}-`))
    // The package "node" among the development dependencies brings a binary for glibc, which npm's scripts run.
    assert.doesNotMatch(arg('NODE'), /alpine/)
  })

  it('uses only instructions that exist, each argument where it is declared', () => {
    for (const step of steps) assert.match(step, /^(ARG|FROM|WORKDIR|COPY|RUN) \S/)
    const first = steps.findIndex((step) => step.startsWith('FROM '))
    // An argument that a FROM takes must stand before the first of them.
    assert.ok(steps.slice(0, first).every((step) => step.startsWith('ARG ')))
  })

  it('packs what the install builds, and installs what was packed', () => {
    const runs = steps.filter((step) => step.startsWith('RUN ')).map((step) => step.replace(/\s+/g, ' '))
    assert.match(runs[0] ?? '', /^RUN npm ci .*&& npm pack --ignore-scripts --pack-destination \/packed$/)
    assert.match(manifest.scripts['prepare'] ?? '', /build/)
    assert.match(runs[1] ?? '', /^RUN npm install --omit=dev .* \/tmp\/packed\/\*\.tgz$/)
    assert.ok(steps.includes('COPY --from=packed /packed/ /tmp/packed/'))
    for (const part of ['dist', 'examples', 'resources']) assert.ok(manifest.files.includes(part), part)
  })

  it('gives the build all that it needs, and nothing of this machine', () => {
    for (const needed of [
      'package.json',
      'package-lock.json',
      'scripts',
      'tsconfig.json',
      'nodes',
      'src',
      'lab',
      'icons',
    ]) {
      assert.ok(existsSync(join(root, needed)) && !ignored.includes(needed), needed)
    }
    for (const unwanted of ['.git', 'node_modules', 'dist', '.cache']) assert.ok(ignored.includes(unwanted), unwanted)
  })

  it('does not run as root in the end, and holds no secret', () => {
    assert.doesNotMatch(text, /^USER root/m)
    assert.doesNotMatch(text, /^ENV|password|secret|token/im)
  })
})
