import { type Ini, ini } from './ini'
import { answers, ServiceProcess } from './service-process'
import { authtoken, notifications, type Setting, uwsgi } from './setting'

/** The queue between API and worker, by a name that Octavia has fixed. */
const QUEUE = 'octavia_provisioning_v2'

/** Neither Debian nor pycadf has a map for Octavia: this one names the resources of its API, version 2. */
const AUDIT_MAP: Ini = {
  DEFAULT: { target_endpoint_type: 'load-balancer' },
  custom_actions: { failover: 'update/failover' },
  path_keywords: {
    loadbalancers: 'loadbalancer',
    listeners: 'listener',
    pools: 'pool',
    members: 'member',
    healthmonitors: 'healthmonitor',
    l7policies: 'l7policy',
    rules: 'rule',
    quotas: 'quota',
    flavors: 'flavor',
    flavorprofiles: 'flavorprofile',
    availabilityzones: 'availabilityzone',
    availabilityzoneprofiles: 'availabilityzoneprofile',
    amphorae: 'amphora',
    providers: 'None',
    status: 'None',
    stats: 'None',
    failover: 'None',
  },
  service_endpoints: { 'load-balancer': 'service/load-balancer' },
}

const wsgi = (configuration: string, log: string) => `import sys
sys.argv = ['octavia-wsgi', '--config-file', '${configuration}', '--log-file', '${log}']
from octavia.api.app import setup_app
application = setup_app(argv=sys.argv)
`

/** Octavia's API and worker. The drivers below the worker do nothing, so a load balancer is active at once. */
export class Octavia {
  readonly url: string
  /** The audit events are in the API's log, Octavia's own notifications in the worker's. */
  readonly apiLog: string
  readonly workerLog: string
  readonly #setting: Setting
  #services: ServiceProcess[] = []

  constructor(setting: Setting) {
    this.#setting = setting
    this.url = `http://127.0.0.1:${setting.ports.octavia}`
    this.apiLog = setting.grounds.path('octavia-api.log')
    this.workerLog = setting.grounds.path('octavia-worker.log')
  }

  async prepare(): Promise<void> {
    const { grounds, password } = this.#setting
    grounds.folder('octavia')
    await grounds.run('openssl', [
      ...['req', '-x509', '-newkey', 'rsa:2048', '-days', '30', '-subj', '/CN=Octavia'],
      ...['-keyout', grounds.path('octavia/ca.key'), '-passout', `pass:${password}`],
      ...['-out', grounds.path('octavia/ca.pem')],
    ])
    await grounds.run('octavia-db-manage', ['--config-file', this.#configure(), 'upgrade', 'head'])
  }

  async start(): Promise<void> {
    const { grounds, ports } = this.#setting
    const configuration = this.#configure()
    const application = grounds.file('octavia-wsgi.py', wsgi(configuration, this.apiLog))
    const starting = [
      ServiceProcess.start(grounds, {
        name: 'octavia-worker',
        command: 'octavia-worker',
        args: ['--config-file', configuration, '--log-file', this.workerLog],
        log: this.workerLog,
        // It has no port. What the API asks before the worker's queue exists, the broker throws away.
        ready: () => hasQueue(this.#setting, QUEUE),
      }),
      ServiceProcess.start(grounds, {
        name: 'octavia-api',
        command: 'uwsgi_python3',
        args: uwsgi(ports.octavia, application),
        log: this.apiLog,
        ready: () => answers(this.url),
      }),
    ].map((one) => one.then((service) => this.#services.push(service)))
    const failed = (await Promise.allSettled(starting)).find((one) => one.status === 'rejected')
    if (failed !== undefined) throw failed.reason
  }

  async stop(): Promise<void> {
    await Promise.all(this.#services.splice(0).map((service) => service.stop()))
  }

  #configure(): string {
    const { grounds, database, broker, ports, password } = this.#setting
    const ca = grounds.path('octavia/ca.pem')
    const file = ini({
      DEFAULT: { transport_url: broker.transportUrl(), use_stderr: false },
      api_settings: {
        bind_host: '127.0.0.1',
        bind_port: ports.octavia,
        auth_strategy: 'keystone',
        default_provider_driver: 'amphora',
        enabled_provider_drivers: 'amphora:amphora driver',
      },
      database: { connection: database.connection('octavia') },
      health_manager: {
        heartbeat_key: 'unused',
        bind_ip: '127.0.0.1',
        controller_ip_port_list: '127.0.0.1:5555',
      },
      controller_worker: {
        workers: 1,
        amphora_driver: 'amphora_noop_driver',
        compute_driver: 'compute_noop_driver',
        network_driver: 'network_noop_driver',
        volume_driver: 'volume_noop_driver',
        image_driver: 'image_noop_driver',
        distributor_driver: 'distributor_noop_driver',
        amp_flavor_id: 1,
        amp_image_tag: 'amphora',
        amp_boot_network_list: '00000000-0000-4000-8000-000000000001',
        client_ca: ca,
        event_notifications: true,
      },
      certificates: {
        cert_manager: 'local_cert_manager',
        cert_generator: 'local_cert_generator',
        ca_certificate: ca,
        ca_private_key: grounds.path('octavia/ca.key'),
        ca_private_key_passphrase: password,
        // A Fernet key must come from exactly 32 characters.
        server_certs_key_passphrase: password.repeat(32).slice(0, 32),
      },
      haproxy_amphora: { client_cert: ca, server_ca: ca },
      // For the worker's first generation, which has no name of its own for its queue.
      oslo_messaging: { topic: 'octavia_prov' },
      task_flow: { engine: 'parallel' },
      audit: { enabled: true, audit_map_file: grounds.file('octavia-audit-map.conf', ini(AUDIT_MAP)) },
      ...authtoken(this.#setting, 'octavia'),
      ...notifications(this.#setting),
    })
    return grounds.file('octavia.conf', file)
  }
}

async function hasQueue({ broker }: Setting, name: string): Promise<boolean> {
  const connection = await broker.connect()
  try {
    const channel = await connection.createChannel()
    channel.on('error', () => {})
    await channel.checkQueue(name)
    return true
  } catch {
    return false
  } finally {
    await connection.close()
  }
}
