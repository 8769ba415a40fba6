import { type InHand, Redelivery } from '../delivery/redelivery'
import type { DeliverySource } from '../delivery/service'
import { describeError } from '../errors/operator-error'
import { backoffMs, type Clock } from '../http/retry'
import type { OccurrenceMessage } from '../message/model'
import type { PceClient } from './client'
import type { Cursor } from './cursor'
import { messageOfPceEvent } from './message'
import { type OwnOccurrence, ownMessage } from './own-events'
import { PceError } from './pce-error'
import { type Marked, readWindow, type WindowRead } from './window'

/** Where the very first poll begins: ms since 1970. Later ones go on where the last one ended. */
export type FirstPoll = { readonly from: number }

export interface PollerOptions {
  readonly client: PceClient
  readonly cursor: Cursor
  readonly clock: Clock
  readonly intervalMs: number
  readonly overlapMs: number
  /** Events asked for at once. */
  readonly pageSize: number
  readonly first: FirstPoll
  /** As set at the PCE, for telling what is gone. */
  readonly retentionMs: number
  /** Events in the flow at a time. */
  readonly window: number
  readonly attempts: number
  readonly watchHealth: boolean
  readonly wants: (eventType: string) => boolean
  /** Undefined: an event is finished when it is sent. */
  readonly deliveries: DeliverySource | undefined
  readonly send: (message: OccurrenceMessage) => void
  readonly keepDeadLetter: (letter: object) => Promise<void>
  readonly report: (state: PollerState) => void
}

/** What the poller does, for a status. */
export type PollerState =
  | { readonly kind: 'polling'; readonly open: number; readonly deadLetters: number; readonly caughtUp: boolean }
  | { readonly kind: 'failing'; readonly error: PceError; readonly retryInMs: number }
  | { readonly kind: 'dead-letter'; readonly code: string; readonly message: string }
  | { readonly kind: 'trouble'; readonly error: unknown }

const BACKOFF = { firstMs: 2000, capMs: 120_000 }
/** What a person must mend is asked for seldom: wrong keys are logged at the PCE. */
const PERSON_MS = 300_000
const HEALTH_EVERY_MS = 60_000

interface EventInHand extends InHand<OccurrenceMessage> {
  readonly time: number
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
  readonly #stopping = new AbortController()
  /** Key → time of events in hand. */
  readonly #open = new Map<string, number>()
  /** How far windows were read; the watermark follows when the flow has finished. */
  #read: number | undefined
  /** PCE's clock minus ours, ms. */
  #skew = 0
  #deadLetters = 0
  #failedSince: number | undefined
  #health: string | undefined
  #healthAt = 0
  #wake: (() => void) | undefined
  #running: Promise<void> = Promise.resolve()

