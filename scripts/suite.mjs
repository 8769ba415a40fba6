// Runs parts of the tests as processes of their own and adds up what they say.
import { spawn } from 'node:child_process'
import { globSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

export const root = dirname(dirname(fileURLToPath(import.meta.url)))
export const tool = (...path) => join(root, 'node_modules', ...path)

const totals = { passed: 0, failed: 0, skipped: 0 }
let broken = false

/**
 * Runs a program of node_modules; anything but success breaks the run.
 * @param isQuiet what it prints is kept until it ends, so that it does not mix with another's
 */
export async function step(name, args, isQuiet = false) {
  const started = Date.now()
  const heading = `\n— ${name}`
  console.log(isQuiet ? `\n— ${name} begins` : heading)
  const child = spawn(process.execPath, args, {
    cwd: root,
    stdio: ['ignore', isQuiet ? 'pipe' : 'inherit', 'inherit'],
  })
  const printed = []
  child.stdout?.on('data', (chunk) => printed.push(chunk))
  const status = await new Promise((resolve) => child.once('close', resolve))
  if (isQuiet) console.log(heading)
  process.stdout.write(Buffer.concat(printed))
  console.log(`  ${name}: ${status === 0 ? 'ok' : 'FAILED'}, ${((Date.now() - started) / 1000).toFixed(1)} s`)
  if (status !== 0) broken = true
}

/** Every test file below a folder of test/. */
export function testFiles(name) {
  return globSync(`test/${name}/**/*.test.ts`, { cwd: root }).sort()
}

/** Runs test files in one mocha: those of the folder that has the title, unless others are given. */
export async function suite(title, files = testFiles(title), { isQuiet = false } = {}) {
  const results = mkdtempSync(join(tmpdir(), 'test-results-'))
  const file = join(results, 'totals.json')
  const args = [tool('mocha', 'bin', 'mocha.js'), '--require', join(root, 'scripts', 'compiled-threads.cjs')]
  args.push('--reporter', join(root, 'scripts', 'spec-and-totals.cjs'))
  await step(`${title} tests`, [...args, '--reporter-option', `totals=${file}`, ...files], isQuiet)
  try {
    const found = JSON.parse(readFileSync(file, 'utf8'))
    for (const key of Object.keys(totals)) totals[key] += found[key]
  } catch {
    console.error(`  the ${title} tests ended without a result`)
    broken = true
  }
  rmSync(results, { recursive: true })
}

/** Says what came of it and ends the process accordingly. A skipped test counts as a failure. */
export function conclude() {
  if (totals.skipped > 0) {
    console.error(`${totals.skipped} tests were skipped; nothing passes by skipping.`)
    broken = true
  }
  console.log(`\n${totals.passed} passed, ${totals.failed} failed`)
  process.exit(broken || totals.failed > 0 || totals.passed === 0 ? 1 : 0)
}
