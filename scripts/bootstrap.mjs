// Runs on whatever Node the machine has (20 is enough): installs and builds what is missing, then goes on with the
// Node that the development dependency `node` supplies.
import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, lstatSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const modules = join(root, 'node_modules')
const stamp = join(modules, '.installed-from')

function run(command, args, options = {}) {
  const { status, error } = spawnSync(command, args, { cwd: root, stdio: 'inherit', ...options })
  if (error) throw error
  if (status !== 0) process.exit(status ?? 1)
}

/** npm that runs this script, or the one on the path. */
function npm(...args) {
  const path = process.env.npm_execpath
  if (path?.endsWith('.js')) run(process.execPath, [path, ...args])
  else run('npm', args)
}

function installModules() {
  // A linked node_modules belongs to another checkout, which keeps it.
  if (existsSync(modules) && lstatSync(modules).isSymbolicLink()) return
  const wanted = createHash('sha256')
    .update(readFileSync(join(root, 'package-lock.json')))
    .digest('hex')
  const installed = existsSync(stamp) ? readFileSync(stamp, 'utf8') : undefined
  if (installed === wanted && existsSync(privateNode())) return
  console.log('Installing the packages in node_modules (about a minute) …')
  npm('ci', '--no-audit', '--no-fund')
  writeFileSync(stamp, wanted)
}

/** The Node of the development dependency; its install script puts it there. */
function privateNode() {
  return join(modules, 'node', 'bin', process.platform === 'win32' ? 'node.exe' : 'node')
}

function newest(path) {
  const status = statSync(path)
  if (!status.isDirectory()) return status.mtimeMs
  return Math.max(status.mtimeMs, ...readdirSync(path).map((name) => newest(join(path, name))))
}

function build() {
  const built = join(root, 'dist', '.built')
  const sources = ['src', 'nodes', 'lab', 'icons', 'tsconfig.json', 'scripts/build.mjs'].map((path) => join(root, path))
  if (existsSync(built) && statSync(built).mtimeMs > Math.max(...sources.map(newest))) return
  console.log('Building dist/ …')
  run(privateNode(), [join(root, 'scripts', 'build.mjs')])
}

const [task, ...rest] = process.argv.slice(2)
const script = {
  start: 'start.mjs',
  test: 'test.mjs',
  openstack: 'test-openstack.mjs',
  opensearch: 'test-opensearch.mjs',
}[task]
if (script === undefined) {
  console.error('usage: bootstrap.mjs start|test|openstack|opensearch [options]')
  process.exit(2)
}
installModules()
if (!existsSync(privateNode())) {
  console.error(
    'node_modules has no Node of its own: the install script of the package "node" did not run. ' +
      'Install without --ignore-scripts.',
  )
  process.exit(1)
}
build()
// Tools that are started from here find the same Node first.
const path = `${join(modules, '.bin')}:${dirname(privateNode())}:${process.env.PATH}`
run(privateNode(), [join(root, 'scripts', script), ...rest], { env: { ...process.env, PATH: path } })
