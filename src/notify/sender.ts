import { describeError, OperatorError } from '../errors/operator-error'
import { Pace, type Rate } from '../http/pace'
import { backoffMs, type Clock } from '../http/retry'
import { type Channel, NotifyError, type Sent } from './channel'
import type { Report } from './model'

/** What a person should see of the way to the service. */
export type Way =
  | { readonly kind: 'open' }
  /** Will heal by itself; tried again at `retryAt`, ms since 1970. */
  | { readonly kind: 'away'; readonly reason: string; readonly retryAt: number }
  /** A person must act: settings, credentials, a target that is not there. Tried again now and then all the same. */
  | { readonly kind: 'refused'; readonly reason: string; readonly retryAt: number }

export interface SenderOptions {
  readonly channel: Channel
  readonly rate: Rate
  readonly clock: Clock
  /** May a report be sent again when nobody knows whether it arrived? */
  readonly repeatUnknown: boolean
  readonly onWay: (way: Way) => void
}

const BACKOFF = { firstMs: 1000, capMs: 60_000 }
/** Wrong passwords lock accounts: seldom enough for that, often enough to heal without a deploy. */
const REFUSED_MS = 300_000
const LEAST_WAIT_MS = 250

/**
 * Sends reports to one target, one after another in the order they came, at the service's pace. While the service is away,
 * asks to wait, or refuses everything, the first in the row waits and is tried again, and so all others wait; only a report
 * that itself is at fault is given up.
 */
export class Sender {
  readonly #options: SenderOptions
  readonly #pace: Pace
  readonly #closed = new AbortController()
  /** The row: each begins when the one before has ended. */
  #last: Promise<unknown> = Promise.resolve()
  #waiting = 0
  #way: Way = { kind: 'open' }

  constructor(options: SenderOptions) {
    this.#options = options
    this.#pace = new Pace(options.rate, options.clock)
  }

  /** Reports that wait or are on their way. */
  get waiting(): number {
    return this.#waiting
  }

  get way(): Way {
    return this.#way
  }

  /**
   * @param signal the message was taken back: it is not begun, or not tried again
   * @param onBegin called right before the first try
   * @param onSent the next one waits for it too: whoever is killed has sent no more than one that is not on record
   * @throws NotifyError for a report that cannot be delivered as it is (`invalid`, `too_large`, `unknown` if not repeated),
   * `NOTIFY_WITHDRAWN` if it was taken back or the node closed before it was sent
   */
  send(
    report: Report,
    signal: AbortSignal | undefined,
    onBegin: () => void,
    onSent: () => Promise<void> = async () => {},
  ): Promise<Sent> {
    this.#waiting += 1
    const turn = this.#last.then(async () => {
      const sent = await this.#deliver(report, signal, onBegin)
      await onSent()
      return sent
    })
    this.#last = turn.catch(() => {})
    return turn.finally(() => {
      this.#waiting -= 1
    })
  }

  /** Resolves when nothing is on its way any more. */
  async close(): Promise<void> {
    this.#closed.abort()
    await this.#last
    await this.#options.channel.close()
  }

  async #deliver(report: Report, taken: AbortSignal | undefined, onBegin: () => void): Promise<Sent> {
    const { channel, clock } = this.#options
    const stop = taken === undefined ? this.#closed.signal : AbortSignal.any([taken, this.#closed.signal])
    for (let failures = 0; ; ) {
      if (stop.aborted) throw withdrawn()
      try {
        await this.#pace.turn(stop)
      } catch {
        throw withdrawn()
      }
      if (failures === 0) onBegin()
      try {
        const sent = await channel.send(report, undefined)
        this.#show({ kind: 'open' })
        return sent
      } catch (thrown) {
        failures += 1
        const error = asNotifyError(thrown)
        const waitMs = this.#waitAfter(error, failures)
        if (waitMs === undefined) throw error
        const retryAt = clock.now() + waitMs
        const kind = needsPerson(error) ? 'refused' : 'away'
        this.#show({ kind, reason: describeError(error), retryAt })
        try {
          await clock.sleep(waitMs, stop)
        } catch {
          throw withdrawn()
        }
      }
    }
  }

  /** How long to wait before the same report is tried again; undefined: not at all. */
  #waitAfter(error: NotifyError, failures: number): number | undefined {
    const { clock, repeatUnknown } = this.#options
    const backoff = Math.max(LEAST_WAIT_MS, backoffMs(failures, BACKOFF, clock.random))
    switch (error.kind) {
      case 'rate_limited':
        return Math.max(error.retryAfterMs ?? 0, backoff)
      case 'transient':
        return Math.max(error.retryAfterMs ?? 0, backoff)
      case 'unknown':
        return repeatUnknown ? backoff : undefined
      case 'config':
      case 'auth':
      case 'not_found':
        return REFUSED_MS
      case 'invalid':
      case 'too_large':
        return undefined
    }
  }

  #show(way: Way): void {
    const same = this.#way.kind === 'open' && way.kind === 'open'
    this.#way = way
    if (!same) this.#options.onWay(way)
  }
}

function needsPerson(error: NotifyError): boolean {
  return error.kind === 'config' || error.kind === 'auth' || error.kind === 'not_found'
}

function withdrawn(): OperatorError {
  return new OperatorError('NOTIFY_WITHDRAWN', 'The message was taken back before it was sent.', { retryable: true })
}

function asNotifyError(thrown: unknown): NotifyError {
  if (thrown instanceof NotifyError) return thrown
  return new NotifyError('invalid', describeError(thrown), { cause: thrown })
}
