// Everything, in one command: lint, types, and every test there is. A skipped test counts as a failure.
import { spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { ensureSystemPackages } from './system-packages.mjs'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const tool = (...path) => join(root, 'node_modules', ...path)
/** One after the other; what stands together runs side by side, as it mostly waits for brokers and browsers. */
const ROUNDS = [['unit'], ['nodes'], ['package'], ['integration', 'e2e']]
const wanted = process.argv.slice(2)
const isWanted = (suite) => wanted.length === 0 || wanted.includes(suite)

ensureSystemPackages()
const results = mkdtempSync(join(tmpdir(), 'test-results-'))
const totals = { passed: 0, failed: 0, skipped: 0 }
let broken = false

await step('lint', [tool('@biomejs', 'biome', 'bin', 'biome'), 'check', '--error-on-warnings', '.'])
await step('types', [tool('typescript', 'bin', 'tsc'), '--noEmit', '-p', 'tsconfig.test.json'])
for (const round of ROUNDS) {
  const suites = round.filter(isWanted)
  await Promise.all(suites.map((suite, index) => runSuite(suite, index > 0)))
}
rmSync(results, { recursive: true })
if (totals.skipped > 0) {
  console.error(`${totals.skipped} tests were skipped; nothing passes by skipping.`)
  broken = true
}
console.log(`\n${totals.passed} passed, ${totals.failed} failed`)
process.exit(broken || totals.failed > 0 || totals.passed === 0 ? 1 : 0)

async function runSuite(suite, isSecond) {
  const file = join(results, `${suite}.json`)
  const args = [tool('mocha', 'bin', 'mocha.js'), '--reporter', join(root, 'scripts', 'spec-and-totals.cjs')]
  await step(`${suite} tests`, [...args, '--reporter-option', `totals=${file}`, `test/${suite}/**/*.test.ts`], isSecond)
  try {
    const suiteTotals = JSON.parse(readFileSync(file, 'utf8'))
    for (const key of Object.keys(totals)) totals[key] += suiteTotals[key]
  } catch {
    console.error(`  the ${suite} tests ended without a result`)
    broken = true
  }
}

/** @param isSecond what it prints is kept until it ends, so that it does not mix with the first one's */
async function step(name, args, isSecond = false) {
  const started = Date.now()
  const heading = `\n— ${name}`
  if (!isSecond) console.log(heading)
  const child = spawn(process.execPath, args, {
    cwd: root,
    stdio: ['ignore', isSecond ? 'pipe' : 'inherit', 'inherit'],
  })
  const printed = []
  child.stdout?.on('data', (chunk) => printed.push(chunk))
  const status = await new Promise((resolve) => child.once('close', resolve))
  if (isSecond) console.log(heading)
  process.stdout.write(Buffer.concat(printed))
  console.log(`  ${name}: ${status === 0 ? 'ok' : 'FAILED'}, ${((Date.now() - started) / 1000).toFixed(1)} s`)
  if (status !== 0) broken = true
}
