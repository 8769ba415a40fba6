// A real OpenSearch for tests: its libraries come from the Maven repository that the machine's Maven is set up for, and one node of it
// runs in a Java process of its own, without the parts of the distribution that the tests do not need.
import { spawn, spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import http from 'node:http'
import https from 'node:https'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { obtainSecurity, secure } from './opensearch/secured.mjs'
import { ensureSystemPackages, OPENSSL } from './system-packages.mjs'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const VERSION = '2.19.1'
/** What its POM leaves to the distribution. */
const LOG4J = '2.21.0'
const START_WITHIN_MS = 120_000

const onPath = (program) => spawnSync(program, ['-version'], { stdio: 'ignore' }).error === undefined
const JAVA = [
  { name: 'default-jdk-headless', present: () => onPath('javac') },
  { name: 'maven', present: () => onPath('mvn') },
]

/**
 * Answers how it is reached, as variables of the environment, and how to stop it; ends the process with one sentence where it cannot be
 * had.
 * @param secured with the security plugin: over TLS, with users
 */
export async function startOpenSearch(version = VERSION, secured = false) {
  ensureSystemPackages(secured ? [...JAVA, OPENSSL] : JAVA)
  const cache = join(root, 'node_modules', '.cache', `opensearch-${version}`)
  if (!existsSync(join(cache, 'complete-2'))) obtain(cache, version)
  if (secured && !existsSync(join(cache, 'secured'))) {
    console.log(`Obtaining its security plugin with Maven (about 45 MB) …`)
    if (!obtainSecurity(cache, version)) fail(`The security plugin of OpenSearch ${version} cannot be had from Maven.`)
  }

  const home = mkdtempSync(join(tmpdir(), 'opensearch-'))
  const users = secured ? secure(home, cache) : {}
  const port = await freePort()
  const log = join(home, 'log')
  const output = openSync(log, 'w')
  const classPath = `${join(cache, 'classes')}:${join(cache, secured ? 'secured' : 'lib', '*')}`
  const child = spawn('java', ['-Xms256m', '-Xmx768m', '-cp', classPath, 'OneNode', home, String(port)], {
    stdio: ['pipe', output, output],
  })
  const ended = new Promise((resolve) => child.once('exit', resolve))
  const stop = async () => {
    child.stdin.end()
    const killer = setTimeout(() => child.kill('SIGKILL'), 20_000)
    await ended
    clearTimeout(killer)
    rmSync(home, { recursive: true, force: true })
  }
  const url = `${secured ? 'https' : 'http'}://127.0.0.1:${port}`
  if (await isUp(port, secured ? users : undefined, child))
    return { environment: { OPENSEARCH_URL: url, ...users }, stop }
  fail(
    `OpenSearch ${version} did not start within ${START_WITHIN_MS / 1000} s; it said:\n${readFileSync(log, 'utf8').slice(-4000)}`,
  )
}

function obtain(cache, version) {
  console.log(`Obtaining OpenSearch ${version} with Maven (about 45 MB) …`)
  rmSync(cache, { recursive: true, force: true })
  mkdirSync(cache, { recursive: true })
  const dependency = ([group, name, number]) =>
    `<dependency><groupId>${group}</groupId><artifactId>${name}</artifactId><version>${number}</version></dependency>`
  const dependencies = [
    ['org.opensearch', 'opensearch', version],
    ['org.opensearch.plugin', 'transport-netty4-client', version],
    ['org.apache.logging.log4j', 'log4j-core', LOG4J],
  ]
  writeFileSync(
    join(cache, 'pom.xml'),
    `<project xmlns="http://maven.apache.org/POM/4.0.0"><modelVersion>4.0.0</modelVersion><groupId>local</groupId>` +
      `<artifactId>opensearch-for-tests</artifactId><version>1</version>` +
      `<dependencies>${dependencies.map(dependency).join('')}</dependencies></project>`,
  )
  const copied = spawnSync(
    'mvn',
    ['-q', '-B', 'dependency:copy-dependencies', `-DoutputDirectory=${join(cache, 'lib')}`],
    {
      cwd: cache,
      stdio: ['ignore', 'inherit', 'inherit'],
    },
  )
  if (copied.status !== 0) {
    fail(
      `OpenSearch ${version} cannot be had from the Maven repository of this machine; set OPENSEARCH_URL to test at another.`,
    )
  }
  const source = join(root, 'scripts', 'opensearch', 'OneNode.java')
  const compiled = spawnSync('javac', ['-cp', join(cache, 'lib', '*'), '-d', join(cache, 'classes'), source], {
    stdio: ['ignore', 'inherit', 'inherit'],
  })
  if (compiled.status !== 0) fail('The starter of OpenSearch could not be compiled.')
  writeFileSync(join(cache, 'complete-2'), '')
}

async function isUp(port, users, child) {
  const until = Date.now() + START_WITHIN_MS
  while (Date.now() < until && child.exitCode === null) {
    if ((await status(port, users)) === 200) return true
    await sleep(250)
  }
  child.kill('SIGKILL')
  return false
}

/** Of its front page; undefined: it does not answer. */
function status(port, users) {
  return new Promise((resolve) => {
    const auth = users === undefined ? null : `${users.OPENSEARCH_USERNAME}:${users.OPENSEARCH_PASSWORD}`
    const ca = users === undefined ? undefined : readFileSync(users.OPENSEARCH_CA)
    const { get } = users === undefined ? http : https
    get({ host: '127.0.0.1', port, auth, ca, timeout: 5_000 }, (answer) => {
      answer.resume()
      resolve(answer.statusCode)
    }).on('error', () => resolve(undefined))
  })
}

function freePort() {
  return new Promise((resolve, reject) => {
    const server = createServer()
    server.once('error', reject)
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address()
      server.close(() => resolve(port))
    })
  })
}

function fail(sentence) {
  console.error(sentence)
  process.exit(1)
}
