import type { NodeAPI } from 'node-red'
import { jiraChannel } from '../../src/notify/jira/jira'
import { registerChannel } from '../shared/notify/notify-node'

export default function register(RED: NodeAPI): void {
  registerChannel(RED, jiraChannel, ['token'])
}
