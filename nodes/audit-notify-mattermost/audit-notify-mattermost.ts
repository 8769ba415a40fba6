import type { NodeAPI } from 'node-red'
import { mattermostChannel } from '../../src/notify/mattermost/mattermost'
import { registerChannel } from '../shared/notify/notify-node'

export default function register(RED: NodeAPI): void {
  registerChannel(RED, mattermostChannel, ['webhookUrl'])
}
