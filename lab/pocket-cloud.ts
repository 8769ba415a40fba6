import { cinderService } from './cinder/service'
import { type LabClock, labClock } from './clock'
import { controlService } from './control/service'
import { demoPublicRange, fillDemoCloud } from './demo/cloud'
import { demoIdentity } from './demo/people'
import { type DemoResources, demoResources } from './demo/resources'
import { demoService } from './demo/service'
import type { LabHandler, LabService, RecordedExchange } from './http/exchange'
import { Faults } from './http/faults'
import { type HttpListener, listenHttp } from './http/listener'
import { proxyPages } from './http/pages'
import { catalogService } from './keystone/catalog'
import { Identity } from './keystone/identity'
import type { IdentitySeed, Project } from './keystone/model'
import { keystoneService } from './keystone/service'
import { neutronService } from './neutron/service'
import { NeutronWorld } from './neutron/world'
import { logFileSink } from './notifications/log-file'
import type { NotificationSink } from './notifications/message'
import { Notifier } from './notifications/notifier'
import { type RabbitSinkOptions, rabbitSink } from './notifications/rabbitmq'
import { novaService } from './nova/service'
import { octaviaService } from './octavia/service'
import { qualysPages } from './qualys/pages'
import { type QualysBehaviour, qualysService } from './qualys/service'
import { Subscription, type SubscriptionOptions } from './qualys/subscription'
import { listenSmtp, NoMailServer, type SmtpOptions, type SmtpService } from './smtp/service'
import { SyslogReceiver } from './syslog/receiver'
import { type Certificate, makeCertificate } from './tls/certificate'
import { VENDOR_NAMES, VENDORS, type VendorName, type Vendors } from './vendors'

/** Where something listens; 0 or nothing given: a free port. All on 127.0.0.1. */
export interface PocketPorts {
  readonly keystone?: number
  readonly neutron?: number
  readonly nova?: number
  readonly cinder?: number
  readonly octavia?: number
  readonly qualys?: number
  readonly control?: number
  readonly syslogUdp?: number
  readonly syslogTcp?: number
  readonly syslogTls?: number
  /** With STARTTLS. */
  readonly smtp?: number
  /** TLS from the start. */
  readonly smtps?: number
  readonly vendors?: Readonly<Partial<Record<VendorName, number>>>
}

export interface PocketCloudOptions {
  readonly ports?: PocketPorts
  readonly clock?: LabClock
  readonly identity?: IdentitySeed
  /** Default 3600, as Keystone's. */
  readonly tokenLifetimeSeconds?: number
  /** Default `RegionOne`. */
  readonly regions?: readonly string[]
  /** Made with openssl if not given; `false`: no TLS anywhere. */
  readonly certificate?: Certificate | false
  /** Speak https instead of http. */
  readonly https?: boolean
  readonly syslog?: { readonly demandClientCertificate?: boolean }
  /** Default: user `soc`, password `soc-pocket`; mail is taken without a log-in, too. */
  readonly smtp?: Partial<Omit<SmtpOptions, 'clock' | 'certificate' | 'ports'>>
  readonly neutron?: {
    /** Default: the demo world. */
    readonly fill?: (world: NeutronWorld) => void
    readonly paginationMaxLimit?: number
    readonly withoutExtensions?: readonly string[]
  }
  readonly keystone?: {
    /** As Keystone's option of that name; default: no successful logins, as Keystone's. */
    readonly notificationOptOut?: readonly string[]
  }
  readonly qualys?: Partial<QualysBehaviour> & Partial<Omit<SubscriptionOptions, 'clock'>>
  /** Where the notifications of Neutron and Keystone go; with none of these they are only kept in `notifier.published`. */
  readonly notifications?: {
    /** As oslo's `log` driver writes them, among the service's ordinary lines. */
    readonly logFile?: string
    /** The same for Keystone, which has a log file of its own. */
    readonly keystoneLogFile?: string
    readonly rabbitmq?: RabbitSinkOptions
  }
}

