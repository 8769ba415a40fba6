// Everything, in one command: lint, types, and every test there is.
import { join } from 'node:path'
import { parts } from './parts.mjs'
import { conclude, root, step, suite, tool } from './suite.mjs'
import { ensureSystemPackages } from './system-packages.mjs'

/**
 * In how many parts each folder runs; what takes longest begins first, the others as there is room. The tests of e2e and nodes
 * mostly wait, those of the browser mostly compute.
 */
const SUITES = [
  ['e2e', 2],
  ['browser', 2],
  ['integration', 2],
  ['nodes', 1],
  ['unit', 1],
  ['package', 1],
]
/** More at once would keep two processors no busier, and make the tests wait for each other beyond their patience. */
const AT_ONCE = 4

const wanted = process.argv.slice(2)
const isWanted = (name) => wanted.length === 0 || wanted.includes(name)

// Whatever starts Node often, and that is all of Node-RED, need not be compiled each time.
process.env.NODE_COMPILE_CACHE ??= join(root, 'node_modules', '.cache', 'compiled')

ensureSystemPackages()
await step('lint', [tool('@biomejs', 'biome', 'bin', 'biome'), 'check', '--error-on-warnings', '.'])
await step('types', [tool('typescript', 'bin', 'tsc'), '--noEmit', '-p', 'tsconfig.test.json'])

const runs = SUITES.filter(([name]) => isWanted(name)).flatMap(([name, count]) =>
  parts(name, count).map((files, index) => ({
    title: count === 1 ? name : `${name} (${index + 1} of ${count})`,
    files,
    // The first part of each folder before the second of any, so that what waits runs beside what computes.
    turn: count === 1 ? Number.POSITIVE_INFINITY : index,
  })),
)
const queue = runs.sort((one, other) => (one.turn === other.turn ? 0 : one.turn - other.turn))
async function worker(isFirst) {
  for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
    await suite(next.title, next.files, { isQuiet: !isFirst })
  }
}
await Promise.all(Array.from({ length: AT_ONCE }, (_, index) => worker(index === 0)))
conclude()
