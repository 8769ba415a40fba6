import { type ChildProcess, spawn } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { freePort } from './free-port'
import { waitFor } from './wait-for'

export type NodeRedLine = '5' | '4.1'
export type FlowNode = { id: string; type: string; [property: string]: unknown }

export interface StartOptions {
  readonly line?: NodeRedLine
  readonly flows?: readonly FlowNode[]
  /** By node id; kept unencrypted in the throw-away user directory. */
  readonly credentials?: Readonly<Record<string, Readonly<Record<string, string>>>>
  /** Reuse the directory of an earlier run; flows and credentials are then written only if given. */
  readonly userDir?: string
  /** Source text of further members of the settings object. */
  readonly settings?: string
  readonly env?: Readonly<Record<string, string>>
  /** false: the package is not linked into the user directory (a packed one was installed there). */
  readonly link?: boolean
  readonly nodeBinary?: string
  /** What to wait for in the log; default "Started flows". */
  readonly ready?: RegExp
}

export interface NodeRed {
  readonly url: string
  readonly userDir: string
  readonly pid: number
  /** Both outputs, in the order of arrival. */
  readonly log: () => string
  /** Standard output alone, whole lines as the process wrote them but for the last. */
  readonly stdout: () => string
  /** The admin API; rejects unless the answer is 2xx. */
  admin(path: string, init?: RequestInit): Promise<Response>
  deploy(flows: readonly FlowNode[], type?: 'full' | 'flows' | 'nodes'): Promise<void>
  waitForLog(pattern: RegExp, timeoutMs?: number): Promise<RegExpMatchArray>
  /** As an operator stops it; keeps the user directory. */
  stop(): Promise<void>
  /** SIGKILL; keeps the user directory. */
  kill(): Promise<void>
  /** Ends it if it runs and removes the user directory. */
  remove(): Promise<void>
}

const root = dirname(dirname(__dirname))
const PACKAGE = 'node-red-contrib-openstack-events'

/**
 * Starts a real Node-RED as a process of its own with the built package (dist/) linked into a throw-away user directory.
 * Build first: `npm run build`.
 */
export async function startNodeRed(options: StartOptions = {}): Promise<NodeRed> {
  const userDir = options.userDir ?? mkdtempSync(join(tmpdir(), 'node-red-'))
  const port = await freePort()
  prepareUserDir(userDir, port, options)
  const entry = join(root, 'node_modules', options.line === '4.1' ? 'node-red-4' : 'node-red', 'red.js')
  const child = spawn(options.nodeBinary ?? process.execPath, [entry, '--userDir', userDir], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, ...options.env, NODE_OPTIONS: '' },
  })
  let log = ''
  const collect = (chunk: Buffer) => {
    log += chunk.toString()
  }
  let stdout = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text
    log += text
  })
  child.stderr.on('data', collect)
  const exited = new Promise<void>((resolve) => child.once('exit', () => resolve()))
  // For when the tests end without their hooks.
  const killNow = () => child.kill('SIGKILL')
  process.once('exit', killNow)
  exited.then(() => process.removeListener('exit', killNow))
  const url = `http://127.0.0.1:${port}`

  const running: NodeRed = {
    url,
    userDir,
    pid: child.pid ?? 0,
    log: () => log,
    stdout: () => stdout,
    async admin(path, init) {
      const answer = await fetch(`${url}${path}`, init)
      if (!answer.ok) throw new Error(`${path}: ${answer.status} ${await answer.text()}`)
      return answer
    },
    async deploy(flows, type = 'full') {
      await running.admin('/flows', {
        method: 'POST',
        headers: { 'content-type': 'application/json', 'node-red-deployment-type': type },
        body: JSON.stringify(flows),
      })
    },
    waitForLog: (pattern, timeoutMs = 30_000) =>
      waitFor(
        () => `${pattern} in the log:\n${log.slice(-2000)}`,
        () => log.match(pattern),
        { timeoutMs },
      ),
    stop: () => end(child, exited, 'SIGTERM'),
    kill: () => end(child, exited, 'SIGKILL'),
    async remove() {
      await end(child, exited, 'SIGKILL')
      rmSync(userDir, { recursive: true, force: true })
    },
  }
  const failed = exited.then(() => {
    throw new Error(`Node-RED ended while starting:\n${log}`)
  })
  failed.catch(() => {})
  await Promise.race([running.waitForLog(options.ready ?? /Started flows/, 60_000), failed])
  return running
}

async function end(child: ChildProcess, exited: Promise<void>, signal: NodeJS.Signals): Promise<void> {
  if (child.exitCode === null && child.signalCode === null) child.kill(signal)
  await exited
}

function prepareUserDir(userDir: string, port: number, options: StartOptions): void {
  const modules = join(userDir, 'node_modules')
  mkdirSync(modules, { recursive: true })
  if (options.link !== false && !existsSync(join(modules, PACKAGE))) symlinkSync(root, join(modules, PACKAGE))
  writeFileSync(
    join(userDir, 'settings.js'),
    `// For whoever starts next, where NODE_COMPILE_CACHE says so: it is usually killed, and would keep nothing then.
    setTimeout(() => require('node:module').flushCompileCache?.(), 4000).unref()
    module.exports = {
      uiHost: '127.0.0.1', uiPort: ${port}, flowFile: 'flows.json', credentialSecret: false,
      telemetry: { enabled: false, updateNotification: false },
      editorTheme: { tours: false, projects: { enabled: false } },
      ${options.settings ?? ''}
    }`,
  )
  if (options.flows !== undefined) writeFileSync(join(userDir, 'flows.json'), JSON.stringify(options.flows))
  if (options.credentials !== undefined) {
    writeFileSync(join(userDir, 'flows_cred.json'), JSON.stringify(options.credentials))
  }
}
