import type { LabClock } from './clock'
import type { DemoResources } from './demo/resources'
import type { RecordedExchange } from './http/exchange'
import type { Faults } from './http/faults'
import type { Identity } from './keystone/identity'
import type { IdentitySeed } from './keystone/model'
import type { NeutronWorld } from './neutron/world'
import type { Notifier } from './notifications/notifier'
import type { RabbitSinkOptions } from './notifications/rabbitmq'
import type { QualysBehaviour } from './qualys/service'
import type { Subscription, SubscriptionOptions } from './qualys/subscription'
import type { SmtpOptions, SmtpService } from './smtp/service'
import type { SyslogReceiver } from './syslog/receiver'
import type { Certificate } from './tls/certificate'
import type { VendorName, Vendors } from './vendors'

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
