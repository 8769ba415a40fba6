import { type InHand, Redelivery } from '../delivery/redelivery'
import type { DeliverySource } from '../delivery/service'
import { backoffMs, type Clock } from '../http/retry'
import type { OccurrenceMessage } from '../message/model'
import type { PceClient } from './client'
import type { Cursor } from './cursor'
import { messageOfPceEvent } from './message'
import { ownMessage } from './own-events'
import type { PceError } from './pce-error'
import { SelfReport, type Told } from './self-report'
import { type Marked, readWindow, type WindowRead } from './window'

/** Where the very first poll begins, by the PCE's clock; later ones go on where the last one ended. */
export type FirstPoll = 'now' | { readonly from: number } | { readonly lookBackMs: number }

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
  readonly #self: SelfReport
  readonly #stopping = new AbortController()
  /** Key → time of events in hand. */
  readonly #open = new Map<string, number>()
  /** How far windows were read; the watermark follows when the flow has finished. */
  #read: number | undefined
  /** PCE's clock minus ours, ms. */
  #skew = 0
  #polled: number | undefined
  /** Beginnings of gaps that the flow has not finished with, ms. */
  readonly #gaps = new Set<number>()
  #deadLetters = 0
  /** The last poll was handed on whole. */
  #caughtUp = false
  #wake: (() => void) | undefined
  #running: Promise<void> = Promise.resolve()

  constructor(options: PollerOptions) {
    this.#options = options
    const { attempts, deliveries, send, keepDeadLetter, cursor, clock, report } = options
    this.#self = new SelfReport(
      (told) => this.#tell(told),
      () => clock.now(),
    )
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
    const { client, cursor, clock, overlapMs, pageSize, watchHealth } = this.#options
    const { signal } = this.#stopping
    if (this.#read === undefined) await this.#takeUp()
    const start = this.#read
    const begun = cursor.begun ?? 0
    const from = start === undefined ? begun : Math.max(start - overlapMs, begun)
    const to = Math.max(clock.now() + this.#skew, from)
    const read = await readWindow(client, from, to, pageSize, signal)
    if (read.at !== undefined) this.#skew = read.at - clock.now()
    await this.#self.answered()
    if (watchHealth) await this.#self.watchHealth(client, signal)
    if (!(await this.#handOn(read))) return
    const newest = read.events.at(-1)?.time
    // On a quiet PCE the window must not grow for ever; what becomes visible late stays within the overlap.
    this.#read = Math.max(start ?? from, newest ?? to - overlapMs)
    this.#polled = to
    this.#moveOn()
    this.#caughtUp = true
    this.#report()
  }

  /** Goes on where the last process ended. Whoever was away for longer than the PCE keeps events has lost some, and says so. */
  async #takeUp(): Promise<void> {
    const { client, cursor, clock, retentionMs, first } = this.#options
    // The PCE's clock counts, and only an answer tells it: a window that ends in its future would pass over what is to come.
    const { at } = await client.events(clock.now(), clock.now(), 1, this.#stopping.signal)
    if (at !== undefined) this.#skew = at - clock.now()
    const now = clock.now() + this.#skew
    cursor.begun ??= first === 'now' ? now : 'from' in first ? first.from : now - first.lookBackMs
    this.#read = cursor.watermark
    const polled = cursor.polled ?? cursor.watermark
    if (polled === undefined) return
    const kept = now - retentionMs
    if (polled >= kept) return
    await this.#tell(this.#self.gap(polled, kept, 'nobody polled for longer than the PCE keeps its events'))
  }

  /** False when the poller stops before all were handed on. */
  async #handOn(read: WindowRead): Promise<boolean> {
    const { client, cursor, wants } = this.#options
    const host = new URL(client.account.origin).host
    for (const gap of read.gaps) {
      await this.#tell(this.#self.gap(gap.from, gap.to, 'more events happened at one moment than the PCE gives'))
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
      this.#report()
    }
    this.#events.deliver({ key, time, event, message: again(), again, done })
    this.#report()
  }

  /** The watermark may go up to the oldest event that is not finished; a gap that is not yet told counts as one. */
  #moveOn(): void {
    const { cursor } = this.#options
    if (this.#read === undefined) return
    const oldest = this.#open.size === 0 ? this.#read : Math.min(this.#read, ...this.#open.values())
    const polled = Math.min(this.#polled ?? cursor.polled ?? oldest, ...this.#gaps)
    cursor.move(oldest, polled, { ...this.#events.failures })
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
    this.#caughtUp = false
    const error = await this.#self.failed(thrown)
    const backoff = Math.max(1000, backoffMs(failures, BACKOFF, clock.random))
    const waitMs = error.needsPerson ? PERSON_MS : Math.max(error.waitMs ?? 0, backoff)
    report({ kind: 'failing', error, retryInMs: waitMs })
    return waitMs
  }

  async #tell(told: Told): Promise<void> {
    if (!(await this.#room())) return
    const again = () => ownMessage({ ...told, pce: this.#options.client.account.origin })
    const message = again()
    const isGap = told.type === 'gap.illumio'
    if (isGap) this.#gaps.add(told.at)
    const done = () => {
      if (isGap) this.#gaps.delete(told.at)
    }
    this.#events.deliver({ key: message.event.id, time: told.at, message, again, done })
  }

  #report(): void {
    const { report } = this.#options
    report({ kind: 'polling', open: this.#events.open, deadLetters: this.#deadLetters, caughtUp: this.#caughtUp })
  }
}
