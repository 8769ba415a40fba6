// Everything, in one command: lint, types, and every test there is.
import { conclude, step, suite, tool } from './suite.mjs'
import { ensureSystemPackages } from './system-packages.mjs'

const SUITES = ['unit', 'nodes', 'package', 'integration', 'e2e']
const wanted = process.argv.slice(2)

ensureSystemPackages()
step('lint', [tool('@biomejs', 'biome', 'bin', 'biome'), 'check', '--error-on-warnings', '.'])
step('types', [tool('typescript', 'bin', 'tsc'), '--noEmit', '-p', 'tsconfig.test.json'])
for (const name of wanted.length > 0 ? SUITES.filter((one) => wanted.includes(one)) : SUITES) suite(name)
conclude()
