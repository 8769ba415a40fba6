import type { NodeAPI } from 'node-red'
import { slackChannel } from '../../src/notify/slack/slack'
import { registerChannel } from '../shared/notify/notify-node'

export default function register(RED: NodeAPI): void {
  registerChannel(RED, slackChannel, ['botToken', 'webhookUrl'])
}
