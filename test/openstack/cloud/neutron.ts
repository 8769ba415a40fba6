import { existsSync, readFileSync } from 'node:fs'
import { ini } from './ini'
import { answers, ServiceProcess } from './service-process'
import { authtoken, notifications, type Setting } from './setting'

const PASTE = ['/usr/share/neutron-common/api-paste.ini', '/etc/neutron/api-paste.ini']
const AUDIT_MAP = '/etc/pycadf/neutron_api_audit_map.conf'

export class Neutron {
  /** Without a version, as in the catalog. */
  readonly url: string
  readonly log: string
  readonly #setting: Setting
  #service: ServiceProcess | undefined

  constructor(setting: Setting) {
    this.#setting = setting
    this.url = `http://127.0.0.1:${setting.ports.neutron}`
    this.log = setting.grounds.path('neutron.log')
  }

  async prepare(): Promise<void> {
    await this.#setting.grounds.run('neutron-db-manage', [...this.#configure(), 'upgrade', 'heads'])
  }

  async start(): Promise<void> {
    this.#service = await ServiceProcess.start(this.#setting.grounds, {
      name: 'neutron',
      command: 'neutron-server',
      args: this.#configure(),
      log: this.log,
      ready: () => answers(this.url),
    })
  }

  async stop(): Promise<void> {
    await this.#service?.stop()
    this.#service = undefined
  }

  /** ML2 with a driver whose agents never appear: the API works and nothing is ever wired up. */
  #configure(): readonly string[] {
    const { grounds, database, broker, ports } = this.#setting
    const state = grounds.folder('neutron')
    const main = ini({
      DEFAULT: {
        bind_host: '127.0.0.1',
        bind_port: ports.neutron,
        auth_strategy: 'keystone',
        core_plugin: 'ml2',
        service_plugins: 'router,port_forwarding',
        api_paste_config: grounds.file('neutron-api-paste.ini', pasteWithAudit()),
        state_path: state,
        log_file: this.log,
        use_stderr: false,
        transport_url: broker.transportUrl(),
        api_workers: 1,
        rpc_workers: 1,
        rpc_state_report_workers: 0,
        dhcp_agent_notification: false,
        notify_nova_on_port_status_changes: false,
        notify_nova_on_port_data_changes: false,
      },
      database: { connection: database.connection('neutron') },
      oslo_concurrency: { lock_path: state },
      ...authtoken(this.#setting, 'neutron'),
      ...notifications(this.#setting),
    })
    const ml2 = ini({
      ml2: {
        type_drivers: 'flat,vxlan',
        tenant_network_types: 'vxlan',
        mechanism_drivers: 'openvswitch',
        extension_drivers: 'port_security',
      },
      ml2_type_flat: { flat_networks: 'outside' },
      ml2_type_vxlan: { vni_ranges: '1:1000' },
      securitygroup: { enable_security_group: true },
    })
    return ['--config-file', grounds.file('neutron.conf', main), '--config-file', grounds.file('ml2.ini', ml2)]
  }
}

/** Debian's pipeline with the audit filter where keystonemiddleware wants it: behind the check of the token. */
function pasteWithAudit(): string {
  const shipped = PASTE.find((path) => existsSync(path))
  if (shipped === undefined) throw new Error(`Neutron's pipeline is in none of ${PASTE.join(', ')}`)
  const paste = readFileSync(shipped, 'utf8')
  const audited = paste.replace(/^(keystone = .*\bkeystonecontext\b)/m, '$1 audit')
  if (audited === paste) throw new Error(`${shipped} has no pipeline with keystonecontext in it`)
  const filter = ini({
    'filter:audit': { 'paste.filter_factory': 'keystonemiddleware.audit:filter_factory', audit_map_file: AUDIT_MAP },
  })
  return `${audited}\n${filter}`
}
