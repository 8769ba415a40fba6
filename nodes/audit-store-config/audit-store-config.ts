import type { Node, NodeAPI, NodeDef } from 'node-red'
import { patientTrail, refusingTrail } from '../../src/audit/opening/patient-trail'
import type { AuditTrail } from '../../src/audit/trail'
import { describeError, OperatorError } from '../../src/errors/operator-error'
import { quote } from '../../src/errors/redact'
import type { KeystoneSession } from '../../src/openstack/session'
import { systemTimers } from '../../src/time/timers'
import { type ServiceNode, serviceOf } from '../shared/config-node'
import { onClose } from '../shared/input'
import { addAdminEndpoints } from './admin-endpoints'
import { type Claimed, claimFile } from './claims'
import { openConfigured } from './open-trail'
import { readStoreSettings, type StoreSecrets, type StoreSettings } from './settings'

export interface AuditStoreConfig extends NodeDef {
  readonly account?: string
  readonly tls?: string
  readonly proxy?: string
  readonly [setting: string]: unknown
}

/** What the nodes of the palette get through `serviceOf`; never undefined: a store that cannot be used says so by itself. */
export interface AuditStoreConfigNode extends Node<StoreSecrets>, ServiceNode<AuditTrail> {
  /** Of events that do not say which cloud they are of. */
  cloud: string
  /** What it was made from; for the test in the dialog. */
  settings?: StoreSettings
}

export default function register(RED: NodeAPI): void {
  function AuditStoreConfigNode(this: AuditStoreConfigNode, config: AuditStoreConfig): void {
    RED.nodes.createNode(this, config)
    this.cloud = typeof config['cloud'] === 'string' ? config['cloud'].trim() : ''
    try {
      const { userDir } = RED.settings as { userDir?: string }
      const settings = readStoreSettings(config, this.credentials ?? {}, userDir)
      const claimed = settings.engine === 'sqlite' ? claim(this, settings.path) : undefined
      this.settings = settings
      this.service = open(RED, this, config, settings, claimed)
      onClose(this, () => {
        const closed = this.service.close()
        claimed?.release(closed)
        return closed
      })
    } catch (thrown) {
      this.error(describeError(thrown))
      this.service = refusingTrail(asConfigError(thrown))
    }
  }
  RED.nodes.registerType<AuditStoreConfigNode, AuditStoreConfig, object, StoreSecrets>(
    'audit-store-config',
    AuditStoreConfigNode,
    {
      credentials: {
        username: { type: 'text' },
        password: { type: 'password' },
        apiKey: { type: 'password' },
        signingKey: { type: 'password' },
      },
    },
  )
  addAdminEndpoints(RED)
}

function open(
  RED: NodeAPI,
  node: AuditStoreConfigNode,
  { account, tls, proxy }: AuditStoreConfig,
  settings: StoreSettings,
  claimed: Claimed | undefined,
): AuditTrail {
  const keystone = serviceOf<KeystoneSession>(RED, account)
  if (account && keystone === undefined)
    node.warn('The account for look-ups does not exist or is disabled: none are made.')
  return patientTrail({
    open: async () => {
      await claimed?.free
      const onNotice = (text: string) => node.warn(text)
      return openConfigured(settings, { RED, nodeId: node.id, keystone, tls, proxy, onNotice })
    },
    timers: systemTimers,
    onTrouble: (error) => node.error(describeError(error)),
  })
}

function claim(node: AuditStoreConfigNode, path: string): Claimed {
  const claimed = claimFile(path, node.id, node.name || node.id)
  if (!('takenBy' in claimed)) return claimed
  const shown = quote(path, 300)
  throw new OperatorError(
    'AUDIT_STORE_IN_USE',
    `Another audit store "${quote(claimed.takenBy, 60)}" has the file ${shown}.`,
    {
      remedy:
        'Choose that one in the nodes that should share the trail, and delete this one; or give it a file of its own.',
    },
  )
}

/** Whoever waits to store something must see that it is the store, and not the event. */
function asConfigError(thrown: unknown): OperatorError {
  if (thrown instanceof OperatorError && thrown.code.startsWith('AUDIT_STORE_')) return thrown
  return new OperatorError('AUDIT_STORE_CONFIG', describeError(thrown), { cause: thrown })
}
