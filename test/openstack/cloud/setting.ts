import type { PrivateRabbit } from '../../support/rabbitmq'
import type { Database } from './database'
import type { Grounds } from './grounds'
import type { Ini } from './ini'

/** What Keystone, Neutron and Octavia are told alike. */
export interface Setting {
  readonly grounds: Grounds
  readonly database: Database
  readonly broker: PrivateRabbit
  /** One for every account. */
  readonly password: string
  readonly ports: {
    readonly keystone: number
    readonly neutron: number
    readonly octavia: number
  }
}

export const REGION = 'RegionOne'

/** Every notification goes to the broker and into the log file of the service, so that both ways carry the same. */
export function notifications({ broker }: Setting): Ini {
  return {
    oslo_messaging_notifications: {
      driver: ['messagingv2', 'log'],
      topics: 'notifications',
      transport_url: broker.transportUrl(),
    },
  }
}

/** How a service asks Keystone about the tokens of its callers. */
export function authtoken({ ports, password }: Setting, username: string): Ini {
  const url = `http://127.0.0.1:${ports.keystone}`
  return {
    keystone_authtoken: {
      www_authenticate_uri: url,
      auth_url: url,
      auth_type: 'password',
      user_domain_name: 'Default',
      project_domain_name: 'Default',
      project_name: 'service',
      region_name: REGION,
      username,
      password,
    },
  }
}

/** uwsgi with one worker that serves a WSGI application on loopback. */
export function uwsgi(port: number, wsgiFile: string): readonly string[] {
  return [
    '--master',
    '--die-on-term',
    '--no-orphans',
    '--need-app',
    '--lazy-apps',
    '--enable-threads',
    '--disable-logging',
    // uwsgi closes each connection but does not say so, and a client that keeps connections open runs into that.
    '--add-header=Connection: close',
    '--processes=1',
    '--threads=8',
    '--buffer-size=65535',
    `--http-socket=127.0.0.1:${port}`,
    `--wsgi-file=${wsgiFile}`,
  ]
}
