import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { PLAIN_CONVERSION } from '../../../../src/cadf/conversion'
import type { DeliverySource, Settlement } from '../../../../src/delivery/service'
import type { OccurrenceMessage } from '../../../../src/message/model'
import type { LogFileState } from '../../../../src/notification/log-file/contract'
import { deadLetterFile } from '../../../../src/notification/log-file/dead-letter-file'
import { diskFileSystem } from '../../../../src/notification/log-file/file-system'
import { LogFileSource } from '../../../../src/notification/log-file/log-file-source'
import { waitFor } from '../../../support/wait-for'
import { JournalInMemory } from './journal-in-memory'

export const ACCEPTED: Settlement = { outcome: 'accepted' }
export const FAILED: Settlement = {
  outcome: 'retry',
  reason: { code: 'FLOW_ERROR', message: 'no', nodeId: 'n1' },
  countsAttempt: true,
}
export const DEPLOYED: Settlement = {
  outcome: 'retry',
  reason: { code: 'DEPLOYED', message: 'x' },
  countsAttempt: false,
}

let millisecond = 0
/** A log line of its own time, as no two lines of a log begin alike. */
export const logLine = (id: string, payload: object = {}) => {
  millisecond++
  const body = { message_id: id, publisher_id: 'network.vm', event_type: 'port.create.end', priority: 'INFO', payload }
  const at = `2026-11-21 07:57:44.${String(millisecond).padStart(6, '0')}`
  return `${at} 1 INFO oslo.messaging.notification.port.create.end [-] ${JSON.stringify({ ...body, timestamp: at })}\n`
}
export const ordinary = () => `2026-11-21 07:57:44.${millisecond++} 1 INFO neutron.wsgi [-] GET /\n`

/** What the flow does with a message: settles it at once, or leaves it open (undefined). */
export type Flow = (message: OccurrenceMessage, times: number) => Settlement | undefined

export class Run {
  readonly messages: OccurrenceMessage[] = []
  readonly states: LogFileState[] = []
  readonly source: LogFileSource
  private readonly settle = new Map<string, (settlement: Settlement) => void>()
  inFlight = 0
  most = 0

  readonly path: string

  constructor(
    path: string,
    journal: JournalInMemory,
    options: {
      startAt?: 'end' | 'beginning'
      window?: number
      attempts?: number
      flow?: Flow
      receipt?: boolean
      longestLine?: number
      pollMs?: number
    } = {},
  ) {
    const { flow = () => ACCEPTED } = options
    this.path = path
    const listeners = new Map<string, (settlement: Settlement) => void>()
    let opened = 0
    const deliveries: DeliverySource = {
      open: (onSettled) => {
        const token = `t${++opened}`
        this.inFlight++
        this.most = Math.max(this.most, this.inFlight)
        listeners.set(token, (settlement) => {
          this.inFlight--
          onSettled(settlement)
        })
        return { token, sent: () => {} }
      },
      get inFlight() {
        return 0
      },
      drain: async () => {},
      close: () => {},
    }
    this.source = new LogFileSource(
      {
        path,
        cloud: 'lab',
        startAt: options.startAt ?? 'beginning',
        window: options.window ?? 250,
        attempts: options.attempts ?? 3,
        longestLine: options.longestLine ?? 1_000_000,
        pollMs: options.pollMs ?? 10,
        fs: diskFileSystem,
        sleep: (ms, signal) => wait(ms, undefined, { signal }).catch(() => {}),
        wants: (eventType) => !eventType.startsWith('ignored.'),
        conversion: PLAIN_CONVERSION,
      },
      {
        journal,
        owner: 'node1',
        deliveries: options.receipt ? undefined : deliveries,
        keepDeadLetter: deadLetterFile(`${path}.dead`),
        send: (message) => {
          this.messages.push(message)
          const { messageId } = message.notification
          const token = message._delivery
          if (token === undefined) return
          const times = this.messages.filter((one) => one.notification.messageId === messageId).length
          const settlement = flow(message, times)
          const settle = listeners.get(token)
          assert.ok(settle)
          if (settlement === undefined) this.settle.set(messageId, settle)
          else setImmediate(() => settle(settlement))
        },
        report: (state) => this.states.push(state),
        now: Date.now,
      },
    )
    this.source.start()
  }

  get ids(): string[] {
    return this.messages.map(({ notification }) => notification.messageId)
  }

  finish(id: string, settlement = ACCEPTED): void {
    const settle = this.settle.get(id)
    assert.ok(settle, `${id} is open`)
    this.settle.delete(id)
    settle(settlement)
  }

  async gets(...ids: string[]): Promise<void> {
    await waitFor(
      () => `${ids} and got ${this.ids}; ${JSON.stringify(this.states.at(-1))}`,
      () => this.ids.length >= ids.length,
    )
    // A message too many would come with the next look at the file.
    await wait(30)
    assert.deepEqual(this.ids, ids)
  }

  async caughtUp(): Promise<void> {
    const before = this.states.length
    await waitFor(
      'two looks at the end of the file',
      () => this.states.slice(before).filter(({ kind }) => kind === 'reading' || kind === 'missing').length > 2,
    )
  }

  deadLetters(): {
    reason: { code: string }
    line?: string
    offset: number
    attempts: number
    notification?: { messageId: string }
  }[] {
    return readFileSync(`${this.path}.dead`, 'utf8')
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line))
  }
}

/** A directory with a log file for each test, and the runs of the source on it, one after the other. */
export function logFileLab() {
  const lab = {
    directory: '',
    path: '',
    journal: new JournalInMemory(),
    runs: [] as Run[],
    start(options: ConstructorParameters<typeof Run>[2] = {}): Run {
      const run = new Run(lab.path, lab.journal, options)
      lab.runs.push(run)
      return run
    },
    /** The offset in the journal. */
    saved(): number | undefined {
      const [row] = lab.journal.rows.values()
      return (row?.row.value as { position: { offset: number } } | undefined)?.position.offset
    },
  }
  beforeEach(() => {
    lab.directory = mkdtempSync(join(tmpdir(), 'log-file-'))
    lab.path = join(lab.directory, 'neutron.log')
    lab.journal = new JournalInMemory()
    lab.runs = []
  })
  afterEach(async () => {
    for (const run of lab.runs) await run.source.close()
    rmSync(lab.directory, { recursive: true, force: true })
  })
  return lab
}
