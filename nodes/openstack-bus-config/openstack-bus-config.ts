import type { Node, NodeAPI, NodeDef } from 'node-red'
import { describeError } from '../../src/errors/operator-error'
import { systemClock } from '../../src/notification/rabbitmq/backoff'
import { BrokerConnection } from '../../src/notification/rabbitmq/connection'
import { onClose } from '../shared/input'
import { chosenTls } from '../shared/tls'
import { type BusCredentials, type BusFields, busAddress } from './bus-address'
import { registerBusAdmin } from './bus-admin'

interface BusConfig extends NodeDef, BusFields {
  readonly tls?: string
  readonly heartbeat?: number | string
}

interface BusNode extends Node<BusCredentials> {
  /** Undefined if the configuration is not usable; the log says why. */
  service: BrokerConnection | undefined
  /** For the endpoints of the dialog. */
  fields: BusFields
  tlsId: string
}

export default function register(RED: NodeAPI): void {
  function OpenstackBusConfigNode(this: BusNode, config: BusConfig): void {
    RED.nodes.createNode(this, config)
    const { by, hosts, vhost, username, useTls } = config
    this.fields = Object.fromEntries(
      Object.entries({ by, hosts, vhost, username, useTls }).filter(([, value]) => value !== undefined),
    )
    this.tlsId = config.tls ?? ''
    this.service = undefined
    try {
      const address = busAddress(this.fields, this.credentials ?? {})
      if (address.ignoredOptions.length > 0) {
        this.log(`options of the transport URL without meaning here: ${address.ignoredOptions.join(', ')}`)
      }
      const tls = address.tls ? chosenTls(RED, config.tls, 'BUS_CONFIG') : undefined
      const heartbeat = Number(config.heartbeat)
      this.service = new BrokerConnection(
        {
          address,
          name: `Node-RED ${config.name || 'openstack-events'} ${this.id}`,
          ...(tls === undefined ? {} : { tls }),
          ...(heartbeat >= 5 && heartbeat <= 600 ? { heartbeatSeconds: heartbeat } : {}),
        },
        {
          clock: systemClock,
          log: {
            info: (text) => this.log(text),
            warn: (text) => this.warn(text),
            error: (text) => this.error(text),
          },
        },
      )
    } catch (thrown) {
      this.error(describeError(thrown))
    }
    onClose(this, () => this.service?.close())
  }

  RED.nodes.registerType('openstack-bus-config', OpenstackBusConfigNode as (this: Node, config: BusConfig) => void, {
    credentials: { url: { type: 'password' }, password: { type: 'password' } },
  })
  registerBusAdmin(RED)
}
