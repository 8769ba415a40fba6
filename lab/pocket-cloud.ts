import { type LabClock, labClock } from './clock'
import { demoIdentity } from './demo/people'
import type { RecordedExchange } from './http/exchange'
import { Faults } from './http/faults'
import { type HttpListener, listenHttp } from './http/listener'
import { proxyPages } from './http/pages'
import { catalogService } from './keystone/catalog'
import { Identity } from './keystone/identity'
import type { IdentitySeed } from './keystone/model'
import { keystoneService } from './keystone/service'
import { SyslogReceiver } from './syslog/receiver'
import { type Certificate, makeCertificate } from './tls/certificate'

/** Where something listens; 0 or nothing given: a free port. All on 127.0.0.1. */
export interface PocketPorts {
  readonly keystone?: number
  readonly syslogUdp?: number
  readonly syslogTcp?: number
  readonly syslogTls?: number
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
}

export interface PocketCloud {
  readonly urls: {
    /** With `/v3`. */
    readonly keystone: string
  }
  readonly clock: LabClock
  readonly faults: Faults
  readonly identity: Identity
  readonly syslog: SyslogReceiver
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
  const received: RecordedExchange[] = []
  const faults = new Faults({ ...proxyPages })
  const identity = new Identity({
    clock,
    seed: options.identity ?? demoIdentity,
    tokenLifetimeSeconds: options.tokenLifetimeSeconds ?? 3600,
  })
  const closers: (() => Promise<void>)[] = []
  const close = async (): Promise<void> => {
    for (const end of closers.splice(0).reverse()) await end()
  }
  const shared = {
    clock,
    faults,
    certificate: options.https ? certificate : undefined,
    record(exchange: RecordedExchange) {
      received.push(exchange)
      if (received.length > keptExchanges) received.splice(0, received.length - keptExchanges)
    },
  }

  try {
    const keystone: HttpListener = await listenHttp({
      ...shared,
      service: 'keystone',
      port: ports.keystone ?? 0,
      handler: keystoneService({
        identity,
        clock,
        catalog: () => [catalogService('identity', 'keystone', `${keystone.origin}/v3`, regions)],
      }),
    })
    closers.push(() => keystone.close())
    const syslog = await SyslogReceiver.listen({
      clock,
      certificate,
      ports: { udp: ports.syslogUdp ?? 0, tcp: ports.syslogTcp ?? 0, tls: ports.syslogTls ?? 0 },
      ...options.syslog,
    })
    closers.push(() => syslog.close())

    return {
      urls: { keystone: `${keystone.origin}/v3` },
      clock,
      faults,
      identity,
      syslog,
      certificate,
      received,
      close,
    }
  } catch (error) {
    await close()
    throw error
  }
}
