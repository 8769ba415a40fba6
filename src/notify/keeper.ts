import { BatchCollector, type CollectorOptions } from '../batch/collector'
import type { EmittedBatch } from '../batch/model'
import type { Settlement } from '../delivery/service'
import { describeError, OperatorError } from '../errors/operator-error'
import type { Journal } from '../journal/journal'
import { SentOnce } from '../journal/sent-once'
import type { Timers } from '../time/timers'
import type { Sent } from './channel'
import type { JournalMemory } from './channel-memory'
import type { Composer } from './compose'
import type { NotifyCounts } from './counters'
import { type Dispatched, NotifyDispatcher } from './dispatcher'
import type { Occurrence, Report } from './model'
import { type QuietHours, quietUntil } from './quiet-hours'
import type { Sender } from './sender'
import type { NotifySettings } from './settings'
import { isAtLeast } from './severity'
import { ThrottleMemory } from './throttle-memory'

export interface KeeperOptions {
  readonly journal: Journal
  /** The node's id. */
  readonly owner: string
  readonly settings: NotifySettings
  readonly composer: Composer
  readonly sender: Sender
  readonly counts: NotifyCounts
  readonly timers: Timers
  readonly random: () => number
  readonly newId: () => string
  /** What the channel remembers; from now on in the journal. */
  readonly memory?: JournalMemory
  /** Hands on what was sent of a held group, as a delivery of its own. */
  readonly handOn: (report: Report, sent: Sent) => Promise<Settlement>
  readonly onChange: () => void
  readonly onTrouble: (thrown: unknown) => void
}

/** A group never ends by its size: a night may bring many. */
const ANY_NUMBER = Number.MAX_SAFE_INTEGER

/**
 * What a notifying node does once the journal is open: sends at once, or keeps for a group or until quiet hours end. What is
 * kept is in the journal before its message counts as finished.
 */
export class NotifyKeeper {
  readonly dispatcher: NotifyDispatcher
  readonly collector: BatchCollector
  readonly #options: KeeperOptions

  private constructor(options: KeeperOptions, dispatcher: NotifyDispatcher, collector: BatchCollector) {
    this.#options = options
    this.dispatcher = dispatcher
    this.collector = collector
  }

  /** Rejects as the journal does. */
  static async load(options: KeeperOptions): Promise<NotifyKeeper> {
    const { journal, owner, settings, composer, sender, counts, timers, onTrouble } = options
    const { throttle, urgent } = settings
    options.memory?.keepIn(journal, owner, onTrouble)
    const dispatcher = new NotifyDispatcher({
      sender,
      sentOnce: await SentOnce.load(journal, owner, timers, onTrouble),
      throttle: throttle === undefined ? undefined : await ThrottleMemory.load(journal, owner, throttle),
      throttleKey: (report) => composer.throttleKey(report),
      passes: ({ severity }) => urgent !== undefined && isAtLeast(severity, urgent),
      counts,
      now: () => timers.now(),
      onTrouble,
    })
    const emit = (batch: EmittedBatch) => sendGroup(batch, dispatcher, options)
    const collector = await BatchCollector.load({ ...collecting(options), emit })
    return new NotifyKeeper(options, dispatcher, collector)
  }

  /** Whether a report has to wait now. */
  holds(report: Report): boolean {
    const { quiet, groupMs, urgent } = this.#options.settings
    if (urgent !== undefined && isAtLeast(report.severity, urgent)) return false
    return groupMs > 0 || quietEnd(quiet, this.#options.timers.now()) !== undefined
  }

  dispatch(report: Report, signal: AbortSignal | undefined, onBegin: () => void): Promise<Dispatched> {
    return this.dispatcher.dispatch(report, signal, onBegin)
  }

  get waiting(): number {
    return this.collector.waiting
  }

  start(): void {
    this.collector.start()
  }

  pause(): void {
    this.collector.pause()
  }

  resume(): void {
    this.collector.resume()
  }

  /** Resolves when nothing is on its way any more. */
  async close(): Promise<void> {
    await this.#options.sender.close()
    await this.collector.close()
  }
}

function collecting(options: KeeperOptions): Omit<CollectorOptions, 'emit'> {
  const { journal, owner, settings, timers, random, newId, onChange, onTrouble } = options
  const { groupMs, quiet, held } = settings
  const policy = {
    // Without grouping a window only waits for the end of quiet hours.
    windowMs: Math.max(1, groupMs),
    count: ANY_NUMBER,
    held,
    notBefore: (due: number) => quietEnd(quiet, due) ?? due,
  }
  return { journal, owner, policy, timers, random, newId, onChange, onTrouble, atOnce: 1 }
}

function quietEnd(quiet: QuietHours | undefined, at: number): number | undefined {
  return quiet === undefined ? undefined : quietUntil(quiet, at)
}

/** Never rejects: the collector keeps what could not be sent. */
async function sendGroup(
  { info, members }: EmittedBatch,
  dispatcher: NotifyDispatcher,
  { composer, handOn, owner }: KeeperOptions,
): Promise<Settlement> {
  try {
    const occurrences: readonly Occurrence[] = members
    const report = composer.compose(occurrences, occurrences.length === 1 ? undefined : info.id)
    const dispatched = await dispatcher.dispatch(report, undefined, () => {})
    if (dispatched.became === 'throttled') return { outcome: 'accepted' }
    return await handOn(report, dispatched.became === 'sent' ? dispatched.sent : { did: 'repeated' })
  } catch (thrown) {
    const code = thrown instanceof OperatorError ? thrown.code : 'UNEXPECTED'
    const reason = { code, message: describeError(thrown), nodeId: owner }
    if (code === 'NOTIFY_WITHDRAWN') return { outcome: 'retry', reason, countsAttempt: false }
    const again = !(thrown instanceof OperatorError) || thrown.retryable
    return again ? { outcome: 'retry', reason, countsAttempt: true } : { outcome: 'dead-letter', reason }
  }
}
