import { cinderService } from './cinder/service'
import { type LabClock, labClock } from './clock'
import { controlService } from './control/service'
import { demoPublicRange, fillDemoCloud } from './demo/cloud'
import { demoIdentity } from './demo/people'
import { demoResources } from './demo/resources'
import { demoService } from './demo/service'
import type { LabHandler, LabService, RecordedExchange } from './http/exchange'
import { Faults } from './http/faults'
import { type HttpListener, listenHttp } from './http/listener'
import { proxyPages } from './http/pages'
import { catalogService } from './keystone/catalog'
import { Identity } from './keystone/identity'
import type { Project } from './keystone/model'
import { keystoneService } from './keystone/service'
import { neutronService } from './neutron/service'
import { NeutronWorld } from './neutron/world'
import { logFileSink } from './notifications/log-file'
import type { NotificationSink } from './notifications/message'
import { Notifier } from './notifications/notifier'
import { rabbitSink } from './notifications/rabbitmq'
import { novaService } from './nova/service'
import { octaviaService } from './octavia/service'
import type { PocketCloud, PocketCloudOptions } from './pocket-cloud-model'
import { qualysPages } from './qualys/pages'
import { type QualysBehaviour, qualysService } from './qualys/service'
import { Subscription } from './qualys/subscription'
import { listenSmtp, NoMailServer, type SmtpOptions, type SmtpService } from './smtp/service'
import { SyslogReceiver } from './syslog/receiver'
import { makeCertificate } from './tls/certificate'
import { VENDOR_NAMES, VENDORS, type VendorName, type Vendors } from './vendors'

export type { PocketCloud, PocketCloudOptions, PocketPorts } from './pocket-cloud-model'

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
