import { type ChildProcess, spawn } from 'node:child_process'
import { closeSync, existsSync, openSync, readFileSync } from 'node:fs'
import { waitFor } from '../../support/wait-for'
import { environment, type Grounds } from './grounds'

export interface ServiceCommand {
  /** Names the file that keeps what the process prints. */
  readonly name: string
  readonly command: string
  readonly args: readonly string[]
  readonly env?: Readonly<Record<string, string>>
  /** The file that it logs to; its end is shown when it does not start. */
  readonly log?: string
  readonly ready: () => Promise<boolean>
}

const STARTUP_MS = 120_000
const ENDING_MS = 30_000

/** One service of the cloud, as a process group of its own that is ended by its id. */
export class ServiceProcess {
  readonly #child: ChildProcess
  /** What it prints and what it logs. */
  readonly #outputs: readonly string[]
  readonly #exited: Promise<void>
  readonly #atExit = () => this.#signal('SIGKILL')
  #ending: string | undefined

  private constructor(grounds: Grounds, { name, command, args, env, log }: ServiceCommand) {
    const printed = grounds.path(`${name}.out`)
    this.#outputs = log === undefined ? [printed] : [printed, log]
    const output = openSync(printed, 'a', 0o600)
    // The kernel ends the service if the tests are killed and cannot; workers end when their parent has. Not by TERM: without
    // a broker Neutron does not finish.
    this.#child = spawn('setpriv', ['--pdeathsig', 'KILL', '--', command, ...args], {
      env: { ...environment(grounds.directory), ...env },
      cwd: grounds.directory,
      stdio: ['ignore', output, output],
      detached: true,
    })
    closeSync(output)
    this.#exited = new Promise((resolve) => {
      const ended = (how: string) => {
        this.#ending ??= how
        resolve()
      }
      this.#child.once('error', (error) => ended(error.message))
      this.#child.once('exit', (code, signal) => ended(`exit ${code ?? signal}`))
    })
    process.prependOnceListener('exit', this.#atExit)
  }

  /** Starts it and waits until it answers. */
  static async start(grounds: Grounds, command: ServiceCommand): Promise<ServiceProcess> {
    const service = new ServiceProcess(grounds, command)
    try {
      await waitFor(
        () => `${command.name} to answer; it says: ${service.#said()}`,
        () => {
          if (service.#ending !== undefined) {
            throw new Error(`${command.name} ended (${service.#ending}); it says: ${service.#said()}`)
          }
          return command.ready()
        },
        { timeoutMs: STARTUP_MS, everyMs: 250 },
      )
    } catch (error) {
      await service.stop()
      throw error
    }
    return service
  }

  get pid(): number {
    return this.#child.pid ?? 0
  }

  /** Asks it to end, and kills its whole group if it does not. */
  async stop(): Promise<void> {
    if (this.#ending === undefined) {
      this.#child.kill('SIGTERM')
      const late = setTimeout(() => this.#signal('SIGKILL'), ENDING_MS)
      await this.#exited
      clearTimeout(late)
    }
    // Workers that outlived their parent.
    this.#signal('SIGKILL')
    process.removeListener('exit', this.#atExit)
  }

  #signal(signal: NodeJS.Signals): void {
    if (this.#child.pid === undefined) return
    try {
      process.kill(-this.#child.pid, signal)
    } catch {
      // The whole group has ended.
    }
  }

  #said(): string {
    const texts = this.#outputs.map((path) => (existsSync(path) ? readFileSync(path, 'utf8').slice(-3000) : ''))
    return texts.join('\n').trim() || 'nothing'
  }
}

/** Whether an HTTP service answers at all with success or a choice of versions. */
export async function answers(url: string): Promise<boolean> {
  try {
    return (await fetch(url, { signal: AbortSignal.timeout(5_000) })).status <= 300
  } catch {
    return false
  }
}
