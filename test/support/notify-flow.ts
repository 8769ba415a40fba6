import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Node, NodeAPI } from 'node-red'
import helper, { type TestFlows } from 'node-red-node-test-helper'
import { closeJournals } from '../../nodes/shared/journal'

const registerTls = require(require.resolve('@node-red/nodes/core/network/05-tls.js'))

type Message = Record<string, unknown>

/** A notifying node of a channel in Node-RED, with what leaves it and what it throws. */
export interface NotifyFlow {
  readonly node: Node
  readonly sent: Message[]
  readonly caught: Message[]
  status(): { fill?: string; shape?: string; text?: string }
}

/** Loads one; call {@link start} before all tests of a file, `unload` after each, `stop` at the end. */
export class NotifyFlows {
  #userDir = ''

  async start(): Promise<void> {
    helper.init(require.resolve('node-red'))
    await helper.startServer()
  }

  async load(
    type: string,
    register: (RED: NodeAPI) => void,
    settings: Message,
    credentials: Record<string, string> = {},
    more: readonly Message[] = [],
  ): Promise<NotifyFlow> {
    this.#userDir = mkdtempSync(join(tmpdir(), 'notify-flow-'))
    helper.settings({ userDir: this.#userDir } as never)
    const flow = [
      { id: 'n-tab', type: 'tab', label: 'test' },
      { id: 'n-tell', type, z: 'n-tab', wires: [['n-out']], ...settings },
      { id: 'n-out', type: 'helper', z: 'n-tab' },
      { id: 'n-catch', type: 'catch', z: 'n-tab', scope: ['n-tell'], wires: [['n-caught']] },
      { id: 'n-caught', type: 'helper', z: 'n-tab' },
      ...more,
    ] as TestFlows
    await helper.load([registerTls, register] as never, flow, { 'n-tell': credentials })
    const node = helper.getNode('n-tell') as Node
    const stubbed = node as unknown as { status: { args: [{ fill?: string; shape?: string; text?: string }][] } }
    return {
      node,
      sent: collect('n-out'),
      caught: collect('n-caught'),
      status: () => stubbed.status.args.at(-1)?.[0] ?? {},
    }
  }

  async unload(): Promise<void> {
    await helper.unload()
    await closeJournals()
    if (this.#userDir !== '') rmSync(this.#userDir, { recursive: true, force: true })
  }

  async stop(): Promise<void> {
    await helper.stopServer()
  }
}

function collect(id: string): Message[] {
  const collected: Message[] = []
  ;(helper.getNode(id) as Node).on('input', (msg) => {
    collected.push(msg as unknown as Message)
  })
  return collected
}
