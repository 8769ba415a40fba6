import type { NodeAPI } from 'node-red'
import { serviceNowChannel } from '../../src/notify/servicenow/servicenow'
import { registerChannel } from '../shared/notify/notify-node'

export default function register(RED: NodeAPI): void {
  registerChannel(RED, serviceNowChannel, ['clientSecret', 'password'])
}
