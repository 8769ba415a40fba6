import type { NodeAPI } from 'node-red'
import { teamsChannel } from '../../src/notify/teams/teams'
import { registerChannel } from '../shared/notify/notify-node'

export default function register(RED: NodeAPI): void {
  registerChannel(RED, teamsChannel, ['webhookUrl'])
}
