// Runs parts of the tests as processes of their own and adds up what they say.
import { spawn } from 'node:child_process'
import { globSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
export const tool = (...path) => join(root, 'node_modules', ...path)

const totals = { passed: 0, failed: 0, skipped: 0 }
let broken = false

/**
 * Runs a program of node_modules; anything but success breaks the run.
 * @param isSecond what it prints is kept until it ends, so that it does not mix with the first one's
 */
export async function step(name, args, isSecond = false) {
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

/**
 * Runs the test files of one folder of test/ in one mocha.
 * @param share of the files, `[0, 2]` for the first half
 */
export async function suite(name, isSecond = false, [part, parts] = [0, 1]) {
  const files = globSync(`test/${name}/**/*.test.ts`, { cwd: root }).sort()
  const chosen = files.filter((_, index) => index % parts === part)
  const title = parts === 1 ? name : `${name} (${part + 1} of ${parts})`
  const results = mkdtempSync(join(tmpdir(), 'test-results-'))
  const file = join(results, 'totals.json')
  const args = [tool('mocha', 'bin', 'mocha.js'), '--reporter', join(root, 'scripts', 'spec-and-totals.cjs')]
  await step(`${title} tests`, [...args, '--reporter-option', `totals=${file}`, ...chosen], isSecond)
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
