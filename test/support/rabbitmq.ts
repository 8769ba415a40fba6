import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { type ChannelModel, connect } from 'amqplib'
import { freePort } from './free-port'

/** Paths of a server certificate for `startRabbit`. */
export interface BrokerCertificate {
  readonly caFile: string
  readonly certFile: string
  readonly keyFile: string
}

export interface BrokerOptions {
  /** Opens a TLS listener beside the plain one. */
  readonly tls?: BrokerCertificate
  /** More lines for rabbitmq.conf, e.g. `consumer_timeout = 1000`. */
  readonly configuration?: readonly string[]
}

export interface Rights {
  readonly vhost?: string
  readonly configure: string
  readonly write: string
  readonly read: string
}

const ADMINISTRATOR = { name: 'openstack', password: 'rabbit-secret' } as const
const STARTUP_MS = 90_000
/** The kernel ends what is started so if the tests are killed and cannot. */
const WITH_US = ['--pdeathsig', 'KILL', '--']

/**
 * A private RabbitMQ: own ports, own Erlang cookie, own epmd, own directory, all on loopback. It runs as whoever runs the
 * tests: Debian's wrapper scripts would change to the user `rabbitmq` and to the machine's own broker, so the scripts
 * behind them are called.
 */
export class PrivateRabbit {
  readonly host = '127.0.0.1'
  readonly port: number
  readonly tlsPort: number | undefined
  readonly directory: string
  readonly user: string = ADMINISTRATOR.name
  readonly password: string = ADMINISTRATOR.password
  readonly #environment: NodeJS.ProcessEnv
  readonly #epmdPort: number
  #epmd: ChildProcess | undefined
  #server: ChildProcess | undefined

