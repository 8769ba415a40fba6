import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { UNKNOWN } from '../../src/cadf/event'
import type { OccurrenceMessage } from '../../src/message/model'
import { type FlowNode, type NodeRed, startNodeRed } from '../support/node-red'
import { waitFor } from '../support/wait-for'
import { boundTo } from './bound'
import type { RealOpenStack } from './cloud/real-openstack'
import { JsonLines } from './json-lines'

/** Node-RED takes a node without coordinates for a config node. */
const PLACE = { z: 'tab', x: 100, y: 100 }
const QUEUE = 'osx.recorder'

/**
 * A real Node-RED with `openstack-notification-in` at both ends of the cloud: one bound to the exchanges of all services,
 * one at each service's log file. What comes out is written down as it is.
 */
export class Recorder {
  readonly #directory: string
  readonly #red: NodeRed
  readonly #bus: JsonLines<OccurrenceMessage>
  readonly #logs: JsonLines<OccurrenceMessage>

  private constructor(directory: string, red: NodeRed) {
    this.#directory = directory
    this.#red = red
    this.#bus = new JsonLines(join(directory, 'bus.jsonl'))
    this.#logs = new JsonLines(join(directory, 'logs.jsonl'))
  }

  static async start(cloud: RealOpenStack): Promise<Recorder> {
    const directory = mkdtempSync(join(tmpdir(), 'osx-recorder-'))
    const red = await startNodeRed({
      flows: flows(cloud, directory),
      credentials: { bus: { url: cloud.broker.transportUrl() } },
    })
    const recorder = new Recorder(directory, red)
    try {
      await recorder.#listening(cloud)
    } catch (error) {
      await recorder.stop()
      throw error
    }
    return recorder
  }

  get byBus(): readonly OccurrenceMessage[] {
    return this.#bus.all
  }

  get byLogFile(): readonly OccurrenceMessage[] {
    return this.#logs.all
  }

  /** What Node-RED says, for when a test fails. */
  get log(): string {
    return this.#red.log()
  }

  /**
   * Waits for the first message that fits, by the broker and by the log file; both must carry the same event and payload.
   * Give `from`, a number that {@link mark} gave, to pass over what was heard before.
   */
  async hears(what: string, fits: (message: OccurrenceMessage) => boolean, from = 0): Promise<OccurrenceMessage> {
    const byBus = await waitFor(
      () => `${what} by the broker; heard: ${topics(this.byBus.slice(from))}; Node-RED says: ${this.log.slice(-1500)}`,
      () => this.byBus.slice(from).find(fits),
      { timeoutMs: 30_000 },
    )
    const id = byBus.notification.messageId
    const byLog = await waitFor(
      () => `${what} (${id}) by the log file; Node-RED says: ${this.log.slice(-1500)}`,
      () => this.byLogFile.find(({ notification }) => notification.messageId === id),
      { timeoutMs: 30_000 },
    )
    assertAgree(byLog, byBus)
    return byBus
  }

  /** The number of messages that the broker has brought. */
  mark(): number {
    return this.byBus.length
  }

  async stop(): Promise<void> {
    await this.#red.remove()
    rmSync(this.#directory, { recursive: true })
  }

  async #listening(cloud: RealOpenStack): Promise<void> {
    await boundTo(cloud, QUEUE, () => `Node-RED says: ${this.log.slice(-1500)}`)
    await waitFor('the log files to be read', () => this.byLogFile.length > 0)
  }
}

/**
 * The log file carries the same message as the broker. Only the request context is another: a log line has the ids of user,
 * project and request but no names, and it has them also where the message on the broker has none.
 */
export function assertAgree(byLog: OccurrenceMessage, byBus: OccurrenceMessage): void {
  const what = `${byBus.topic} by log file and by broker`
  assert.deepEqual(byLog.payload, byBus.payload, what)
  const { initiator: logged, added: loggedAdded = [], ...loggedEvent } = byLog.event
  const { initiator: sent, added: sentAdded = [], ...sentEvent } = byBus.event
  assert.deepEqual(loggedEvent, sentEvent, what)
  const ofInitiator = (path: string) => path.startsWith('initiator.')
  assert.deepEqual(
    loggedAdded.filter((path) => !ofInitiator(path)),
    sentAdded.filter((path) => !ofInitiator(path)),
    what,
  )
  for (const [member, value] of Object.entries(logged)) {
    if (sent[member] !== undefined && sent[member] !== UNKNOWN)
      assert.deepEqual(value, sent[member], `${what}: ${member}`)
  }
  const ids = Object.keys(sent).filter((member) => !/(^|_|user)name$/.test(member))
  for (const member of ids) assert.ok(member in logged, `${what}: no ${member}`)
}

function topics(messages: readonly OccurrenceMessage[]): string {
  return messages.map(({ topic, event }) => `${topic} ${event.outcome}`).join(', ')
}

function flows({ logs }: RealOpenStack, directory: string): FlowNode[] {
  const common = { ...PLACE, type: 'openstack-notification-in', version: 1, cloud: 'real', settle: 'flow', window: 250 }
  return [
    { id: 'tab', type: 'tab', label: 'recorder' },
    { id: 'bus', type: 'openstack-bus-config', by: 'url', heartbeat: 30 },
    {
      ...common,
      id: 'in-bus',
      source: 'rabbitmq',
      bus: 'bus',
      queue: QUEUE,
      queueType: 'classic',
      exchanges: 'keystone neutron octavia',
      topics: 'notifications',
      priorities: 'info warn error critical audit',
      wires: [['text-bus']],
    },
    ...writes('bus'),
    ...Object.entries(logs).map(([name, file]) => ({
      ...common,
      id: `in-${name}`,
      source: 'log-file',
      file,
      start: 'beginning',
      wires: [['text-logs']],
    })),
    ...writes('logs'),
  ]

  function writes(name: string): FlowNode[] {
    return [
      {
        ...PLACE,
        id: `text-${name}`,
        type: 'function',
        func: 'const { topic, payload, event, notification } = msg; msg.payload = JSON.stringify({ topic, payload, event, notification }); return msg',
        wires: [[`file-${name}`]],
      },
      {
        ...PLACE,
        id: `file-${name}`,
        type: 'file',
        filename: join(directory, `${name}.jsonl`),
        filenameType: 'str',
        appendNewline: true,
        overwriteFile: 'false',
        wires: [[]],
      },
    ]
  }
}
