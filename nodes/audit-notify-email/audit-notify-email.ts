import type { NodeAPI } from 'node-red'
import { emailChannel } from '../../src/notify/email/email'
import { registerChannel } from '../shared/notify/notify-node'

export default function register(RED: NodeAPI): void {
  registerChannel(RED, emailChannel, ['password', 'accessToken', 'clientSecret', 'refreshToken'])
}
