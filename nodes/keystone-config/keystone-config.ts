import type { Node, NodeAPI, NodeDef } from 'node-red'
import { describeError } from '../../src/errors/operator-error'
import { type AccountFields, type AccountSecrets, accountFields, authOf } from '../../src/openstack/account'
import { type KeystoneSession, keystoneSession, refusingSession } from '../../src/openstack/session'
import type { ServiceNode } from '../shared/config-node'
import { httpClientFor } from '../shared/http'
import { onClose } from '../shared/input'
import { adminEndpoints } from './admin'

export type KeystoneConfig = NodeDef & Partial<AccountFields> & { readonly tls?: string; readonly proxy?: string }

type KeystoneConfigNode = Node<AccountSecrets> & ServiceNode<KeystoneSession>

export default function register(RED: NodeAPI): void {
  function KeystoneConfigNode(this: KeystoneConfigNode, config: KeystoneConfig): void {
    RED.nodes.createNode(this, config)
    this.service = openSession(RED, config, this.credentials ?? {}, (notice) => this.warn(notice))
    onClose(this, () => this.service.close())
  }
  RED.nodes.registerType<KeystoneConfigNode, KeystoneConfig, object, AccountSecrets>(
    'keystone-config',
    KeystoneConfigNode,
    { credentials: { password: { type: 'password' }, secret: { type: 'password' } } },
  )
  adminEndpoints(RED, openSession)
}

/** Never throws: an account that lacks something gives a session whose every request says what. */
function openSession(
  RED: NodeAPI,
  config: Omit<KeystoneConfig, keyof NodeDef>,
  secrets: AccountSecrets,
  onNotice: (text: string) => void,
): KeystoneSession {
  const fields = accountFields(config)
  try {
    return keystoneSession({
      authUrl: fields.authUrl,
      auth: authOf(fields, secrets),
      interface: fields.interface,
      region: fields.region,
      endpoints: { network: fields.networkEndpoint },
      seesAllProjects: fields.allProjects,
      http: httpClientFor(RED, { tls: config.tls, proxy: config.proxy }),
      onNotice,
    })
  } catch (thrown) {
    onNotice(describeError(thrown))
    return refusingSession(thrown instanceof Error ? thrown : new Error(describeError(thrown)))
  }
}
