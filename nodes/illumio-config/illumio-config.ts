import type { Node, NodeAPI, NodeDef } from 'node-red'
import { describeError } from '../../src/errors/operator-error'
import { systemClock } from '../../src/http/retry'
import { PceClient, pceAccount } from '../../src/illumio/client'
import type { ServiceNode } from '../shared/config-node'
import { httpClientFor } from '../shared/http'
import { onClose } from '../shared/input'
import { addTest } from './test-endpoint'

export interface IllumioConfig extends NodeDef {
  readonly tls?: string
  readonly proxy?: string
  readonly [setting: string]: unknown
}
export interface IllumioSecrets {
  readonly key?: string
  readonly secret?: string
}

export default function register(RED: NodeAPI): void {
  function IllumioConfigNode(
    this: Node<IllumioSecrets> & Partial<ServiceNode<PceClient>>,
    config: IllumioConfig,
  ): void {
    RED.nodes.createNode(this, config)
    try {
      const client = openClient(RED, config, this.credentials ?? {})
      this.service = client
      onClose(this, () => client.close())
    } catch (thrown) {
      // Its users find no service, and say so.
      this.error(describeError(thrown))
    }
  }
  RED.nodes.registerType('illumio-config', IllumioConfigNode as never, {
    credentials: { key: { type: 'password' }, secret: { type: 'password' } },
  })
  addTest(RED, openClient)
}

/** @throws OperatorError ILLUMIO_CONFIG */
function openClient(
  RED: NodeAPI,
  config: { readonly tls?: string; readonly proxy?: string; readonly [setting: string]: unknown },
  secrets: IllumioSecrets,
): PceClient {
  const account = pceAccount(config, secrets)
  return new PceClient(account, httpClientFor(RED, { tls: config.tls, proxy: config.proxy }), systemClock)
}
