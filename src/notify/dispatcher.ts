import type { SentOnce } from '../journal/sent-once'
import type { Sent } from './channel'
import type { NotifyCounts } from './counters'
import type { Report } from './model'
import type { Sender } from './sender'
import type { ThrottleMemory } from './throttle-memory'

export interface DispatcherOptions {
  readonly sender: Sender
  /** Undefined where nothing is journalled. */
  readonly sentOnce: SentOnce | undefined
  /** Undefined: no throttle. */
  readonly throttle: ThrottleMemory | undefined
  /** Of a report, for the throttle. */
  readonly throttleKey: (report: Report) => string
  /** Reports that go through whatever the throttle says, e.g. by severity. */
  readonly passes: (report: Report) => boolean
  readonly counts: NotifyCounts
  readonly now: () => number
  readonly onTrouble: (thrown: unknown) => void
}

/** What became of a report. */
export type Dispatched =
  | { readonly became: 'sent'; readonly sent: Sent }
  | { readonly became: 'repeated' }
  /** Held back; the next one of its key tells how many were. */
  | { readonly became: 'throttled' }

/** The way of a report to its channel: known already? too many? then in its turn; remembered when it was sent. */
export class NotifyDispatcher {
  readonly #options: DispatcherOptions
  /** Key → reports on their way that may yet spend a slot: they arrive together and must not all see the same free one. */
  readonly #going = new Map<string, number>()

  constructor(options: DispatcherOptions) {
    this.#options = options
  }

  /** Rejects as {@link Sender.send} does; it is then not remembered as sent, and no slot is spent. */
  async dispatch(report: Report, signal: AbortSignal | undefined, onBegin: () => void): Promise<Dispatched> {
    const { sentOnce, counts } = this.#options
    let result: Dispatched = { became: 'repeated' }
    const send = async (remember?: () => Promise<void>) => {
      result = await this.#throttled(report, signal, onBegin, remember)
    }
    try {
      if (sentOnce === undefined) await send()
      else await sentOnce.once(report.id, send)
    } catch (thrown) {
      counts.failed += 1
      throw thrown
    }
    counts[result.became] += 1
    return result
  }

  async #throttled(
    report: Report,
    signal: AbortSignal | undefined,
    onBegin: () => void,
    remember?: () => Promise<void>,
  ): Promise<Dispatched> {
    const { throttle: memory, sender, now } = this.#options
    if (memory === undefined) return { became: 'sent', sent: await sender.send(report, signal, onBegin, remember) }
    const { throttle } = memory
    const key = this.#options.throttleKey(report)
    if (!this.#options.passes(report) && !throttle.mayPass(key, now(), this.#going.get(key) ?? 0)) {
      await this.#save(key, throttle.heldBack(key, now()))
      return { became: 'throttled' }
    }
    this.#going.set(key, (this.#going.get(key) ?? 0) + 1)
    try {
      const suppressed = throttle.suppressed(key)
      const told = suppressed === undefined ? report : { ...report, suppressed }
      const sent = await sender.send(told, signal, onBegin, remember)
      await this.#save(key, throttle.passed(key, now(), suppressed?.count ?? 0))
      return { became: 'sent', sent }
    } finally {
      const left = (this.#going.get(key) ?? 1) - 1
      if (left > 0) this.#going.set(key, left)
      else this.#going.delete(key)
    }
  }

  async #save(key: string, state: Parameters<ThrottleMemory['save']>[1]): Promise<void> {
    const { throttle, now, onTrouble } = this.#options
    try {
      await throttle?.save(key, state, now())
    } catch (thrown) {
      // Better one report too many after a restart than none now.
      onTrouble(thrown)
    }
  }
}
