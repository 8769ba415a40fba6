import type { Node, NodeAPI } from 'node-red'
import { describeError, OperatorError } from '../../src/errors/operator-error'
import { eventTypeChoice, patternList } from '../../src/notification/event-type-patterns'
import { deliveryService } from '../shared/delivery'
import { whenFlowsStarted } from '../shared/flows-started'
import { onClose } from '../shared/input'
import { statusOf } from '../shared/status'
import { configuredConversion } from './conversion'
import { startLogFileSource } from './log-file-source'
import { startRabbitSource } from './rabbitmq-source'
import type { NotificationInConfig, SourceSetting, StartedSource } from './source'

/** Every kind of source that the dialog offers. */
const SOURCES: ReadonlyMap<string, (setting: SourceSetting) => StartedSource> = new Map([
  ['rabbitmq', startRabbitSource],
  ['log-file', startLogFileSource],
])

export default function register(RED: NodeAPI): void {
  // With the palette, so that the service knows of the first start of the flows.
  deliveryService(RED)

  function OpenstackNotificationIn(this: Node, config: NotificationInConfig): void {
    RED.nodes.createNode(this, config)
    const status = statusOf(this)
    const wants = eventTypeChoice(patternList(config.include), patternList(config.ignore))
    let started: StartedSource | undefined

    const start = () => {
      try {
        const startSource = SOURCES.get(config.source ?? '')
        if (startSource === undefined) throw noSource()
        started = startSource({ RED, node: this, config, status, wants, conversion: configuredConversion(config) })
      } catch (error) {
        // The log has the remedy, for which a status has no room.
        status.attention(
          error instanceof OperatorError && error.code === 'NO_BUS' ? 'no message bus' : describeError(error),
        )
        this.error(describeError(error))
      }
    }
    status.connecting('starting')
    const forgetStart = whenFlowsStarted(RED, start)
    onClose(this, async () => {
      forgetStart()
      await started?.close()
      status.clear()
    })
  }
  RED.nodes.registerType('openstack-notification-in', OpenstackNotificationIn)
}

function noSource(): OperatorError {
  return new OperatorError('NO_SOURCE', 'No source is chosen.', { remedy: 'Open the node and choose one.' })
}
