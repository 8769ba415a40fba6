import { describeError, OperatorError } from '../errors/operator-error'
import { answerDate } from '../http/answer-date'
import type { HttpClient } from '../http/client'
import { backoffMs, type Clock } from '../http/retry'
import { type Answer, judgeFailure, judgeReply } from './answer'
import type { Api, Endpoint } from './endpoint'
import { Gate, type TurnOptions } from './gate'
import type { CallLimits } from './limits'
import type { XmlElement } from './xml'

export interface QualysClientOptions {
  readonly endpoint: Endpoint
  readonly username: string
  readonly password: string
  readonly http: HttpClient
  readonly clock: Clock
  /** `X-Requested-With`, which Qualys demands on every call. */
  readonly product?: string
  /** One exchange, ms; default 60 000. */
  readonly timeoutMs?: number
}

export interface Call extends TurnOptions {
  readonly api: Api
  /** Each name once: of a repeated parameter Qualys silently takes the last. */
  readonly params: Readonly<Record<string, string>>
  readonly timeoutMs?: number | undefined
  /** Right before the call goes out, with the turn in hand. When it rejects, nothing is sent. */
  readonly beforeSend?: () => Promise<void>
}

const DEFAULT_TIMEOUT_MS = 60_000
const MAX_BYTES = 16 * 1024 * 1024
const READ_ATTEMPTS = 4
const READ_BACKOFF = { firstMs: 2_000, capMs: 30_000 }
/** Node-RED gives a closing node 15 s; a launch that is under way may use half of it to be answered clearly. */
const CLOSE_WITHIN_MS = 8_000

/**
 * One account at Qualys. Knows whose turn it is on each API, and stops by itself when Qualys refuses the account: more
 * attempts would lock it.
 */
export class QualysClient {
  readonly #options: QualysClientOptions
  readonly #gates = new Map<string, Gate>()
  readonly #closing = new AbortController()
  readonly #cut = new AbortController()
  readonly #underWay = new Set<Promise<unknown>>()
  readonly #onResume = new Set<() => void>()
  #stopped: OperatorError | undefined
  #clockOffsetMs = 0

  constructor(options: QualysClientOptions) {
    this.#options = options
  }

  get clock(): Clock {
    return this.#options.clock
  }

  /** Qualys' clock minus ours, in ms, by the Date of its last reply. */
  get clockOffsetMs(): number {
    return this.#clockOffsetMs
  }

  /** Why nothing is sent any more, if so. */
  get stopped(): OperatorError | undefined {
    return this.#stopped
  }

  /** A person has mended the account: calls go out again, and whoever waits for that hears of it. */
  resume(): void {
    this.#stopped = undefined
    for (const listener of this.#onResume) listener()
  }

  /** Returns how to stop listening. */
  onResume(listener: () => void): () => void {
    this.#onResume.add(listener)
    return () => this.#onResume.delete(listener)
  }

  limits(api: Api): CallLimits {
    return this.#gate(api).limits
  }

  /** One exchange. Waits for its turn, never repeats. Rejects only when the waiting was ended or `beforeSend` failed. */
  async once(call: Call): Promise<Answer> {
    if (this.#stopped !== undefined) return { kind: 'stop', account: true, error: this.#stopped }
    const gate = this.#gate(call.api)
    return gate.run(() => this.#tracked(this.#exchange(call)), { ...call, signal: this.#endOfWaiting(call) })
  }

  /**
   * Asks until there is an answer; only for what may be repeated. Rejects with `QUALYS_REFUSED`, `QUALYS_PATH` (a person
   * must act) or `QUALYS_UNREACHABLE` (later, perhaps).
   */
  async read(call: Omit<Call, 'beforeSend'>): Promise<XmlElement> {
    for (let failures = 0; ; ) {
      const answer = await this.once(call)
      switch (answer.kind) {
        case 'ok':
          return answer.root
        case 'stop':
          throw answer.error
        case 'refused':
          throw new OperatorError('QUALYS_REFUSED', `Qualys refused "${call.api}": ${answer.message} (${answer.code}).`)
        case 'wait':
          continue
        case 'unclear':
        case 'not-sent': {
          failures += 1
          const message = answer.kind === 'unclear' ? `${answer.message} (${answer.code})` : answer.error.message
          if (failures >= READ_ATTEMPTS) {
            throw new OperatorError('QUALYS_UNREACHABLE', `No answer to "${call.api}": ${message}`, { retryable: true })
          }
          const { clock } = this.#options
          await clock.sleep(1_000 + backoffMs(failures, READ_BACKOFF, clock.random), this.#endOfWaiting(call))
        }
      }
    }
  }

  /** Ends all waiting at once; a call that is under way has 8 s to be answered, as cutting it leaves its effect unclear. */
  async close(): Promise<void> {
    this.#closing.abort(new OperatorError('QUALYS_CLOSED', 'The Qualys account is being closed.', { retryable: true }))
    let timer: NodeJS.Timeout | undefined
    const limit = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, CLOSE_WITHIN_MS)
    })
    await Promise.race([Promise.allSettled(this.#underWay), limit])
    clearTimeout(timer)
    this.#cut.abort()
    await this.#options.http.close()
  }

  #endOfWaiting({ signal }: Pick<Call, 'signal'>): AbortSignal {
    return signal === undefined ? this.#closing.signal : AbortSignal.any([this.#closing.signal, signal])
  }

  #gate(api: Api): Gate {
    const url = this.#options.endpoint[api]
    let gate = this.#gates.get(url)
    if (gate === undefined) {
      gate = new Gate(this.#options.clock)
      this.#gates.set(url, gate)
    }
    return gate
  }

  async #tracked<T>(work: Promise<T>): Promise<T> {
    this.#underWay.add(work)
    try {
      return await work
    } finally {
      this.#underWay.delete(work)
    }
  }

  async #exchange(call: Call): Promise<{ answer: Answer; headers: Readonly<Record<string, string>> }> {
    if (this.#stopped !== undefined) {
      return { answer: { kind: 'stop', account: true, error: this.#stopped }, headers: {} }
    }
    const { endpoint, username, password, http, clock, product, timeoutMs } = this.#options
    const authorization = `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`
    await call.beforeSend?.()
    try {
      const response = await http.request({
        method: 'POST',
        url: endpoint[call.api],
        headers: {
          authorization,
          'x-requested-with': product ?? 'node-red-contrib-openstack-events',
          'content-type': 'application/x-www-form-urlencoded',
          accept: 'application/xml, text/xml',
        },
        body: new URLSearchParams(call.params).toString(),
        timeoutMs: call.timeoutMs ?? timeoutMs ?? DEFAULT_TIMEOUT_MS,
        maxBytes: MAX_BYTES,
        signal: this.#cut.signal,
      })
      const now = clock.now()
      const date = answerDate(response)
      if (date !== undefined) this.#clockOffsetMs = date - now
      const answer = judgeReply(response, { api: call.api, now, secrets: [password, authorization] })
      if (answer.kind === 'stop' && answer.account) this.#stopped = answer.error
      return { answer, headers: response.headers }
    } catch (thrown) {
      const error =
        thrown instanceof OperatorError ? thrown : new OperatorError('HTTP_INTERRUPTED', describeError(thrown))
      return { answer: judgeFailure(error), headers: {} }
    }
  }
}
