import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Node, NodeAPI } from 'node-red'
import helper, { type TestFlows } from 'node-red-node-test-helper'
import { closeJournals } from '../../nodes/shared/journal'
import { statusCalls } from './status-calls'
import { waitFor } from './wait-for'

type Message = Record<string, unknown>

interface Shown {
  readonly fill?: string
  readonly shape?: string
  readonly text?: string
}

export interface LoadedNotifyNode {
  readonly node: Node
  /** What came out of it. */
  readonly sent: Message[]
  /** What a Catch node got. */
  readonly caught: Message[]
  /** The status it shows now. */
  shown(): Shown
  /** The first status whose text matches, now or later; it may be gone again. */
  showed(pattern: RegExp): Promise<Shown>
  /** Everything that it wrote to the log, with every status, as one text: no secret may be in it. */
  said(): string
}

export interface NotifyNodeTests {
  load(settings: Message, credentials: Record<string, string>): Promise<LoadedNotifyNode>
}

/** Loads nodes of one `audit-notify-…` type in Node-RED, each in a directory of its own. To be called inside `describe`. */
export function notifyNodeTests(type: string, register: (RED: NodeAPI) => void): NotifyNodeTests {
  let userDir: string
  before(async () => {
    helper.init(require.resolve('node-red'))
    await helper.startServer()
  })
  after(async () => {
    await helper.stopServer()
  })
  beforeEach(() => {
    userDir = mkdtempSync(join(tmpdir(), 'notify-'))
    helper.settings({ userDir } as never)
  })
  afterEach(async () => {
    await helper.unload()
    await closeJournals()
    rmSync(userDir, { recursive: true, force: true })
  })
  return {
    async load(settings, credentials) {
      const flow = [
        { id: 'n-tab', type: 'tab', label: 'test' },
        { id: 'n-tell', type, z: 'n-tab', wires: [['n-out']], ...settings },
        { id: 'n-out', type: 'helper', z: 'n-tab' },
        { id: 'n-catch', type: 'catch', z: 'n-tab', scope: ['n-tell'], wires: [['n-caught']] },
        { id: 'n-caught', type: 'helper', z: 'n-tab' },
      ] as TestFlows
      await helper.load(register as never, flow, { 'n-tell': credentials })
      const node = helper.getNode('n-tell') as Node
      const status = () => statusCalls<Message>(node).map(([status]) => status)
      return {
        node,
        sent: collected('n-out'),
        caught: collected('n-caught'),
        shown: () => status().at(-1) ?? {},
        showed: (pattern) =>
          waitFor(
            () => `a status like ${pattern} among ${JSON.stringify(status())}`,
            () => status().find(({ text }) => pattern.test(String(text))),
          ),
        said: () => JSON.stringify([status(), helper.log().args]),
      }
    },
  }
}

function collected(id: string): Message[] {
  const messages: Message[] = []
  ;(helper.getNode(id) as Node).on('input', (msg) => {
    messages.push(msg as unknown as Message)
  })
  return messages
}

export function errorOf(msg: Message | undefined): { code?: string; message: string } {
  return (msg?.['error'] ?? { message: '' }) as { code?: string; message: string }
}

/** Waits until there are so many. */
export function arrived(what: string, messages: Message[], count = 1): Promise<Message[]> {
  return waitFor(what, () => (messages.length >= count ? messages : undefined))
}
