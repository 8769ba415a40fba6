import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { NodeAPI } from 'node-red'
import type { FlowNode, NodeRedLine } from './node-red'

export interface EmbeddedRuntime {
  /** Replaces the flows and resolves when the new ones have started. */
  deploy(flows: readonly FlowNode[], type?: 'full' | 'flows' | 'nodes'): Promise<void>
  /** What the runtime logged at level warn and above since the last call. */
  takeLog(): readonly LogRecord[]
  readonly hooks: {
    add(name: string, hook: (event: never) => unknown): void
    remove(name: string): void
    has(name: string): boolean
  }
  node(id: string): unknown
  stop(): Promise<void>
}

export interface LogRecord {
  readonly level: number
  readonly id?: string
  readonly msg: unknown
}

/** A node type that exists in this runtime only: registered by code of the test, in this process. */
export type TestNodes = Readonly<Record<string, (RED: NodeAPI) => void>>

interface RedModule {
  init(settings: object): void
  start(): Promise<void>
  stop(): Promise<void>
  readonly events: NodeJS.EventEmitter
  readonly hooks: EmbeddedRuntime['hooks']
  readonly nodes: { getNode(id: string): unknown }
  readonly runtime: {
    readonly flows: {
      setFlows(options: { flows: { flows: readonly FlowNode[] }; deploymentType: string }): Promise<unknown>
    }
  }
}

const WARN = 30
const running = new Map<NodeRedLine, Promise<EmbeddedRuntime>>()
/** How the shim files below reach code of this process. */
const registry = globalThis as typeof globalThis & { testNodes?: Map<string, (RED: NodeAPI) => void> }

/**
 * A Node-RED inside this process, without editor and HTTP: unlike node-red-node-test-helper it has message hooks and
 * deploys like the real one. Node-RED is one instance per module, so each line runs once and is shared by all tests of
 * the process; `nodes` of the first caller count.
 */
export function embeddedRuntime(line: NodeRedLine, nodes: TestNodes): Promise<EmbeddedRuntime> {
  let runtime = running.get(line)
  if (runtime === undefined) {
    runtime = start(line, nodes)
    running.set(line, runtime)
  }
  return runtime
}

async function start(line: NodeRedLine, nodes: TestNodes): Promise<EmbeddedRuntime> {
  const RED = require(line === '4.1' ? 'node-red-4' : 'node-red') as RedModule
  const userDir = mkdtempSync(join(tmpdir(), 'embedded-'))
  let log: LogRecord[] = []
  // Tests share it until the process ends.
  process.once('exit', () => rmSync(userDir, { recursive: true, force: true }))
  RED.init({
    httpAdminRoot: false,
    httpNodeRoot: false,
    userDir,
    nodesDir: writeShims(userDir, nodes),
    flowFile: 'flows.json',
    credentialSecret: false,
    telemetry: { enabled: false, updateNotification: false },
    functionExternalModules: false,
    logging: {
      collect: {
        level: 'warn',
        metrics: false,
        audit: false,
        handler: () => (record: LogRecord) => {
          if (record.level <= WARN) log.push(record)
        },
      },
    },
  })
  const started = new Promise<void>((resolve) => RED.events.once('flows:started', () => resolve()))
  await RED.start()
  await started
  return {
    async deploy(flows, type = 'full') {
      const up = new Promise<void>((resolve) => RED.events.once('flows:started', () => resolve()))
      await RED.runtime.flows.setFlows({ flows: { flows }, deploymentType: type })
      await up
    },
    takeLog() {
      const taken = log
      log = []
      return taken
    },
    hooks: RED.hooks,
    node: (id) => RED.nodes.getNode(id),
    stop: () => RED.stop(),
  }
}

/** Node-RED finds nodes as files, one per type. */
function writeShims(userDir: string, nodes: TestNodes): string {
  const directory = join(userDir, 'test-nodes')
  mkdirSync(directory)
  registry.testNodes ??= new Map()
  for (const [type, register] of Object.entries(nodes)) {
    registry.testNodes.set(type, register)
    writeFileSync(join(directory, `${type}.js`), `module.exports = globalThis.testNodes.get(${JSON.stringify(type)})\n`)
    writeFileSync(
      join(directory, `${type}.html`),
      `<script type="text/javascript">RED.nodes.registerType('${type}', {})</script>\n`,
    )
  }
  return directory
}