export interface PocketCloud {
  readonly urls: {
    /** With `/v3`. */
    readonly keystone: string
    /** Without a version, as in the catalog. */
    readonly neutron: string
    readonly nova: string
    readonly cinder: string
    readonly octavia: string
    readonly qualys: string
    /** Switches under `/_lab/`, and `/demo/open-port`. */
    readonly control: string
  }
  readonly clock: LabClock
  readonly faults: Faults
  readonly identity: Identity
  /** Neutron's database: changes made here are not published. */
  readonly world: NeutronWorld
  /** Neutron's notifications. */
  readonly notifier: Notifier
  /** Keystone's, in the CADF format. */
  readonly keystoneNotifier: Notifier
  /** What Nova, Cinder and Octavia hold; changes made here are not published. */
  readonly resources: DemoResources
  readonly qualys: {
    /** Scans, profiles, approved addresses, limits. */
    readonly subscription: Subscription
    readonly behaviour: QualysBehaviour
  }
  readonly syslog: SyslogReceiver
  /** Undefined where the package smtp-server is not installed. */
  readonly smtp: SmtpService | undefined
  /** The Illumio PCE, Slack and the rest: their addresses, what they received, and what can be set. */
  readonly vendors: Vendors
  readonly certificate: Certificate | undefined
  /** Every HTTP exchange, oldest first (the last 20,000). */
  readonly received: readonly RecordedExchange[]
  close(): Promise<void>
}

const keptExchanges = 20_000

/** Starts the pocket cloud: every service on 127.0.0.1, with the demo world in it. */
export async function startPocketCloud(options: PocketCloudOptions = {}): Promise<PocketCloud> {
  const { ports = {}, clock = labClock(), regions = ['RegionOne'] } = options
  const certificate = options.certificate === false ? undefined : (options.certificate ?? (await makeCertificate()))
  if (options.https && certificate === undefined)
    throw new RangeError('The pocket cloud over https needs a certificate.')
  const received: RecordedExchange[] = []
  const faults = new Faults({ ...proxyPages, ...qualysPages })
  const identity = new Identity({
    clock,
    seed: options.identity ?? demoIdentity,
    tokenLifetimeSeconds: options.tokenLifetimeSeconds ?? 3600,
  })
  const world = new NeutronWorld(clock)
  const { fill = fillDemoCloud, ...neutronOptions } = options.neutron ?? {}
  fill(world)
  const { listV2Gone = false, repeatedParameters = 'refuse', callMs = 0, ...subscribed } = options.qualys ?? {}
  const behaviour: QualysBehaviour = { listV2Gone, repeatedParameters, callMs }
  const subscription = new Subscription({
    clock,
    approved: [demoPublicRange, '10.20.0.0/24', '10.30.0.0/24'],
    ...subscribed,
  })

  const closers: (() => Promise<void>)[] = []
  const close = async (): Promise<void> => {
    for (const end of closers.splice(0).reverse()) await end()
  }
  const listen = async (service: LabService, port: number | undefined, handler: LabHandler): Promise<HttpListener> => {
    const listener = await listenHttp({
      service,
      port: port ?? 0,
      handler,
      clock,
      faults,
      // The controls stay on http: their curl line must work without a certificate.
      certificate: options.https && service !== 'control' ? certificate : undefined,
      record(exchange) {
        received.push(exchange)
        if (received.length > keptExchanges) received.splice(0, received.length - keptExchanges)
      },
    })
    closers.push(() => listener.close())
    return listener
  }

  try {
    const notifier = new Notifier({ clock, publisherId: 'network.pocket', sinks: await sinksOf(options) })
    closers.push(() => notifier.close())
    const keystoneNotifier = new Notifier({
      clock,
      publisherId: 'identity.pocket',
      sinks: await keystoneSinksOf(options),
      contextOnBus: false,
    })
    closers.push(() => keystoneNotifier.close())
    const keystoneOrigin = () => keystone.origin
    const resources = demoResources(world)
    const nova = await listen(
      'nova',
      ports.nova,
      novaService({ servers: resources.servers, world, identity, clock, keystoneOrigin }),
    )
    const cinder = await listen(
      'cinder',
      ports.cinder,
      cinderService({ volumes: resources.volumes, identity, clock, keystoneOrigin }),
    )
    const octavia = await listen(
      'octavia',
      ports.octavia,
      octaviaService({ loadBalancers: resources.loadBalancers, identity, clock, keystoneOrigin }),
    )
    const catalog = (project: Project | undefined) => [
      catalogService('identity', 'keystone', `${keystone.origin}/v3`, regions),
      catalogService('network', 'neutron', neutron.origin, regions),
      catalogService('compute', 'nova', `${nova.origin}/v2.1`, regions),
      // Most clouds list Cinder under this type, with the project in the address: without a project Keystone leaves it out.
      ...(project ? [catalogService('volumev3', 'cinderv3', `${cinder.origin}/v3/${project.id}`, regions)] : []),
      catalogService('load-balancer', 'octavia', octavia.origin, regions),
    ]
    const keystone: HttpListener = await listen(
      'keystone',
      ports.keystone,
      keystoneService({
        ...{ identity, clock, catalog, notifier: keystoneNotifier },
        ...(options.keystone?.notificationOptOut && { optOut: options.keystone.notificationOptOut }),
      }),
    )
    const neutron: HttpListener = await listen(
      'neutron',
      ports.neutron,
      neutronService({ world, identity, clock, notifier, keystoneOrigin, ...neutronOptions }),
    )
    const qualys = await listen('qualys', ports.qualys, qualysService({ subscription, clock, behaviour }))
    const vendors = await startVendors(clock, (name, handler) => listen(name, ports.vendors?.[name], handler))
    const syslog = await SyslogReceiver.listen({
      clock,
      certificate,
      ports: { udp: ports.syslogUdp ?? 0, tcp: ports.syslogTcp ?? 0, tls: ports.syslogTls ?? 0 },
      ...options.syslog,
    })
    closers.push(() => syslog.close())
    const smtp = await mailServer({
      ...{ clock, certificate, users: { soc: 'soc-pocket' } },
      ports: { starttls: ports.smtp ?? 0, tls: ports.smtps ?? 0 },
      ...options.smtp,
    })
    if (smtp !== undefined) closers.push(() => smtp.close())
    const demo = demoService({
      world,
      keystone: () => `${keystone.origin}/v3`,
      neutron: () => neutron.origin,
      ca: options.https ? certificate?.ca : undefined,
    })
    const published = () =>
      [...notifier.published, ...keystoneNotifier.published].sort((one, other) => one.at.getTime() - other.at.getTime())
    const describe = () => ({
      urls: { ...urls, ...Object.fromEntries(VENDOR_NAMES.map((name) => [name, vendors[name].url])) },
      syslog: syslog.ports,
      smtp: smtp === undefined ? null : { port: smtp.port, tlsPort: smtp.tlsPort ?? null },
      published: published().length,
      scans: subscription.scans.length,
    })
    const control = await listen(
      'control',
      ports.control,
      controlService({ clock, faults, received, published, syslog, smtp, subscription, vendors, describe, demo }),
    )
    const urls = {
      keystone: `${keystone.origin}/v3`,
      neutron: neutron.origin,
      nova: nova.origin,
      cinder: cinder.origin,
      octavia: octavia.origin,
      qualys: qualys.origin,
      control: control.origin,
    }
    return {
      urls,
      clock,
      faults,
      identity,
      world,
      notifier,
      keystoneNotifier,
      resources,
      qualys: { subscription, behaviour },
      syslog,
      smtp,
      vendors,
      certificate,
      received,
      close,
    }
  } catch (error) {
    await close()
    throw error
  }
}

