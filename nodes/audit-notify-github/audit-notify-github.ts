import type { NodeAPI } from 'node-red'
import { gitHubChannel } from '../../src/notify/github/github'
import { registerChannel } from '../shared/notify/notify-node'

export default function register(RED: NodeAPI): void {
  registerChannel(RED, gitHubChannel, ['token'])
}
