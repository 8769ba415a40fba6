import type { NodeAPI } from 'node-red'
import { webhookChannel } from '../../src/notify/webhook/webhook'
import { registerChannel } from '../shared/notify/notify-node'

export default function register(RED: NodeAPI): void {
  registerChannel(RED, webhookChannel, ['password', 'secretUrl', 'signingSecret', 'signingSecretBefore'])
}
