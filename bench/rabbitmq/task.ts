import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { ChannelModel, ConfirmChannel } from 'amqplib'

/** One measurement, in a process of its own. */
export interface Task {
  readonly url: string
  readonly queue: string
  /** Measured, after those of the warm-up. */
  readonly messages: number
  /** Handled before the measurement begins, while the compiler still learns what is hot; on all sides alike. */
  readonly warmUp: number
  readonly prefetch: number
  /** Every so many messages one takes `slowMs`; 0: none. */
  readonly slowEvery: number
  readonly slowMs: number
  readonly queueType: 'classic' | 'quorum'
  /** Where a peer's package was installed. */
  readonly directory?: string
}

export interface Result {
  readonly seconds: number
  /** User and system time of this process for one message. */
  readonly cpuMicroseconds: number
  readonly idleRssMb: number
  readonly peakRssMb: number
}

export function readTask(): Task {
  return JSON.parse(process.argv[2] ?? '') as Task
}

/** Bodies as real services sent them, in the order of arrival. */
export function recordedBodies(): Buffer[] {
  return ['neutron.jsonl', 'neutron-audit.jsonl'].flatMap((name) =>
    readFileSync(join(__dirname, '..', '..', 'test', 'fixtures', 'recordings', name), 'utf8')
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => Buffer.from((JSON.parse(line) as { body: string }).body)),
  )
}

export async function fill(model: ChannelModel, queue: string, messages: number): Promise<void> {
  const bodies = recordedBodies()
  const channel: ConfirmChannel = await model.createConfirmChannel()
  for (let i = 0; i < messages; i++) {
    const body = bodies[i % bodies.length] as Buffer
    channel.sendToQueue(queue, body, { persistent: true, contentType: 'application/json' })
    if (i % 2000 === 1999) await channel.waitForConfirms()
  }
  await channel.waitForConfirms()
  await channel.close()
}

/** Counts what is finished and measures from the first message received after the warm-up to the last one finished. */
export class Meter {
  readonly #task: Pick<Task, 'messages' | 'warmUp'>
  readonly #onEnd: (result: Result) => void
  readonly #idle = process.memoryUsage.rss()
  #peak = 0
  #finished = 0
  #started: { at: number; cpu: NodeJS.CpuUsage } | undefined

  constructor(task: Pick<Task, 'messages' | 'warmUp'>, onEnd: (result: Result) => void) {
    this.#task = task
    this.#onEnd = onEnd
  }

  received(): void {
    if (this.#started === undefined && this.#finished >= this.#task.warmUp) {
      this.#started = { at: performance.now(), cpu: process.cpuUsage() }
    }
  }

  finished(): void {
    this.#finished += 1
    if (this.#finished % 1000 === 0) this.#peak = Math.max(this.#peak, process.memoryUsage.rss())
    const { messages, warmUp } = this.#task
    if (this.#finished !== warmUp + messages || this.#started === undefined) return
    const { at, cpu } = this.#started
    const used = process.cpuUsage(cpu)
    this.#onEnd({
      seconds: (performance.now() - at) / 1000,
      cpuMicroseconds: (used.user + used.system) / messages,
      idleRssMb: this.#idle / 1e6,
      peakRssMb: Math.max(this.#peak, process.memoryUsage.rss()) / 1e6,
    })
  }
}

export function finish(result: Result): void {
  process.send?.(result, () => process.exit(0))
}
