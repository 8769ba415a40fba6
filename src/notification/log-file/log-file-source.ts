import { isUtf8 } from 'node:buffer'
import { Redelivery } from '../../delivery/redelivery'
import { describeError, OperatorError } from '../../errors/operator-error'
import { quote } from '../../errors/redact'
import type { OccurrenceMessage } from '../../message/model'
import { type DecodedNotification, decodeNotification } from '../envelope'
import { gapNotification } from '../gap'
import type { NotificationSource } from '../model'
import type { LineInHand, LogFileSourceOptions, LogFileSurroundings } from './contract'
import { type DeadLetter, keptLine } from './dead-letter-file'
import { type Followed, follow } from './follower'
import { logLine, tooLong } from './line'
import type { FileLine } from './line-splitter'
import { type LogPosition, savedPosition } from './position'
import { PositionKeeper } from './position-keeper'
import { inContext } from './request-context'
import { Watermark } from './watermark'

const JOURNAL_KIND = 'position'
const AFTER_TROUBLE_MS = 5000
/** So many windows may lie between the lowest open line and the newest, so that one slow line does not stop the others. */
const WINDOWS_ABOVE_OPEN = 20

/** Follows one log file and sends its notifications; the position moves behind what the flow has finished with. */
export class LogFileSource {
  private readonly options: LogFileSourceOptions
  private readonly around: LogFileSurroundings
  private readonly stopping = new AbortController()
  private readonly source: NotificationSource
  private readonly keeper: PositionKeeper
  private lines: Redelivery<OccurrenceMessage, LineInHand>
  private watermark: Watermark<LogPosition> | undefined
  private lastRead: LogPosition | undefined
  private readAt: string | undefined
  private begun = false
  private deadLetters = 0
  private wake: (() => void) | undefined
  private running: Promise<void> = Promise.resolve()

  constructor(options: LogFileSourceOptions, around: LogFileSurroundings) {
    this.options = options
    this.around = around
    this.source = { kind: 'log-file', cloud: options.cloud, file: options.path }
    this.lines = this.lineDeliveries({})
    this.keeper = new PositionKeeper(
      async (value) => {
        const row = { owner: around.owner, kind: JOURNAL_KIND, key: options.path, value }
        await around.journal.write([{ do: 'put', ...row }])
      },
      (error) => this.trouble('LOG_FILE_POSITION', 'The position in the file cannot be kept', error),
    )
  }

  /** Lines that are not finished. */
  get open(): number {
    return this.lines.open
  }

  get isPaused(): boolean {
    return this.lines.isPaused
  }

  start(): void {
    this.running = this.run()
  }

  /** Sends nothing more until {@link resume}; what comes back waits. */
  pause(): void {
    this.lines.pause()
  }

  resume(): void {
    this.lines.resume()
    this.wake?.()
  }

  /** Reads and sends nothing more. Open deliveries may still settle until {@link close}. */
  async stop(): Promise<void> {
    this.stopping.abort()
    this.wake?.()
    this.lines.stop()
    await this.running
  }

  /** Resolves when the position is on the disk. */
  async close(): Promise<void> {
    await this.stop()
    await this.keeper.flush()
  }

  private async run(): Promise<void> {
    const { signal } = this.stopping
    while (!signal.aborted) {
      try {
        if (!this.begun) await this.begin()
        for await (const followed of follow(this.options, this.lastRead, signal)) {
          await this.take(followed)
          if (signal.aborted) return
        }
      } catch (error) {
        this.trouble('LOG_FILE_UNREADABLE', `${quote(this.options.path)} cannot be read`, error)
        await this.options.sleep(AFTER_TROUBLE_MS, signal)
      }
    }
  }

  private async begin(): Promise<void> {
    const { journal, owner } = this.around
    const row = await journal.get(owner, JOURNAL_KIND, this.options.path)
    const saved = savedPosition(row?.value)
    this.lastRead = saved?.position
    this.readAt = saved?.readAt
    this.lines = this.lineDeliveries(saved?.attempts ?? {}, this.lines.isPaused)
    this.begun = true
  }

  private lineDeliveries(failures: Readonly<Record<string, number>>, paused = false): typeof this.lines {
    const { deliveries, send, keepDeadLetter, report } = this.around
    const lines: typeof this.lines = new Redelivery(
      {
        attempts: this.options.attempts,
        deliveries,
        send,
        bury: (line, burial) => {
          const { notification, payload } = line.again()
          return keepDeadLetter({ ...this.letterOf(line.offset), ...burial, notification, payload })
        },
        onBuried: ({ reason }) => {
          this.deadLetters++
          report({ kind: 'dead-letter', reason })
        },
        onBurialFailure: (error) =>
          this.trouble('LOG_FILE_DEAD_LETTER', 'The dead-letter file cannot be written', error),
        onChange: () => this.changed(),
      },
      failures,
    )
    if (paused) lines.pause()
    return lines
  }

  private letterOf(offset: number): Pick<DeadLetter, 'at' | 'file' | 'offset'> {
    return { at: new Date(this.around.now()).toISOString(), file: this.options.path, offset }
  }

