import { OperatorError } from '../errors/operator-error'
import type { SentOnce } from '../journal/sent-once'
import type { PreparedLine } from './lines'
import type { LineOptions } from './outbox'
import type { SyslogTransport } from './transport'

/** What became of a line. `dropped`: its delivery was taken back, or the node closed, before anything of it was written. */
export type Written = 'sent' | 'repeated' | 'dropped'

/** Counts since the start. */
export interface SinkCounts {
  sent: number
  /** Not sent again. */
  repeated: number
  /** Sent, but cut to the size limit. */
  truncated: number
}

/** Lines to one server, each once as far as the journal tells. */
export class SyslogSink {
  readonly counts: SinkCounts = { sent: 0, repeated: 0, truncated: 0 }
  readonly #transport: SyslogTransport
  readonly #sentLines: Promise<SentOnce | undefined>

  /** @param sentLines undefined where nothing is journalled */
  constructor(transport: SyslogTransport, sentLines: Promise<SentOnce | undefined>) {
    this.#transport = transport
    this.#sentLines = sentLines
  }

  /** Lines that wait or are on their way. */
  get held(): number {
    return this.#transport.held
  }

  /**
   * Writes the lines of one message in order.
   * Rejects with the first error once every line is settled; what was sent by then is remembered and not sent again.
   */
  async write(lines: readonly PreparedLine[], options: LineOptions): Promise<Written> {
    let begun = false
    const watched: LineOptions = {
      signal: options.signal,
      begin: () => {
        begun = true
        options.begin?.()
      },
    }
    const results = await Promise.allSettled(lines.map((line) => this.#writeOne(line, watched)))
    let sent = false
    for (const result of results) {
      if (result.status === 'fulfilled') sent ||= result.value
      else if (!begun && wasDropped(result.reason)) return 'dropped'
      else if (!wasTakenBack(result.reason)) throw result.reason
    }
    return sent ? 'sent' : 'repeated'
  }

  close(timeoutMs: number): Promise<void> {
    return this.#transport.close(timeoutMs)
  }

  /** @returns whether it was sent now */
  async #writeOne(line: PreparedLine, options: LineOptions): Promise<boolean> {
    const send = () => this.#transport.write(line.bytes, options)
    const sentLines = await this.#sentLines
    let sentNow = true
    if (sentLines === undefined || line.key === undefined) await send()
    else sentNow = await sentLines.once(line.key, send)
    if (!sentNow) this.counts.repeated += 1
    else {
      this.counts.sent += 1
      if (line.truncatedFrom !== undefined) this.counts.truncated += 1
    }
    return sentNow
  }
}

/** Nobody waits for it any more: its delivery is settled already. */
function wasTakenBack(thrown: unknown): boolean {
  return thrown instanceof OperatorError && thrown.code === 'SYSLOG_TAKEN_BACK'
}

function wasDropped(thrown: unknown): boolean {
  return wasTakenBack(thrown) || (thrown instanceof OperatorError && thrown.code === 'SYSLOG_CLOSED')
}
