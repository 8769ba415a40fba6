// Everything, in one command: lint, types, and every test there is.
import { conclude, step, suite, tool } from './suite.mjs'
import { ensureSystemPackages } from './system-packages.mjs'

/** One after the other; what stands together runs side by side, as it mostly waits for brokers and browsers. */
const ROUNDS = [['unit', 'nodes'], ['package'], ['integration', 'e2e', 'browser']]
const wanted = process.argv.slice(2)
const isWanted = (name) => wanted.length === 0 || wanted.includes(name)

ensureSystemPackages()
await step('lint', [tool('@biomejs', 'biome', 'bin', 'biome'), 'check', '--error-on-warnings', '.'])
await step('types', [tool('typescript', 'bin', 'tsc'), '--noEmit', '-p', 'tsconfig.test.json'])
/** Browsers mostly wait: their tests are the longest of all, and go in two halves side by side. */
const HALVES = ['browser']
for (const round of ROUNDS) {
  const parts = round
    .filter(isWanted)
    .flatMap((name) => (HALVES.includes(name) ? [0, 1].map((part) => [name, [part, 2]]) : [[name, [0, 1]]]))
  await Promise.all(parts.map(([name, share], index) => suite(name, index > 0, share)))
}
conclude()
