import type { NodeAPI } from 'node-red'
import { pagerDutyChannel } from '../../src/notify/pagerduty/pagerduty'
import { registerChannel } from '../shared/notify/notify-node'

export default function register(RED: NodeAPI): void {
  registerChannel(RED, pagerDutyChannel, ['routingKey'])
}
