import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { OccurrenceMessage } from '../../src/message/model'
import { type FlowNode, type NodeRed, startNodeRed } from '../support/node-red'
import { waitFor } from '../support/wait-for'
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
    assert.deepEqual(byLog.event, byBus.event, what)
    assert.deepEqual(byLog.payload, byBus.payload, what)
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

  /** A project of this name is heard of by both ways. */
  async #listening(cloud: RealOpenStack): Promise<void> {
    const said = (messages: readonly OccurrenceMessage[]) =>
      messages.some(({ topic }) => topic === 'identity.project.created')
    const broker = await cloud.broker.connect()
    await waitFor(
      () => `the recorder to listen; Node-RED says: ${this.log.slice(-1500)}`,
      async () => said(this.byLogFile) && (await isBound(broker)),
      { timeoutMs: 30_000 },
    )
    await broker.close()

    /** The source leaves this mark when every exchange has been bound. */
    async function isBound(connection: Awaited<ReturnType<RealOpenStack['broker']['connect']>>): Promise<boolean> {
      const channel = await connection.createChannel()
      channel.on('error', () => {})
      return channel.checkExchange(`${QUEUE}.boot-mark`).then(
        () => channel.close().then(() => true),
        () => false,
      )
    }
  }
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
