#!/usr/bin/env node
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { demoApplicationCredential, demoUsers } from './demo/people'
import { type PocketCloud, type PocketPorts, startPocketCloud } from './pocket-cloud'
import { VENDOR_NAMES } from './vendors'

const usage = `Usage: openstack-pocket-cloud [options]

Keystone, Neutron, Nova, Cinder, Octavia, Qualys, a syslog server and the services of other vendors on 127.0.0.1, with a demo world to change.

  --rabbitmq URL       publish notifications to a RabbitMQ, e.g. amqp://guest:guest@127.0.0.1:5672/
  --log-file FILE      write Neutron's notifications to this file as oslo's log driver does, and Keystone's to
                       keystone.log beside it (without either option: temporary files)
  --base-port N        first of the ports in a row, in the order below (default 17350); 0: free ports
  --keystone-port N, --neutron-port N, --nova-port N, --cinder-port N, --octavia-port N, --qualys-port N, --control-port N,
  --syslog-udp-port N, --syslog-tcp-port N, --syslog-tls-port N, and --<name>-port N for the services of other vendors
                       (${VENDOR_NAMES.join(', ')})
  --smtp-port N, --smtps-port N
                       mail, if the package smtp-server is installed: with STARTTLS, and with TLS from the start
  --https              the HTTP services speak https
  --no-tls             no certificate is made: no https, no syslog over TLS (no openssl needed)
  --help
`

const portOptions: Readonly<Record<string, Exclude<keyof PocketPorts, 'vendors'>>> = {
  'keystone-port': 'keystone',
  'neutron-port': 'neutron',
  'qualys-port': 'qualys',
  'control-port': 'control',
  'syslog-udp-port': 'syslogUdp',
  'syslog-tcp-port': 'syslogTcp',
  'syslog-tls-port': 'syslogTls',
  'nova-port': 'nova',
  'cinder-port': 'cinder',
  'octavia-port': 'octavia',
}

const mailOptions = ['smtp-port', 'smtps-port'] as const
const portNames = [...Object.keys(portOptions), ...VENDOR_NAMES.map((name) => `${name}-port`), ...mailOptions]

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      rabbitmq: { type: 'string' },
      'log-file': { type: 'string' },
      'base-port': { type: 'string', default: '17350' },
      https: { type: 'boolean', default: false },
      'no-tls': { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
      ...Object.fromEntries(portNames.map((name) => [name, { type: 'string' as const }])),
    },
  })
  if (values.help) return void process.stdout.write(usage)

  const ports = portsOf(values as Record<string, unknown>)
  const folder = await mkdtemp(join(tmpdir(), 'openstack-pocket-cloud-'))
  try {
    await serve(folder, ports, values)
  } catch (error) {
    await rm(folder, { recursive: true, force: true })
    throw error
  }
}

interface Options {
  readonly rabbitmq?: string | undefined
  readonly 'log-file'?: string | undefined
  readonly https: boolean
  readonly 'no-tls': boolean
}

/** Everything runs until a signal ends it; `folder` holds what is not kept. */
async function serve(folder: string, ports: PocketPorts, values: Options): Promise<void> {
  const { rabbitmq } = values
  const logFile = values['log-file'] ?? (rabbitmq === undefined ? join(folder, 'neutron.log') : undefined)
  if (logFile !== undefined) await mkdir(dirname(resolve(logFile)), { recursive: true })
  const cloud = await startPocketCloud({
    ports,
    https: values.https,
    ...(values['no-tls'] && { certificate: false }),
    notifications: {
      ...(logFile !== undefined && {
        logFile: resolve(logFile),
        keystoneLogFile: join(dirname(resolve(logFile)), 'keystone.log'),
      }),
      ...(rabbitmq !== undefined && { rabbitmq: { url: rabbitmq } }),
    },
  })
  let caFile: string | undefined
  if (cloud.certificate !== undefined) {
    caFile = join(folder, 'ca.pem')
    await writeFile(caFile, cloud.certificate.ca)
  }
  process.stdout.write(greeting(cloud, { logFile: logFile && resolve(logFile), rabbitmq, caFile }))
  cloud.syslog.on('line', ({ transport, line }) => process.stdout.write(`syslog ${transport}: ${printable(line)}\n`))
  cloud.qualys.subscription.onLaunch = (scan) => process.stdout.write(`qualys: launched ${scan.reference}\n`)

  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.once(signal, () => {
      process.stdout.write('Ending.\n')
      cloud
        .close()
        .then(() => rm(folder, { recursive: true, force: true }))
        .then(() => process.exit(0), fail)
    })
  }
}

