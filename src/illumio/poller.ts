import { type InHand, Redelivery } from '../delivery/redelivery'
import { describeError } from '../errors/operator-error'
import { backoffMs } from '../http/retry'
import type { OccurrenceMessage } from '../message/model'
import { messageOfPceEvent } from './message'
import { ownMessage } from './own-events'
import { asPceError } from './pce-error'
import { Place } from './place'
import type { PollerOptions } from './poller-model'
import { SelfReport, type Told } from './self-report'
import { type Marked, readWindow, type WindowRead } from './window'

const BACKOFF = { firstMs: 2000, capMs: 120_000 }
/** What a person must mend is asked for seldom: wrong keys are logged at the PCE. */
const PERSON_MS = 300_000
const NO_EVENT = { code: 'ILLUMIO_EVENT', message: 'It is no event: not an object, or without a time.' }

interface EventInHand extends InHand<OccurrenceMessage> {
  /** Undefined for what the poller itself tells. */
  readonly event?: unknown
}

/**
 * Polls a PCE without loss or repeats: reads the time since the watermark and a little before it, hands on what is not finished
 * yet, and moves the watermark only past what the flow has finished with. A failed poll never moves it.
 */
export class Poller {
  readonly #options: PollerOptions
  readonly #events: Redelivery<OccurrenceMessage, EventInHand>
  readonly #place: Place
  readonly #self: SelfReport
  readonly #stopping = new AbortController()
  /** PCE's clock minus ours, ms; undefined before its first answer. */
  #skew: number | undefined
  /** Since a poll of this process was whole, time that is gone is lost, and not merely asked for too early. */
  #wasWhole: boolean
  #deadLetters = 0
  #caughtUp = false
  #failing = false
  #wake: (() => void) | undefined
  #running: Promise<void> = Promise.resolve()

  constructor(options: PollerOptions) {
    this.#options = options
    const { attempts, deliveries, send, cursor, clock, report } = options
    this.#wasWhole = cursor.watermark !== undefined
    this.#self = new SelfReport(
      async (told) => void (await this.#tell(told)),
      () => clock.now(),
    )
    this.#events = new Redelivery(
      {
        attempts,
        deliveries,
        send,
        bury: ({ event, message }, burial) => options.keepDeadLetter(this.#letter(burial, event ?? message.event)),
        onBuried: ({ reason }) => {
          this.#deadLetters += 1
          report({ kind: 'dead-letter', ...reason })
        },
        onBurialFailure: (error) => report({ kind: 'trouble', error }),
        onChange: () => {
          this.#place.moveOn()
          this.#wake?.()
        },
      },
      cursor.failures,
    )
    this.#place = new Place(cursor, () => this.#events.failures)
  }

  start(): void {
    this.#running = this.#run()
  }

  pause(): void {
    this.#events.pause()
  }

  resume(): void {
    this.#events.resume()
    this.#wake?.()
  }

  get isPaused(): boolean {
    return this.#events.isPaused
  }

  /** Polls and sends nothing more. Open deliveries may still settle until {@link close}. */
  async stop(): Promise<void> {
    this.#stopping.abort()
    this.#wake?.()
    this.#events.stop()
    await this.#running
  }

  /** Resolves when the cursor is on the disk. */
  async close(): Promise<void> {
    await this.stop()
    await this.#place.flush()
  }

