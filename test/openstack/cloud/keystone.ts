import { userInfo } from 'node:os'
import { ini } from './ini'
import { answers, ServiceProcess } from './service-process'
import { notifications, REGION, type Setting, uwsgi } from './setting'

/** `[DEFAULT] notification_format` */
export type NotificationFormat = 'cadf' | 'basic'

// uwsgi's own arguments must not be read as Keystone's.
const WSGI = `import sys
sys.argv = ['keystone-wsgi-public']
from keystone.server.wsgi import initialize_public_application
application = initialize_public_application()
`

export class Keystone {
  /** With `/v3`. */
  readonly url: string
  readonly log: string
  readonly #setting: Setting
  #service: ServiceProcess | undefined

  constructor(setting: Setting) {
    this.#setting = setting
    this.url = `http://127.0.0.1:${setting.ports.keystone}/v3`
    this.log = setting.grounds.path('keystone.log')
  }

  /** Makes the database, the keys, and the administrator `admin` of the project `admin`. */
  async prepare(): Promise<void> {
    const { grounds, password } = this.#setting
    const configuration = this.#configure('cadf')
    const manage = (...args: string[]) => grounds.run('keystone-manage', ['--config-file', configuration, ...args])
    await manage('db_sync')
    const { uid, gid } = userInfo()
    const owner = ['--keystone-user', String(uid), '--keystone-group', String(gid)]
    await manage('fernet_setup', ...owner)
    await manage('credential_setup', ...owner)
    await manage(
      'bootstrap',
      ...['--bootstrap-username', 'admin', '--bootstrap-password', password, '--bootstrap-project-name', 'admin'],
      ...['--bootstrap-role-name', 'admin', '--bootstrap-service-name', 'keystone', '--bootstrap-region-id', REGION],
      ...['admin', 'public', 'internal'].flatMap((face) => [`--bootstrap-${face}-url`, this.url]),
    )
  }

  /** Starts it; if it runs, again with the other format. */
  async start(format: NotificationFormat): Promise<void> {
    await this.stop()
    const { grounds, ports } = this.#setting
    this.#service = await ServiceProcess.start(grounds, {
      name: 'keystone',
      command: 'uwsgi_python3',
      args: uwsgi(ports.keystone, grounds.file('keystone-wsgi.py', WSGI)),
      log: this.log,
      env: { OS_KEYSTONE_CONFIG_FILES: this.#configure(format) },
      ready: () => answers(this.url),
    })
  }

  async stop(): Promise<void> {
    await this.#service?.stop()
    this.#service = undefined
  }

  #configure(format: NotificationFormat): string {
    const { grounds, database, broker, ports } = this.#setting
    const keys = grounds.folder('keystone-keys')
    const file = ini({
      DEFAULT: {
        public_endpoint: `http://127.0.0.1:${ports.keystone}/`,
        log_file: this.log,
        use_stderr: false,
        transport_url: broker.transportUrl(),
        notification_format: format,
        // One empty value replaces the built-in list, which hides successful logins.
        notification_opt_out: '',
      },
      database: { connection: database.connection('keystone') },
      token: { provider: 'fernet' },
      fernet_tokens: { key_repository: grounds.folder('keystone-keys/tokens') },
      fernet_receipts: { key_repository: `${keys}/tokens` },
      credential: { key_repository: grounds.folder('keystone-keys/credentials') },
      // The lowest there is: logins are many here and the passwords worth nothing.
      identity: { password_hash_rounds: 4 },
      ...notifications(this.#setting),
    })
    return grounds.file('keystone.conf', file)
  }
}