async function mailServer(options: SmtpOptions): Promise<SmtpService | undefined> {
  try {
    return await listenSmtp(options)
  } catch (error) {
    // Whoever installed the palette has no need of it; the rest of the cloud works without.
    if (error instanceof NoMailServer) return undefined
    throw error
  }
}

async function startVendors(
  clock: LabClock,
  listen: (name: VendorName, handler: LabHandler) => Promise<HttpListener>,
): Promise<Vendors> {
  const started = await Promise.all(
    VENDOR_NAMES.map(async (name) => {
      const vendor = VENDORS[name]({ clock })
      const { origin } = await listen(name, vendor.handler)
      return [name, Object.assign(vendor, { url: origin })] as const
    }),
  )
  return Object.fromEntries(started) as unknown as Vendors
}

async function sinksOf({ notifications = {} }: PocketCloudOptions): Promise<NotificationSink[]> {
  const sinks: NotificationSink[] = []
  if (notifications.logFile !== undefined) sinks.push(logFileSink(notifications.logFile))
  if (notifications.rabbitmq !== undefined) sinks.push(await rabbitSink(notifications.rabbitmq))
  return sinks
}

/** Like every service, Keystone declares its exchange with the first message that it publishes. */
async function keystoneSinksOf({ notifications = {} }: PocketCloudOptions): Promise<NotificationSink[]> {
  const { keystoneLogFile, rabbitmq } = notifications
  const sinks: NotificationSink[] = []
  if (keystoneLogFile !== undefined) sinks.push(logFileSink(keystoneLogFile))
  if (rabbitmq !== undefined) sinks.push(await rabbitSink({ ...rabbitmq, exchange: 'keystone', lazy: true }))
  return sinks
}