  private async take(followed: Followed): Promise<void> {
    switch (followed.kind) {
      case 'missing':
        this.around.report({ kind: 'missing' })
        return
      case 'caught-up':
        this.reportReading()
        return
      case 'at':
        this.pass(followed.position, followed.position)
        return
      case 'gap':
        if (await this.room()) this.takeGap(followed.reason, followed.from, followed.next)
        return
      case 'lines':
        this.readAt = this.time()
        for (const line of followed.lines) {
          if (!(await this.room())) return
          this.takeLine(line, followed.positionAt(line.offset), followed.positionAt(line.end))
        }
        this.reportReading()
        // Without deliveries nothing else lets the flow work before the next chunk is read.
        if (this.around.deliveries === undefined) await this.options.sleep(0, this.stopping.signal)
    }
  }

  /** Waits until another line may be sent; false when the source stops. */
  private async room(): Promise<boolean> {
    const { window } = this.options
    const full = () =>
      this.lines.isPaused || this.lines.open >= window || (this.watermark?.size ?? 0) >= window * WINDOWS_ABOVE_OPEN
    while (!this.stopping.signal.aborted && full()) {
      this.reportReading()
      await new Promise<void>((resolve) => {
        this.wake = resolve
      })
      this.wake = undefined
    }
    return !this.stopping.signal.aborted
  }

  private takeGap(reason: string, from: LogPosition, next: LogPosition): void {
    const { path } = this.options
    const to = this.time()
    const gap = {
      eventType: 'gap.log-file',
      identity: `${from.head.sha256} ${from.offset}`,
      from: this.readAt ?? to,
      to,
      subject: path,
      reason,
      details: { offset: from.offset },
    } as const
    this.deliver(() => this.messageOf(gapNotification(gap, this.source)), from.offset, from, next)
  }

  private takeLine(line: FileLine, from: LogPosition, after: LogPosition): void {
    const text = line.bytes.toString('utf8')
    const found = logLine(text)
    if (found.kind === 'other') {
      this.pass(from, after)
      return
    }
    const source = { ...this.source, offset: line.offset }
    // What is not UTF-8 is refused by the decoder, which needs the bytes to see it.
    const body = found.kind === 'notification' && isUtf8(line.bytes) ? found.body : line.bytes
    const context = found.kind === 'notification' ? found.context : undefined
    const decode = (from: NotificationSource) => inContext(decodeNotification(body, from), context)
    let message: OccurrenceMessage | undefined
    try {
      if (found.kind === 'refused') throw found.error
      if (line.tooLong) throw tooLong(this.options.longestLine)
      message = this.wanted(decode(source))
    } catch (thrown) {
      if (!(thrown instanceof OperatorError)) throw thrown
      const { code, message } = thrown
      const entry = this.marks(from).open(after)
      this.lastRead = after
      const burial = { reason: { code, message }, attempts: 0 }
      const letter = () => ({ ...this.letterOf(line.offset), ...burial, line: keptLine(text) })
      this.lines.giveUp(burial, () => this.around.keepDeadLetter(letter()), entry.done)
      return
    }
    if (message === undefined) {
      this.pass(from, after)
      return
    }
    const again = { ...source, redelivered: true }
    this.deliver(() => this.messageOf(decode(again)), line.offset, from, after, message)
  }

  private wanted(decoded: DecodedNotification): OccurrenceMessage | undefined {
    const { wants, conversion } = this.options
    if (!wants(decoded.notification.eventType)) return undefined
    const message = this.messageOf(decoded)
    return conversion.keeps(message.notification, message.event) ? message : undefined
  }

  private messageOf({ notification, payload }: DecodedNotification): OccurrenceMessage {
    const event = this.options.conversion.event(notification, payload)
    return { topic: notification.eventType, payload, event, notification }
  }

  private deliver(
    make: () => OccurrenceMessage,
    offset: number,
    from: LogPosition,
    after: LogPosition,
    message = make(),
  ): void {
    const entry = this.marks(from).open(after)
    this.lastRead = after
    this.lines.deliver({
      offset,
      key: message.notification.messageId,
      message,
      again: make,
      done: entry.done,
    })
  }

  private pass(from: LogPosition, after: LogPosition): void {
    this.lastRead = after
    this.marks(from).pass(after)
  }

  private marks(start: LogPosition): Watermark<LogPosition> {
    this.watermark ??= new Watermark(start, () => this.changed())
    return this.watermark
  }

  private changed(): void {
    if (this.watermark === undefined) return
    const { position } = this.watermark
    this.keeper.keep({ position, attempts: { ...this.lines.failures }, readAt: this.readAt })
    this.wake?.()
  }

  private reportReading(): void {
    this.around.report({ kind: 'reading', open: this.lines.open, deadLetters: this.deadLetters })
  }

  private trouble(code: string, what: string, error: unknown): void {
    const message = `${what}: ${quote(describeError(error))}.`
    const remedy = 'It is tried again; see that the file and its directory can be read by the user of Node-RED.'
    this.around.report({ kind: 'trouble', error: new OperatorError(code, message, { remedy, cause: error }) })
  }

  private time(): string {
    return new Date(this.around.now()).toISOString().replace('Z', '+00:00')
  }
}
