// npm start: the pocket cloud and Node-RED on loopback, with an example filled in and running.
import { spawn } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { createServer } from 'node:net'
import { dirname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'

const USAGE = `Usage: npm start -- [options]

Starts the pocket cloud and Node-RED on 127.0.0.1 with the main example running.

  --rabbitmq URL   notifications go through this broker, e.g. amqp://guest:guest@127.0.0.1:5672/
                   (without it: through a log file, as oslo's log driver writes it)
  --port N         port of the editor (default 1880, or a free one if it is taken)
  --directory DIR  where it keeps its files; emptied first (default .cache/start/<port>)
`

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const require = createRequire(import.meta.url)
const EXAMPLE = join(root, 'examples/security-group-scan/01 - From a security-group change to a Qualys scan.json')

const options = parseOptions()
if (options.help) {
  process.stdout.write(USAGE)
  process.exit(0)
}

const { startPocketCloud } = require(join(root, 'dist/lab/pocket-cloud.js'))
const { fillInExample } = require(join(root, 'dist/lab/examples/fill-in.js'))
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
  notifications: options.rabbitmq ? { rabbitmq: { url: options.rabbitmq } } : { logFile },
}).catch((error) => give(options.rabbitmq ? `The broker cannot be used: ${error.message}` : error.message))
const { flows, credentials } = fillInExample(JSON.parse(readFileSync(EXAMPLE, 'utf8')), {
  cloud,
  logFile: options.rabbitmq ? undefined : logFile,
  rabbitmq: options.rabbitmq,
  windowSeconds: 15,
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
if (options.rabbitmq) await listening(options.rabbitmq)

cloud.syslog.on('line', ({ line }) => console.log(`\n${summary(line)}\n  ${printable(line)}`))
console.log(`
  Editor            http://127.0.0.1:${port}/${options.port === undefined && port !== 1880 ? '   (port 1880 is taken)' : ''}
  Notifications     ${options.rabbitmq ? 'through the broker' : logFile}
  Syslog receiver   TCP ${cloud.syslog.ports.tcp} on 127.0.0.1; what arrives is printed here

  Open a port of the pocket cloud to the Internet:

    curl -X POST ${cloud.urls.control}/demo/open-port

  Within a minute the audit lines follow: rule, address, scan reference. Again for another port; …/demo/close-port
  closes the last one. (The batch collects for 15 seconds here, not for a minute.) End with Ctrl-C.
`)

for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => nodeRed.kill('SIGTERM'))
const status = await ended
await cloud.close()
process.exit(status ?? 0)

function parseOptions() {
  try {
    return parseArgs({
      options: {
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
