// npm start: the pocket cloud and Node-RED on loopback, with an example filled in and running.
import { spawn, spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { createServer } from 'node:net'
import { basename, dirname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'

const USAGE = `Usage: npm start -- [options]

Starts the pocket cloud and Node-RED on 127.0.0.1 with the main example running, or with another one.

  --flow NAME      an example by a part of its name, e.g. tampering or illumio/06; a name that none has lists all
  --rabbitmq URL   notifications go through this broker, e.g. amqp://guest:guest@127.0.0.1:5672/
                   (without it: through a log file, as oslo's log driver writes it)
  --port N         port of the editor (default 1880, or a free one if it is taken)
  --directory DIR  where it keeps its files; emptied first (default .cache/start/<port>)
`

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const require = createRequire(import.meta.url)
const EXAMPLES = join(root, 'examples')
const MAIN = 'security-group-scan/01 - From a security-group change to a Qualys scan.json'

const options = parseOptions()
if (options.help) {
  process.stdout.write(USAGE)
  process.exit(0)
}

const file = exampleNamed(options.flow)
const isMain = file === MAIN
const { startPocketCloud } = require(join(root, 'dist/lab/pocket-cloud.js'))
const { fillInExample } = require(join(root, 'dist/lab/examples/fill-in.js'))
const { hintsFor } = require(join(root, 'dist/lab/examples/hints.js'))
const port = await portFor(options.port)
// Made anew at each start: a demo whose past is unknown cannot be explained. One for each port, as another may be running.
const home = resolve(options.directory ?? join(root, '.cache', 'start', String(port)))
if (existsSync(home) && readdirSync(home).length > 0 && !existsSync(join(home, 'node-red', 'settings.js'))) {
  give(`${home} is not empty, and not of an earlier start. Name a directory that may be emptied.`)
}
rmSync(home, { recursive: true, force: true })
const userDir = join(home, 'node-red')
mkdirSync(join(userDir, 'node_modules'), { recursive: true })
const logFile = join(home, 'neutron-server.log')

const cloud = await startPocketCloud({
  notifications: options.rabbitmq
    ? { rabbitmq: { url: options.rabbitmq } }
    : { logFile, ...(isMain ? {} : { keystoneLogFile: logFile }) },
}).catch((error) => give(options.rabbitmq ? `The broker cannot be used: ${error.message}` : error.message))
// The core http request node signs nothing; what is signed is taken all the same.
cloud.vendors.webhook.receiver.secrets = []
// A source that finds no file waits for it, and says so; here it is made with the first notification.
if (!options.rabbitmq && !isMain) writeFileSync(logFile, '')
const { flows, credentials } = fillInExample(JSON.parse(readFileSync(join(EXAMPLES, file), 'utf8')), {
  cloud,
  logFile: options.rabbitmq ? undefined : logFile,
  rabbitmq: options.rabbitmq,
  windowSeconds: 15,
  webHook: `${cloud.vendors.webhook.url}/`,
  outputFolder: home,
  auditFile: join(home, 'audit.sqlite'),
  repository: repositoryFor(file),
})
symlinkSync(root, join(userDir, 'node_modules', 'node-red-contrib-openstack-events'))
writeFileSync(join(userDir, 'flows.json'), JSON.stringify(flows, null, 2), { mode: 0o600 })
writeFileSync(join(userDir, 'flows_cred.json'), JSON.stringify(credentials), { mode: 0o600 })
writeFileSync(
  join(userDir, 'settings.js'),
  `module.exports = {
  uiHost: '127.0.0.1', uiPort: ${port}, flowFile: 'flows.json', credentialSecret: false,
  telemetry: { enabled: false, updateNotification: false },
  editorTheme: { tours: false, projects: { enabled: false } },
  logging: { console: { level: 'warn', metrics: false, audit: false } },
}
`,
)
const nodeRed = spawn(process.execPath, [require.resolve('node-red/red.js'), '--userDir', userDir], {
  stdio: ['ignore', 'inherit', 'inherit'],
})
const ended = new Promise((resolve) => nodeRed.once('exit', resolve))
await answering(`http://127.0.0.1:${port}/`)
if (options.rabbitmq && flows.some(({ type }) => type === 'openstack-notification-in'))
  await listening(options.rabbitmq)

cloud.syslog.on('line', ({ line }) => console.log(`\n${summary(line)}\n  ${printable(line)}`))
const place = `
  Editor            http://127.0.0.1:${port}/${options.port === undefined && port !== 1880 ? '   (port 1880 is taken)' : ''}
  Notifications     ${options.rabbitmq ? 'through the broker' : logFile}
  Syslog receiver   TCP ${cloud.syslog.ports.tcp} on 127.0.0.1; what arrives is printed here
`
if (isMain) tellOfMain()
else tellOf()

for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => nodeRed.kill('SIGTERM'))
const status = await ended
await cloud.close()
process.exit(status ?? 0)

function tellOfMain() {
  console.log(`${place}
  Open a port of the pocket cloud to the Internet:

    curl -X POST ${cloud.urls.control}/demo/open-port

  Within a minute the audit lines follow: rule, address, scan reference. Again for another port; …/demo/close-port
  closes the last one. (The batch collects for 15 seconds here, not for a minute.) End with Ctrl-C.
`)
}

function tellOf() {
  const hints = hintsFor(flows, { control: cloud.urls.control, editor: `http://127.0.0.1:${port}/` })
  const lines = hints.flatMap(({ does, command }) => [`  ${does}:`, `    ${command}`, ''])
  console.log(`
  Example           ${nameOf(file)}
  Its files         ${home}${place}
  What Slack, Jira, the mail server and the others take is printed here.

${lines.join('\n')}
  End with Ctrl-C.
`)
  watchVendors()
}

/** A line for each message that a service or the mail server took or refused. */
function watchVendors() {
  const { VENDOR_NAMES } = require(join(root, 'dist/lab/vendors.js'))
  let [exchanges, mails] = [0, 0]
  const watch = setInterval(() => {
    for (const { request, status } of cloud.received.slice(exchanges)) {
      const told = request.service !== 'illumio' && VENDOR_NAMES.includes(request.service) && request.method !== 'GET'
      if (told) console.log(`\n${request.service} ${status}: ${printable(request.body).slice(0, 400)}`)
    }
    exchanges = cloud.received.length
    for (const { to, headers } of cloud.smtp?.mails.slice(mails) ?? []) {
      const [, subject = ''] = headers.find(([name]) => name === 'subject') ?? []
      console.log(`\nmail to ${printable(to.join(', '))}: ${printable(subject)}`)
    }
    mails = cloud.smtp?.mails.length ?? 0
  }, 500)
  watch.unref()
}

function nameOf(path) {
  return path.replace(/\.json$/, '')
}

/** `undefined` for no name: the main example. */
function exampleNamed(wanted) {
  if (wanted === undefined) return MAIN
  const all = readdirSync(EXAMPLES, { recursive: true, encoding: 'utf8' })
    .map((path) => path.replaceAll('\\', '/'))
    .filter((path) => path.endsWith('.json'))
    .sort()
  const plain = (text) =>
    text
      .toLowerCase()
      .replace(/[^a-z0-9/]+/g, ' ')
      .trim()
  const fit = all.filter((path) => plain(nameOf(path)).includes(plain(wanted)))
  const exact = fit.filter((path) => plain(basename(nameOf(path)).replace(/^\d+ - /, '')) === plain(wanted))
  const [only, ...more] = exact.length === 1 ? exact : fit
  if (only !== undefined && more.length === 0) return only
  const problem = only === undefined ? 'No example has that name.' : 'Several examples have that in their names.'
  const list = only === undefined ? all : fit
  return give(
    `${problem} There ${only === undefined ? 'are' : 'fit'}:\n${list.map((path) => `  ${nameOf(path)}`).join('\n')}`,
  )
}

/** For the example that commits: a repository of its own, where there is a Git. Whether it commits stays a person's choice. */
function repositoryFor(example) {
  if (!example.includes('Git commit')) return undefined
  const repository = join(home, 'policy')
  mkdirSync(repository)
  for (const command of [
    ['init', '--quiet'],
    ['config', 'user.name', 'Node-RED'],
    ['config', 'user.email', 'node-red@localhost'],
  ]) {
    spawnSync('git', ['-C', repository, ...command])
  }
  return repository
}

function parseOptions() {
  try {
    return parseArgs({
      options: {
        flow: { type: 'string' },
        rabbitmq: { type: 'string' },
        port: { type: 'string' },
        directory: { type: 'string' },
        help: { type: 'boolean' },
      },
    }).values
  } catch (error) {
    return give(`${error.message}\n\n${USAGE}`)
  }
}

/** Ends with a sentence; a person who mistyped has no use for a stack. */
function give(problem) {
  process.stderr.write(`npm start: ${problem}\n`)
  process.exit(1)
}

async function portFor(wanted) {
  if (wanted === undefined) return (await isFree(1880)) ? 1880 : freePort()
  const given = Number(wanted)
  if (!Number.isInteger(given) || given < 1 || given > 65_535) give(`--port must be a port number, not "${wanted}".`)
  if (!(await isFree(given))) give(`Port ${given} is taken. Choose another, or leave --port out.`)
  return given
}

function isFree(candidate) {
  return new Promise((resolve) => {
    const server = createServer()
    server.once('error', () => resolve(false))
    server.listen(candidate, '127.0.0.1', () => server.close(() => resolve(true)))
  })
}

function freePort() {
  return new Promise((resolve) => {
    const server = createServer()
    server.listen(0, '127.0.0.1', () => {
      const { port: free } = server.address()
      server.close(() => resolve(free))
    })
  })
}

/**
 * A broker gives a message to the queues that are bound at that moment, and to nobody later: who opened a port before
 * the source has bound its queue would wait in vain. The source leaves its boot mark when it has.
 */
async function listening(url) {
  const { queueNames } = require(join(root, 'dist/src/notification/rabbitmq/topology.js'))
  const { queue } = flows.find(({ type }) => type === 'openstack-notification-in')
  const { bootMark } = queueNames({ queue, retryDelayMs: 0 })
  const broker = await require('amqplib').connect(url)
  broker.on('error', () => {})
  // An account that may not leave the mark works too.
  for (const until = Date.now() + 30_000; Date.now() < until; ) {
    const probe = await broker.createChannel()
    probe.on('error', () => {})
    const found = await probe.checkExchange(bootMark).then(
      () => true,
      () => false,
    )
    if (found) break
    await new Promise((resolve) => setTimeout(resolve, 250))
  }
  await broker.close()
}

async function answering(url) {
  for (;;) {
    if (nodeRed.exitCode !== null) {
      await cloud.close()
      process.exit(nodeRed.exitCode)
    }
    try {
      await fetch(url)
      return
    } catch {
      await new Promise((resolve) => setTimeout(resolve, 200))
    }
  }
}

/** What an audit line says, in a few words before the line itself. */
function summary(line) {
  try {
    const [{ content: record }] = JSON.parse(line.slice(line.indexOf('] {') + 2)).attachments
    const { protocol, port_range_min: from, port_range_max: to, remote_ip_prefix: source } = record.rule ?? {}
    const ports = from === null || from === undefined ? '' : ` ${from === to ? from : `${from}-${to}`}`
    const opened =
      record.rule === undefined ? '' : ` ${protocol ?? 'any protocol'}${ports} from ${source ?? 'anywhere'},`
    const scan = record.scan === null ? record.message : `${record.status}, ${record.scan}`
    return printable(`syslog: ${record.change}${opened} at ${record.address ?? 'no address'}: ${scan}`)
  } catch {
    return 'syslog:'
  }
}

/** A received line must not be able to write over the terminal. */
function printable(line) {
  return line.replace(/[^\x20-\x7e]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`)
}