  constructor(ports: readonly [number, number, number, number], options: BrokerOptions) {
    const [port, tlsPort, epmdPort, distributionPort] = ports
    this.port = port
    this.tlsPort = options.tls === undefined ? undefined : tlsPort
    this.#epmdPort = epmdPort
    this.directory = mkdtempSync(join(tmpdir(), 'osx-rabbitmq-'))
    const file = (name: string, content: string, mode = 0o600) => {
      const path = join(this.directory, name)
      writeFileSync(path, content, { mode })
      return path
    }
    for (const name of ['mnesia', 'log']) mkdirSync(join(this.directory, name))
    file('.erlang.cookie', randomBytes(20).toString('hex').toUpperCase(), 0o400)
    const tls = options.tls
    const configuration = [
      `listeners.tcp.default = 127.0.0.1:${port}`,
      `default_user = ${this.user}`,
      `default_pass = ${this.password}`,
      'loopback_users = none',
      'disk_free_limit.absolute = 50MB',
      'log.console = false',
      ...(tls === undefined
        ? []
        : [
            `listeners.ssl.default = 127.0.0.1:${tlsPort}`,
            `ssl_options.cacertfile = ${tls.caFile}`,
            `ssl_options.certfile = ${tls.certFile}`,
            `ssl_options.keyfile = ${tls.keyFile}`,
          ]),
      ...(options.configuration ?? []),
    ]
    this.#environment = {
      PATH: process.env['PATH'],
      LANG: 'C.UTF-8',
      HOME: this.directory,
      ERL_EPMD_PORT: String(epmdPort),
      ERL_EPMD_ADDRESS: '127.0.0.1',
      RABBITMQ_NODENAME: `osx${port}@localhost`,
      RABBITMQ_DIST_PORT: String(distributionPort),
      RABBITMQ_MNESIA_BASE: join(this.directory, 'mnesia'),
      RABBITMQ_LOG_BASE: join(this.directory, 'log'),
      RABBITMQ_PID_FILE: join(this.directory, 'pid'),
      RABBITMQ_GENERATED_CONFIG_DIR: join(this.directory, 'generated'),
      RABBITMQ_CONF_ENV_FILE: file('rabbitmq-env.conf', ''),
      RABBITMQ_CONFIG_FILE: file('rabbitmq.conf', `${configuration.join('\n')}\n`),
      RABBITMQ_ENABLED_PLUGINS_FILE: file('enabled_plugins', '[].\n'),
      // Makes the script become the Erlang process; otherwise it stays above it as a shell.
      RUNNING_UNDER_SYSTEMD: 'true',
      RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS: '-kernel inet_dist_use_interface {127,0,0,1} +sbwt none',
    }
  }

  get running(): boolean {
    return this.#server !== undefined
  }

  /** An `amqp://` URL; give a path-escaped virtual host, e.g. `%2F` (the default). */
  url(options: { user?: string; password?: string; vhost?: string } = {}): string {
    const { user = this.user, password = this.password, vhost = '%2F' } = options
    return `amqp://${user}:${password}@${this.host}:${this.port}/${vhost}`
  }

  /** The same as oslo.messaging spells it. */
  transportUrl(options: { user?: string; password?: string; vhost?: string } = {}): string {
    const { user = this.user, password = this.password, vhost = '' } = options
    return `rabbit://${user}:${password}@${this.host}:${this.port}/${vhost}`
  }

  async start(): Promise<void> {
    if (this.#epmd === undefined) {
      // In the foreground: otherwise Erlang starts a daemon that nobody owns.
      const epmd = ['epmd', '-port', String(this.#epmdPort), '-address', '127.0.0.1']
      this.#epmd = spawn('setpriv', [...WITH_US, ...epmd], {
        env: this.#environment,
        stdio: 'ignore',
      })
    }
    const server = spawn('setpriv', [...WITH_US, rabbitScript('rabbitmq-server')], {
      env: this.#environment,
      cwd: this.directory,
      stdio: 'ignore',
      // Erlang starts small helpers: a group of their own lets all be ended by its id.
      detached: true,
    })
    this.#server = server
    let exited: string | undefined
    server.once('error', (error) => {
      exited = error.message
    })
    server.once('exit', (code, signal) => {
      exited = `exit ${code ?? signal}`
    })
    const until = Date.now() + STARTUP_MS
    for (;;) {
      if (exited !== undefined) throw new Error(`RabbitMQ did not start (${exited}): ${this.log().slice(-2000)}`)
      if (Date.now() > until) throw new Error(`RabbitMQ did not answer in time: ${this.log().slice(-2000)}`)
      const connection = await connect(this.url()).catch(() => undefined)
      if (connection !== undefined) {
        await connection.close()
        return
      }
      await sleep(150)
    }
  }

  /** As a power cut would: nothing is written any more. Clients see a reset connection. */
  async kill(): Promise<void> {
    const server = this.#server
    if (server === undefined) return
    const gone = server.exitCode === null && server.signalCode === null ? once(server) : Promise.resolve()
    this.#signal('SIGKILL')
    await gone
    this.#server = undefined
    // The node's name stays taken until epmd has seen the connection close.
    await sleep(100)
  }

  async restart(): Promise<void> {
    await this.kill()
    await this.start()
  }

  /** Ends the broker for good and removes its directory. */
  async stop(): Promise<void> {
    await this.kill()
    this.#epmd?.kill('SIGKILL')
    this.#epmd = undefined
    rmSync(this.directory, { recursive: true, force: true, maxRetries: 5 })
  }

  /** For the end of the process, where nothing can be awaited. */
  stopNow(): void {
    this.#signal('SIGKILL')
    this.#epmd?.kill('SIGKILL')
    try {
      rmSync(this.directory, { recursive: true, force: true, maxRetries: 5 })
    } catch {
      // A process that is just ending may still write into it.
    }
  }

  /** `rabbitmqctl` against this broker. Takes two to three seconds: an Erlang runtime starts each time. */
  ctl(...commandLine: string[]): Promise<string> {
    return new Promise((resolve, reject) => {
      execFile(
        rabbitScript('rabbitmqctl'),
        ['--quiet', ...commandLine],
        { env: this.#environment, cwd: this.directory, timeout: 60_000 },
        (error, stdout, stderr) => (error === null ? resolve(stdout) : reject(new Error(`${stderr}${stdout}`.trim()))),
      )
    })
  }

  /** An Erlang expression inside the broker. */
  evaluate(expression: string): Promise<string> {
    return this.ctl('eval', expression)
  }

  /** RabbitMQ writes declarations to disk a moment after it confirms them: after this a kill does not undo them. */
  async declarationsOnDisk(): Promise<void> {
    await this.evaluate('catch mnesia:sync_log().')
  }

  async addVhost(name: string): Promise<void> {
    await this.ctl('add_vhost', name)
    await this.ctl('set_permissions', '-p', name, this.user, '.*', '.*', '.*')
  }

  async addUser(name: string, password: string, rights?: Rights): Promise<void> {
    await this.ctl('add_user', name, password)
    if (rights !== undefined) await this.setRights(name, rights)
  }

  async setRights(name: string, rights: Rights): Promise<void> {
    await this.ctl('set_permissions', '-p', rights.vhost ?? '/', name, rights.configure, rights.write, rights.read)
  }

  /** Closes every client connection from the broker's side (320 CONNECTION_FORCED). */
  async closeAllConnections(reason = 'closed by the test'): Promise<void> {
    await this.ctl('close_all_connections', reason)
  }

  /** A connection as administrator; the caller closes it. Its errors are swallowed, as tests kill brokers. */
  async connect(vhost?: string): Promise<ChannelModel> {
    const connection = await connect(this.url(vhost === undefined ? {} : { vhost: encodeURIComponent(vhost) }))
    connection.on('error', () => {})
    return connection
  }

  /** The broker's own log. */
  log(): string {
    const directory = join(this.directory, 'log')
    if (!existsSync(directory)) return ''
    return readdirSync(directory)
      .filter((name) => name.endsWith('.log'))
      .map((name) => readFileSync(join(directory, name), 'utf8'))
      .join('\n')
  }

  #signal(signal: NodeJS.Signals): void {
    const pid = this.#server?.pid
    if (pid === undefined) return
    try {
      process.kill(-pid, signal)
    } catch {
      // It has ended by itself.
    }
  }
}