  async #run(): Promise<void> {
    const { signal } = this.#stopping
    const { clock, intervalMs } = this.#options
    for (let failures = 0; !signal.aborted; ) {
      let waitMs = intervalMs
      try {
        await this.#poll()
        failures = 0
      } catch (thrown) {
        if (signal.aborted) return
        failures += 1
        waitMs = await this.#failed(thrown, failures)
      }
      await clock.sleep(waitMs, signal).catch(() => {})
    }
  }

  async #poll(): Promise<void> {
    const { client, overlapMs, pageSize, watchHealth } = this.#options
    const { signal } = this.#stopping
    if (this.#skew === undefined) await this.#takeUp()
    if (!(await this.#tellWhatIsGone())) return
    const from = this.#place.windowFrom(overlapMs)
    const to = Math.max(this.#now(), from)
    for await (const part of readWindow(client, from, to, pageSize, signal)) {
      if (part.at !== undefined) this.#skew = part.at - this.#options.clock.now()
      this.#failing = false
      await this.#self.answered()
      if (!(await this.#handOn(part))) return
      // What becomes visible late must stay within the next window; on a quiet PCE that window must not grow for ever.
      this.#place.readUpTo(Math.max(Math.min(part.to, to - overlapMs), part.events.at(-1)?.time ?? 0))
      if (this.#isGone()) return
    }
    this.#wasWhole = true
    this.#caughtUp = true
    this.#report()
    if (watchHealth) await this.#self.watchHealth(client, signal)
  }

  /** ms, by the PCE's clock. */
  #now(): number {
    return this.#options.clock.now() + (this.#skew ?? 0)
  }

  /** The PCE's clock counts, and only an answer tells it: a window that ends in its future would pass over what is to come. */
  async #takeUp(): Promise<void> {
    const { client, clock, first } = this.#options
    const { at } = await client.events(clock.now(), clock.now(), 1, this.#stopping.signal)
    this.#skew = at === undefined ? 0 : at - clock.now()
    if (this.#place.read !== undefined) return
    const now = this.#now()
    await this.#place.begin(first === 'now' ? now : 'from' in first ? first.from : now - first.lookBackMs)
  }

  /** The PCE has thrown away events that were not read yet, or may have. */
  #isGone(): boolean {
    const { read = Number.POSITIVE_INFINITY } = this.#place
    return this.#wasWhole && read < this.#now() - this.#options.retentionMs
  }

  /**
   * Whoever was away, or held up by the flow, for longer than the PCE keeps events has lost some, and says so. False when the
   * poller stops before it could: the place stays, and the next start tells of it.
   */
  async #tellWhatIsGone(): Promise<boolean> {
    const { read } = this.#place
    if (read === undefined || !this.#isGone()) return true
    const kept = this.#now() - this.#options.retentionMs
    const gap = this.#self.gap(read, kept, 'nobody polled for longer than the PCE keeps its events')
    if (!(await this.#tell(gap))) return false
    this.#place.readUpTo(kept)
    return true
  }

  /** False when the poller stops before all were handed on. */
  async #handOn({ events, strange, gap }: WindowRead): Promise<boolean> {
    if (gap !== undefined) {
      const told = this.#self.gap(gap.from, gap.to, 'more events happened at one moment than the PCE gives')
      if (!(await this.#tell(told))) return false
    }
    for (const what of strange) {
      const text = JSON.stringify(what) ?? 'undefined'
      const key = `strange:${text.length}:${text.slice(0, 500)}`
      if (!this.#place.isKnown(key)) this.#giveUp(key, this.#place.read ?? this.#now(), what, NO_EVENT)
    }
    for (const marked of events) {
      if (this.#place.isKnown(marked.key)) continue
      if (!(await this.#room())) return false
      this.#take(marked)
    }
    return true
  }

  #take({ key, time, event }: Marked): void {
    const eventType = typeof event['event_type'] === 'string' ? event['event_type'] : 'unknown'
    if (!this.#options.wants(eventType)) {
      this.#place.finished(key, time)
      return
    }
    const { host } = new URL(this.#options.client.account.origin)
    const again = () => messageOfPceEvent(event, host)
    let message: OccurrenceMessage
    try {
      message = again()
    } catch (thrown) {
      // One event that nobody foresaw must not stop all that come after it.
      this.#giveUp(key, time, event, { code: NO_EVENT.code, message: describeError(thrown) })
      return
    }
    this.#place.opened(key, time)
    const done = () => {
      this.#place.finished(key, time)
      this.#report()
    }
    this.#events.deliver({ key, event, message, again, done })
    this.#report()
  }

  /** Waits until another event may be sent; false when the poller stops. */
  async #room(): Promise<boolean> {
    const full = () => this.#events.isPaused || this.#events.open >= this.#options.window
    while (!this.#stopping.signal.aborted && full()) {
      this.#report()
      await new Promise<void>((resolve) => {
        this.#wake = resolve
      })
      this.#wake = undefined
    }
    return !this.#stopping.signal.aborted
  }

  /** What cannot become a message is kept for a person, once. */
  #giveUp(
    key: string,
    time: number,
    event: unknown,
    reason: { readonly code: string; readonly message: string },
  ): void {
    this.#place.opened(key, time)
    const burial = { reason, attempts: 0 }
    this.#events.giveUp(
      burial,
      () => this.#options.keepDeadLetter(this.#letter(burial, event)),
      () => this.#place.finished(key, time),
    )
  }

  #letter(burial: object, event: unknown): object {
    const { clock, client } = this.#options
    return { at: new Date(clock.now()).toISOString(), pce: client.account.origin, ...burial, event }
  }

  async #failed(thrown: unknown, failures: number): Promise<number> {
    const { clock, report } = this.#options
    this.#caughtUp = false
    this.#failing = true
    const error = asPceError(thrown)
    const backoff = Math.max(1000, backoffMs(failures, BACKOFF, clock.random))
    const waitMs = error.needsPerson ? PERSON_MS : Math.max(error.waitMs ?? 0, backoff)
    report({ kind: 'failing', error, retryInMs: waitMs })
    await this.#self.failed(error)
    return waitMs
  }

  /** Chosen by type as the PCE's events are; but lost events concern whoever chose any. False when the poller stops first. */
  async #tell(told: Told): Promise<boolean> {
    const isGap = told.type === 'gap.illumio'
    if (!isGap && !this.#options.wants(told.type)) return true
    if (!(await this.#room())) return false
    const again = () => ownMessage({ ...told, pce: this.#options.client.account.origin })
    const message = again()
    const key = message.event.id
    if (isGap) this.#place.opened(key, told.at)
    this.#events.deliver({ key, message, again, done: () => this.#place.told(key) })
    return true
  }

  #report(): void {
    const { report } = this.#options
    const { open } = this.#events
    report({
      ...{ kind: 'polling', open, deadLetters: this.#deadLetters },
      ...{ caughtUp: this.#caughtUp, failing: this.#failing },
    })
  }
}
