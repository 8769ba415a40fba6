import { type ChildProcess, spawn } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Certificates } from './certificates'
import { freePort } from './free-port'
import { waitFor } from './wait-for'
import { wholeLines } from './whole-lines'

/** One message as rsyslog parsed it. */
export interface ParsedMessage {
  /** `tcp`, `tls`, `mutual` or `udp` */
  readonly input: string
  readonly pri: string
  /** `1` for RFC 5424, `0` for RFC 3164 */
  readonly version: string
  readonly timestamp: string
  readonly hostname: string
  readonly appName: string
  readonly procId: string
  readonly msgId: string
  readonly structuredData: string
  readonly msg: string
}

export interface RsyslogOptions {
  /** Opens two TLS listeners: one for everybody, one only for clients with a certificate of this authority. */
  readonly certificates?: Certificates
  readonly maxMessageSize?: string
}

/** A private rsyslogd: own configuration, ports, work directory and process, all on loopback. */
export class PrivateRsyslog {
  readonly tcpPort: number
  readonly udpPort: number
  readonly tlsPort: number
  readonly mutualPort: number
  readonly directory: string
  readonly #file: string
  readonly #configuration: string
  readonly #tls: boolean
  #child: ChildProcess | undefined
  #log = ''

  private constructor(ports: readonly number[], options: RsyslogOptions) {
    const [tcpPort = 0, udpPort = 0, tlsPort = 0, mutualPort = 0] = ports
    this.tcpPort = tcpPort
    this.udpPort = udpPort
    this.tlsPort = tlsPort
    this.mutualPort = mutualPort
    this.#tls = options.certificates !== undefined
    this.directory = mkdtempSync(join(tmpdir(), 'rsyslog-'))
    mkdirSync(join(this.directory, 'work'))
    this.#file = join(this.directory, 'messages.jsonl')
    this.#configuration = join(this.directory, 'rsyslog.conf')
    writeFileSync(this.#configuration, this.#configure(options))
  }

  static async create(options: RsyslogOptions = {}): Promise<PrivateRsyslog> {
    const ports: number[] = []
    while (ports.length < 4) {
      const port = await freePort()
      if (!ports.includes(port)) ports.push(port)
    }
    return new PrivateRsyslog(ports, options)
  }

  async start(): Promise<void> {
    const args = ['-n', '-f', this.#configuration, '-i', join(this.directory, 'pid')]
    const child = spawn('rsyslogd', args, { stdio: ['ignore', 'pipe', 'pipe'] })
    this.#child = child
    const collect = (chunk: Buffer) => {
      this.#log += chunk.toString()
    }
    child.stdout.on('data', collect)
    child.stderr.on('data', collect)
    child.on('error', (error) => {
      this.#log += String(error)
    })
    const ports = this.#tls ? [this.tcpPort, this.tlsPort, this.mutualPort] : [this.tcpPort]
    for (const port of ports) {
      await waitFor(
        () => `rsyslogd on port ${port}; it says: ${this.#log}`,
        () => {
          if (child.exitCode !== null) throw new Error(`rsyslogd ended: ${this.#log}`)
          return accepts(port)
        },
      )
    }
  }

  /** What has arrived, in order. */
  get messages(): ParsedMessage[] {
    return wholeLines(this.#file).map((line) => JSON.parse(line) as ParsedMessage)
  }

  async waitForMessages(count: number, timeoutMs?: number): Promise<ParsedMessage[]> {
    return waitFor(
      () =>
        `${count} messages in rsyslog; there are ${this.messages.length}: ${JSON.stringify(this.messages).slice(0, 2000)}`,
      () => (this.messages.length >= count ? this.messages : undefined),
      timeoutMs === undefined ? {} : { timeoutMs },
    )
  }

  /** Stops reading, as a server does whose disk or next hop hangs. */
  freeze(): void {
    this.#child?.kill('SIGSTOP')
  }

  thaw(): void {
    this.#child?.kill('SIGCONT')
  }

  async stop(): Promise<void> {
    const child = this.#child
    this.#child = undefined
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return
    const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()))
    child.kill('SIGCONT')
    child.kill('SIGTERM')
    const late = setTimeout(() => child.kill('SIGKILL'), 10_000)
    await ended
    clearTimeout(late)
  }

  async remove(): Promise<void> {
    await this.stop()
    rmSync(this.directory, { recursive: true, force: true })
  }

  #configure({ certificates, maxMessageSize = '64k' }: RsyslogOptions): string {
    const tls =
      certificates === undefined
        ? []
        : [
            'defaultNetstreamDriver="gtls"',
            `defaultNetstreamDriverCAFile="${join(certificates.directory, 'ca.pem')}"`,
            `defaultNetstreamDriverCertFile="${join(certificates.directory, 'server.pem')}"`,
            `defaultNetstreamDriverKeyFile="${join(certificates.directory, 'server.key')}"`,
          ]
    const properties = [
      ...[
        ['input', 'inputname'],
        ['pri', 'pri'],
        ['version', 'protocol-version'],
        ['timestamp', 'timereported'],
      ],
      ...[
        ['hostname', 'hostname'],
        ['appName', 'app-name'],
        ['procId', 'procid'],
        ['msgId', 'msgid'],
      ],
      ...[
        ['structuredData', 'structured-data'],
        ['msg', 'msg'],
      ],
    ].map(([name, property]) => {
      const date = property === 'timereported' ? ' dateFormat="rfc3339"' : ''
      return `property(outname="${name}" name="${property}"${date} format="jsonf")`
    })
    const stream = (name: string, port: number, parameters: string) =>
      `input(type="imtcp" name="${name}" address="127.0.0.1" port="${port}" ruleset="keep" ${parameters})`
    const gtls = (mode: string) => `streamDriver.name="gtls" streamDriver.mode="1" streamDriver.authMode="${mode}"`
    return [
      `global(workDirectory="${join(this.directory, 'work')}" maxMessageSize="${maxMessageSize}" ${tls.join(' ')})`,
      'module(load="imtcp")',
      'module(load="imudp")',
      `template(name="parsed" type="list" option.jsonf="on") { ${properties.join(' ')} }`,
      `ruleset(name="keep") { action(type="omfile" file="${this.#file}" template="parsed" fileCreateMode="0600") }`,
      stream('tcp', this.tcpPort, 'streamDriver.name="ptcp" streamDriver.mode="0"'),
      ...(certificates === undefined
        ? []
        : [stream('tls', this.tlsPort, gtls('anon')), stream('mutual', this.mutualPort, gtls('x509/certvalid'))]),
      `input(type="imudp" name="udp" address="127.0.0.1" port="${this.udpPort}" ruleset="keep")`,
      '',
    ].join('\n')
  }
}

function accepts(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host: '127.0.0.1', port })
    socket.once('connect', () => {
      socket.destroy()
      resolve(true)
    })
    socket.once('error', () => resolve(false))
  })
}