function portsOf(values: Readonly<Record<string, unknown>>): PocketPorts {
  const base = numberOf('base-port', values['base-port'])
  const given = portNames.map((option, index) => {
    const value = values[option]
    return value === undefined ? (base === 0 ? 0 : base + index) : numberOf(option, value)
  })
  const named = Object.values(portOptions)
  const [smtp = 0, smtps = 0] = given.slice(-mailOptions.length)
  return {
    ...{ smtp, smtps },
    ...Object.fromEntries(named.map((name, index) => [name, given[index] ?? 0])),
    vendors: Object.fromEntries(VENDOR_NAMES.map((name, index) => [name, given[named.length + index] ?? 0])),
  }
}

function numberOf(option: string, value: unknown): number {
  const port = Number(value)
  if (Number.isInteger(port) && port >= 0 && port <= 65_535) return port
  throw new RangeError(`--${option} must be a port number, not "${String(value)}".`)
}

function greeting(
  cloud: PocketCloud,
  at: { logFile: string | undefined; rabbitmq: string | undefined; caFile: string | undefined },
): string {
  const { urls, syslog, qualys } = cloud
  const { admin, alice, bob } = demoUsers
  const credential = demoApplicationCredential
  const lines = [
    'The pocket cloud is running. Everything listens on 127.0.0.1 only.',
    '',
    `  Keystone    ${urls.keystone}`,
    `  Neutron     ${urls.neutron}`,
    `  Nova        ${urls.nova}    Cinder ${urls.cinder}    Octavia ${urls.octavia}`,
    `  Qualys      ${urls.qualys}    user ${qualys.subscription.username}, password ${qualys.subscription.password}`,
    `  Syslog      UDP ${syslog.ports.udp}, TCP ${syslog.ports.tcp}${syslog.transports.includes('tls') ? `, TLS ${syslog.ports.tls}` : ''}`,
    `  Mail        ${mailPorts(cloud)}`,
    `  Controls    ${urls.control}/_lab/`,
    ...(at.logFile === undefined
      ? []
      : [
          `  Notifications are written to ${at.logFile}`,
          `  and Keystone's to ${join(dirname(at.logFile), 'keystone.log')}`,
        ]),
    ...(at.rabbitmq === undefined
      ? []
      : [`  Notifications go to exchanges neutron and keystone at ${withoutPassword(at.rabbitmq)}`]),
    ...(at.caFile === undefined ? [] : [`  Certificates are signed by ${at.caFile}`]),
    '',
    `  Application credential ${credential.id}, secret ${credential.secret}`,
    ...[admin, alice, bob].map((user) => `  User ${user.name}, password ${user.password}, domain Default`),
    '',
    '  Open a port to the Internet:',
    `    curl -X POST ${urls.control}/demo/open-port`,
    '',
    '  End with Ctrl-C.',
    '',
  ]
  return `${lines.join('\n')}\n`
}

function mailPorts({ smtp }: PocketCloud): string {
  if (smtp === undefined) return 'none: it needs the package smtp-server (npm install smtp-server@3)'
  return `SMTP ${smtp.port}${smtp.tlsPort === undefined ? '' : `, with TLS ${smtp.tlsPort}`}    user soc, password soc-pocket`
}

function withoutPassword(url: string): string {
  return url.replace(/\/\/[^@/]*@/, '//')
}

/** A received line must not be able to write over the terminal. */
function printable(line: string): string {
  return line.replace(/[^\x20-\x7e]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`)
}

function fail(error: unknown): void {
  const said = printable(error instanceof Error ? error.message : String(error))
  const taken = error instanceof Error && (error as NodeJS.ErrnoException).code === 'EADDRINUSE'
  const remedy = taken ? '. Choose other ports with --base-port, or 0 for free ones.' : ''
  process.stderr.write(`openstack-pocket-cloud: ${said}${remedy}\n`)
  process.exit(1)
}

main().catch(fail)
