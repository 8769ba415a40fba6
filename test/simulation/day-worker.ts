// A process of the simulated day: the poller, the notifying channels and the audit store as the nodes put them together, with a
// journal and a store on disk. It is killed at any moment, and started again on the same files.
import { randomUUID } from 'node:crypto'
import { join } from 'node:path'
import { DEMO_PCE_KEY } from '../../lab/illumio/service'
import { Intake } from '../../src/audit/intake/intake'
import { openSqliteStore } from '../../src/audit/sqlite/open'
import type { AuditTrail } from '../../src/audit/trail'
import { openTrail } from '../../src/audit/trail/open'
import type { DeliverySource, Settlement } from '../../src/delivery/service'
import { describeError, OperatorError } from '../../src/errors/operator-error'
import { undiciClient } from '../../src/http/undici-client'
import { PceClient } from '../../src/illumio/client'
import { Cursor } from '../../src/illumio/cursor'
import { Poller } from '../../src/illumio/poller'
import type { Journal } from '../../src/journal/journal'
import { jsonLinesFile } from '../../src/journal/json-lines-file'
import { openJournal } from '../../src/journal/sqlite-journal'
import type { OccurrenceMessage } from '../../src/message/model'
import { systemTimers } from '../../src/time/timers'
import { randomOf } from '../fuzz/random'
import { openWays } from './day-channels'
import {
  ALERT_TYPE,
  CLOSING_TYPE,
  TICKET_TYPE,
  WINDOW,
  type WorkerNews,
  type WorkerRequest,
  type WorkerTask,
} from './day-terms'
import { fastClock } from './fast-clock'

const task = JSON.parse(process.argv[2] ?? '') as WorkerTask
const random = randomOf(task.seed).next
const clock = fastClock(task.time, random)
const NEWS_EVERY_MS = 10
/** As the nodes give what they have begun. */
const CLOSE_WITHIN_MS = 5000

async function main(): Promise<void> {
  const journal = await openJournal(join(task.folder, 'journal.sqlite'), () => new Date(clock.now()))
  const store = await openSqliteStore({ path: join(task.folder, 'audit.sqlite'), fullText: false })
  const trail = await openTrail({ store, cloud: 'pce', timers: systemTimers, random, uuid: randomUUID })
  const news = new News()
  let flows = await openFlows(journal, trail, news)
  /** One after another, as the runtime does it. */
  let turn = Promise.resolve()
  process.on('message', (request: WorkerRequest) => {
    if (request !== 'deploy') return
    turn = turn.then(async () => {
      await flows.close()
      flows = await openFlows(journal, trail, news)
    })
  })
  process.once('SIGTERM', () => {
    turn = turn.then(async () => {
      await flows.close()
      await trail.close()
      await journal.close()
      process.exit(0)
    })
  })
}

/** What a deploy closes and opens again: source, channels and the store's intake; journal and trail stay. */
async function openFlows(journal: Journal, trail: AuditTrail, news: News): Promise<{ close(): Promise<void> }> {
  const { urls, time, folder } = task
  const ways = await openWays(task, journal, clock, log)
  const intake = new Intake({
    keep: (occurrences) => trail.keep(occurrences),
    ...{ timers: systemTimers, random, soon: setImmediate, onState: () => {} },
  })

  /** Everything to the store, provisionings to the ticket systems, tampering to people and to hooks. */
  async function flow(message: OccurrenceMessage): Promise<void> {
    const { event, notification, topic } = message
    const to = topic === TICKET_TYPE ? ways.tickets : topic === ALERT_TYPE ? ways.alerts : []
    const [taken] = await Promise.all([
      intake.take({ occurrences: [{ event, notification }], onWait: () => {} }),
      ...to.map((way) => way.tell(message)),
    ])
    // It was not stored: the flows end. A node's delivery has gone back to its source by then.
    if (taken === 'withdrawn') throw new OperatorError('WITHDRAWN', 'The flows end.', { retryable: true })
  }

  const waiting = new Map<string, (settlement: Settlement) => void>()
  const deliveries = {
    open(onSettled: (settlement: Settlement) => void) {
      const token = randomUUID()
      waiting.set(token, onSettled)
      return { token, sent: () => {} }
    },
  } as unknown as DeliverySource
  const client = new PceClient(
    { origin: urls.illumio, org: 7, key: DEMO_PCE_KEY.key, secret: DEMO_PCE_KEY.secret },
    undiciClient(),
    clock,
  )
  const poller = new Poller({
    ...{ client, clock, deliveries, intervalMs: 10_000, overlapMs: 120_000, pageSize: 1000 },
    ...{ first: { from: time.began - 3_600_000 }, retentionMs: 30 * 86_400_000, window: WINDOW, attempts: 5 },
    ...{ watchHealth: true, wants: () => true },
    cursor: await Cursor.load({
      ...{ journal, owner: 'events-in', key: urls.illumio, overlapMs: 120_000 },
      onTrouble: (thrown) => log(`the cursor: ${describeError(thrown)}`),
    }),
    keepDeadLetter: jsonLinesFile(join(folder, 'dead-letters.jsonl')),
    send: (message) => {
      if (message.topic === CLOSING_TYPE) news.tell({ closing: message.event.id })
      const settle = waiting.get(message._delivery ?? '') ?? (() => {})
      waiting.delete(message._delivery ?? '')
      flow(message).then(
        () => settle({ outcome: 'accepted' }),
        (thrown: unknown) => {
          const code = thrown instanceof OperatorError ? thrown.code : 'UNEXPECTED'
          const reason = { code, message: describeError(thrown) }
          settle({ outcome: 'retry', reason, countsAttempt: !code.endsWith('WITHDRAWN') })
        },
      )
    },
    report: (state) => {
      if (state.kind === 'polling') news.tell({ open: state.open, polling: state.caughtUp && !state.failing })
      else if (state.kind === 'failing') news.tell({ polling: false })
    },
  })
  poller.start()
  return {
    close: async () => {
      await poller.stop()
      await Promise.all([...[...ways.tickets, ...ways.alerts].map((way) => way.close()), intake.close(CLOSE_WITHIN_MS)])
      await poller.close()
      await client.close()
    },
  }
}

/** Tells the parent what is so now, a hundred times a second at most. */
class News {
  now: WorkerNews = { open: 0, polling: false, closing: undefined }
  #due = false

  tell(change: Partial<WorkerNews>): void {
    this.now = { ...this.now, ...change }
    if (this.#due) return
    this.#due = true
    setTimeout(() => {
      this.#due = false
      if (process.connected) process.send?.(this.now)
    }, NEWS_EVERY_MS).unref()
  }
}

function log(text: string): void {
  process.stderr.write(`${text}\n`)
}

main().catch((thrown: unknown) => {
  log(`the worker cannot start: ${describeError(thrown)}`)
  process.exit(1)
})