  constructor(options: PollerOptions) {
    this.#options = options
    const { attempts, deliveries, send, keepDeadLetter, cursor, clock, report } = options
    this.#events = new Redelivery(
      {
        attempts,
        deliveries,
        send,
        bury: ({ event, message }, burial) =>
          keepDeadLetter({
            at: new Date(clock.now()).toISOString(),
            pce: options.client.account.origin,
            ...burial,
            event: event ?? message.event,
          }),
        onBuried: ({ reason }) => {
          this.#deadLetters += 1
          report({ kind: 'dead-letter', ...reason })
        },
        onBurialFailure: (error) => report({ kind: 'trouble', error }),
        onChange: () => this.#wake?.(),
      },
      cursor.failures,
    )
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
    this.#moveOn()
    await this.#options.cursor.flush()
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
    const { client, cursor, clock, overlapMs, pageSize, first } = this.#options
    const { signal } = this.#stopping
    if (cursor.watermark !== undefined) await this.#tellOfLostTime(cursor.polled ?? cursor.watermark)
    const now = clock.now() + this.#skew
    const start = this.#read ?? cursor.watermark
    const from = start === undefined ? first.from : start - overlapMs
    const to = Math.max(now, from)
    const read = await readWindow(client, from, to, pageSize, signal)
    if (read.at !== undefined) this.#skew = read.at - clock.now()
    await this.#recovered()
    await this.#watchHealth()
    if (!(await this.#handOn(read))) return
    const newest = read.events.at(-1)?.time
    // On a quiet PCE the window must not grow for ever; what becomes visible late stays within the overlap.
    this.#read = Math.max(this.#read ?? 0, start ?? 0, newest ?? to - overlapMs)
    this.#moveOn(to)
    this.#report(true)
  }

  /** False when the poller stops before all were handed on. */
  async #handOn(read: WindowRead): Promise<boolean> {
    const { client, cursor, wants } = this.#options
    const host = new URL(client.account.origin).host
    for (const gap of read.gaps) {
      await this.#tell({
        ...{ type: 'gap.illumio', at: gap.from, outcome: 'failure', severity: 'err', code: 'gap.illumio' },
        reason: 'more events happened at one moment than the PCE gives',
        details: { from: new Date(gap.from).toISOString(), to: new Date(gap.to).toISOString() },
      })
    }
    for (const strange of read.strange) await this.#giveUp(strange)
    for (const marked of read.events) {
      if (cursor.has(marked.key) || this.#open.has(marked.key)) continue
      if (!(await this.#room())) return false
      this.#take(marked, host, wants)
    }
    return true
  }

  #take({ key, time, event }: Marked, host: string, wants: PollerOptions['wants']): void {
    const { cursor } = this.#options
    const eventType = typeof event['event_type'] === 'string' ? event['event_type'] : 'unknown'
    if (!wants(eventType)) {
      cursor.finished(key, time)
      return
    }
    this.#open.set(key, time)
    const again = () => messageOfPceEvent(event, host)
    const done = () => {
      this.#open.delete(key)
      cursor.finished(key, time)
      this.#moveOn()
    }
    this.#events.deliver({ key, time, event, message: again(), again, done })
    this.#report(false)
  }

  /** The watermark may go up to the oldest event that is not finished. */
  #moveOn(polled = this.#options.cursor.polled ?? this.#options.clock.now() + this.#skew): void {
    if (this.#read === undefined) return
    const oldest = this.#open.size === 0 ? this.#read : Math.min(this.#read, ...this.#open.values())
    this.#options.cursor.move(oldest, polled, { ...this.#events.failures })
  }

  /** Waits until another event may be sent; false when the poller stops. */
  async #room(): Promise<boolean> {
    const full = () => this.#events.isPaused || this.#events.open >= this.#options.window
    while (!this.#stopping.signal.aborted && full()) {
      this.#report(false)
      await new Promise<void>((resolve) => {
        this.#wake = resolve
      })
      this.#wake = undefined
    }
    return !this.#stopping.signal.aborted
  }

  /** What cannot be read as an event is kept for a person, once. */
  async #giveUp(strange: unknown): Promise<void> {
    const { cursor, keepDeadLetter, clock, client } = this.#options
    const text = JSON.stringify(strange) ?? 'undefined'
    const key = `strange:${text.length}:${text.slice(0, 500)}`
    if (cursor.has(key) || this.#open.has(key)) return
    const reason = { code: 'ILLUMIO_EVENT', message: 'It is no event: not an object, or without a time.' }
    const time = this.#read ?? clock.now()
    this.#open.set(key, time)
    const letter = {
      at: new Date(clock.now()).toISOString(),
      pce: client.account.origin,
      reason,
      attempts: 0,
      event: strange,
    }
    this.#events.giveUp(
      { reason, attempts: 0 },
      () => keepDeadLetter(letter),
      () => {
        this.#open.delete(key)
        cursor.finished(key, time)
      },
    )
  }

  async #failed(thrown: unknown, failures: number): Promise<number> {
    const { clock, report } = this.#options
    const error =
      thrown instanceof PceError ? thrown : new PceError('ILLUMIO_ANSWER', describeError(thrown), { cause: thrown })
    const backoff = Math.max(1000, backoffMs(failures, BACKOFF, clock.random))
    const waitMs = error.needsPerson ? PERSON_MS : Math.max(error.waitMs ?? 0, backoff)
    report({ kind: 'failing', error, retryInMs: waitMs })
    if (this.#failedSince === undefined) {
      this.#failedSince = clock.now()
      await this.#tell({
        ...{ type: 'illumio.poll.failed', at: this.#failedSince, outcome: 'failure', code: error.code },
        severity: error.needsPerson ? 'err' : 'warning',
        reason: error.message,
        details: {},
      })
    }
    return waitMs
  }

  async #recovered(): Promise<void> {
    if (this.#failedSince === undefined) return
    const since = this.#failedSince
    this.#failedSince = undefined
    await this.#tell({
      ...{ type: 'illumio.poll.recovered', at: this.#options.clock.now(), outcome: 'success', severity: 'info' },
      ...{ code: 'illumio.poll.recovered', reason: 'the PCE answers again' },
      details: { failedSince: new Date(since).toISOString() },
    })
  }

  async #watchHealth(): Promise<void> {
    const { client, clock, watchHealth } = this.#options
    if (!watchHealth || clock.now() - this.#healthAt < HEALTH_EVERY_MS) return
    this.#healthAt = clock.now()
    const status = await client.health(this.#stopping.signal).catch(() => undefined)
    if (status === undefined || status === (this.#health ?? 'normal')) {
      this.#health ??= status
      return
    }
    const before = this.#health ?? 'normal'
    this.#health = status
    await this.#tell({
      ...{ type: 'illumio.health', at: clock.now(), outcome: status === 'normal' ? 'success' : 'failure' },
      severity: status === 'normal' ? 'info' : status === 'critical' ? 'crit' : 'warning',
      ...{ code: status, reason: `the PCE is ${status}, after ${before}`, details: { status, before } },
    })
  }

  /** Whoever was away for longer than the PCE keeps events has lost some, and says so once. */
  async #tellOfLostTime(polled: number): Promise<void> {
    if (this.#read !== undefined) return
    const { clock, retentionMs, overlapMs } = this.#options
    const kept = clock.now() + this.#skew - retentionMs
    this.#read = this.#options.cursor.watermark
    if (polled >= kept) return
    await this.#tell({
      ...{ type: 'gap.illumio', at: polled, outcome: 'failure', severity: 'err', code: 'gap.illumio' },
      reason: 'nobody polled for longer than the PCE keeps its events',
      details: { from: new Date(polled - overlapMs).toISOString(), to: new Date(kept).toISOString() },
    })
  }

  async #tell(own: Omit<OwnOccurrence, 'pce'>): Promise<void> {
    if (!(await this.#room())) return
    const again = () => ownMessage({ ...own, pce: this.#options.client.account.origin })
    const message = again()
    this.#events.deliver({ key: message.event.id, time: own.at, message, again, done: () => {} })
  }

  #report(caughtUp: boolean): void {
    this.#options.report({ kind: 'polling', open: this.#events.open, deadLetters: this.#deadLetters, caughtUp })
  }
}