/** A broker of the caller's own, for tests that need another configuration; the caller stops it. */
export async function startRabbit(options: BrokerOptions = {}): Promise<PrivateRabbit> {
  const broker = new PrivateRabbit(await freePorts(), options)
  const stopNow = () => broker.stopNow()
  process.once('exit', stopNow)
  const stop = broker.stop.bind(broker)
  broker.stop = async () => {
    process.removeListener('exit', stopNow)
    await stop()
  }
  try {
    await broker.start()
  } catch (error) {
    await broker.stop()
    throw error
  }
  return broker
}

let shared: Promise<PrivateRabbit> | undefined

/**
 * The broker that all test files of one run share, started by the first that asks (give that hook a minute) and stopped
 * after the last test. Use names of your own for queues, exchanges and users ({@link uniqueName}), and leave it running.
 */
export function sharedRabbit(): Promise<PrivateRabbit> {
  shared ??= startRabbit()
  return shared
}

if (typeof after === 'function') {
  // A root hook: mocha runs it once, after all files.
  after(async () => {
    const broker = await shared?.catch(() => undefined)
    shared = undefined
    await broker?.stop()
  })
}

export function uniqueName(stem: string): string {
  return `${stem}-${randomBytes(4).toString('hex')}`
}

/** Waits until the question answers something other than undefined or false. */
export async function until<T>(
  what: string,
  question: () => T | undefined | false | Promise<T | undefined | false>,
  timeoutMs = 45_000,
): Promise<T> {
  const end = Date.now() + timeoutMs
  for (;;) {
    const answer = await question()
    if (answer !== undefined && answer !== false) return answer
    if (Date.now() > end) throw new Error(`Waited ${timeoutMs} ms in vain until ${what}.`)
    await sleep(20)
  }
}

/** `RABBITMQ_SBIN` names the directory of another RabbitMQ than the installed one, to try the tests with it. */
function rabbitScript(name: string): string {
  const given = process.env['RABBITMQ_SBIN']
  if (given !== undefined) return join(given, name)
  const home = '/usr/lib/rabbitmq/lib'
  const versions = existsSync(home) ? readdirSync(home).filter((entry) => entry.startsWith('rabbitmq_server-')) : []
  const newest = versions.sort().at(-1)
  if (newest === undefined) throw new Error('RabbitMQ is not installed: apt-get install rabbitmq-server')
  return join(home, newest, 'sbin', name)
}

async function freePorts(): Promise<[number, number, number, number]> {
  return [await freePort(), await freePort(), await freePort(), await freePort()]
}

function once(child: ChildProcess): Promise<void> {
  return new Promise((resolve) => child.once('exit', () => resolve()))
}
