// Everything, in one command: lint, types, and every test there is. A skipped test counts as a failure.
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { ensureSystemPackages } from './system-packages.mjs'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const tool = (...path) => join(root, 'node_modules', ...path)
const SUITES = ['unit', 'nodes', 'package', 'integration', 'e2e']
const wanted = process.argv.slice(2)
const suites = wanted.length > 0 ? SUITES.filter((suite) => wanted.includes(suite)) : SUITES

ensureSystemPackages()
const results = mkdtempSync(join(tmpdir(), 'test-results-'))
const totals = { passed: 0, failed: 0, skipped: 0 }
let broken = false

function step(name, args, env = {}) {
  const started = Date.now()
  console.log(`\n— ${name}`)
  const { status } = spawnSync(process.execPath, args, {
    cwd: root,
    stdio: 'inherit',
    env: { ...process.env, ...env },
  })
  console.log(`  ${name}: ${status === 0 ? 'ok' : 'FAILED'}, ${((Date.now() - started) / 1000).toFixed(1)} s`)
  if (status !== 0) broken = true
}

step('lint', [tool('@biomejs', 'biome', 'bin', 'biome'), 'check', '--error-on-warnings', '.'])
step('types', [tool('typescript', 'bin', 'tsc'), '--noEmit', '-p', 'tsconfig.test.json'])
for (const suite of suites) {
  const file = join(results, `${suite}.json`)
  step(`${suite} tests`, [
    tool('mocha', 'bin', 'mocha.js'),
    '--reporter',
    join(root, 'scripts', 'spec-and-totals.cjs'),
    '--reporter-option',
    `totals=${file}`,
    `test/${suite}/**/*.test.ts`,
  ])
  try {
    const suiteTotals = JSON.parse(readFileSync(file, 'utf8'))
    for (const key of Object.keys(totals)) totals[key] += suiteTotals[key]
  } catch {
    console.error(`  the ${suite} tests ended without a result`)
    broken = true
  }
}
rmSync(results, { recursive: true })
if (totals.skipped > 0) {
  console.error(`${totals.skipped} tests were skipped; nothing passes by skipping.`)
  broken = true
}
console.log(`\n${totals.passed} passed, ${totals.failed} failed`)
process.exit(broken || totals.failed > 0 || totals.passed === 0 ? 1 : 0)
