import type { NodeAPI } from 'node-red'
import { snsChannel } from '../../src/notify/sns/sns'
import { registerChannel } from '../shared/notify/notify-node'

export default function register(RED: NodeAPI): void {
  registerChannel(RED, snsChannel, ['accessKeyId', 'secretAccessKey', 'sessionToken'])
}
