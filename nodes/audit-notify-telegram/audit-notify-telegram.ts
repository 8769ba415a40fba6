import type { NodeAPI } from 'node-red'
import { telegramChannel } from '../../src/notify/telegram/telegram'
import { registerChannel } from '../shared/notify/notify-node'

export default function register(RED: NodeAPI): void {
  registerChannel(RED, telegramChannel, ['botToken'])
}
