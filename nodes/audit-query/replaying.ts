import { randomUUID } from 'node:crypto'
import type { Node, NodeAPI, NodeMessage } from 'node-red'
import { occurrenceOf } from '../../src/audit/asking/occurrence'
import { pagesOf } from '../../src/audit/asking/pages'
import type { Question } from '../../src/audit/asking/question'
import type { StoredEvent } from '../../src/audit/model'
import { Replay, type ReplayEnd } from '../../src/audit/replay/replay'
import type { AuditStore } from '../../src/audit/store'
import type { DeliverySource, Settlement } from '../../src/delivery/service'
import { OperatorError } from '../../src/errors/operator-error'
import { systemTimers } from '../../src/time/timers'
import { deliveryService } from '../shared/delivery'
import type { NodeStatus } from '../shared/status'
import type { Wanted } from './settings'

type Wish = Extract<Wanted, { kind: 'replay' }>
export type Control = 'pause' | 'resume' | 'stop'

const DRAIN_MS = 5000

export function isControl(value: unknown): value is Control {
  return value === 'pause' || value === 'resume' || value === 'stop'
}

/** The replays of a node, one at a time; each event that leaves is a delivery of its own. */
export class Replaying {
  readonly #node: Node
  readonly #status: NodeStatus
  readonly #source: DeliverySource
  #replay: Replay | undefined
  #total = 0

  /** @throws OperatorError `SECOND_COPY` */
  constructor(RED: NodeAPI, node: Node, status: NodeStatus) {
    this.#node = node
    this.#status = status
    this.#source = deliveryService(RED).source({
      id: node.id,
      onPause: () => this.#replay?.pause('sink'),
      onResume: () => this.#replay?.resume('sink'),
    })
  }

  /** @throws OperatorError `AUDIT_REPLAY_RUNNING`, and what the store says */
  async run(store: AuditStore, question: Question, { pace, window, attempts }: Wish): Promise<ReplayEnd> {
    if (this.#replay !== undefined) {
      throw new OperatorError('AUDIT_REPLAY_RUNNING', 'A replay is running already.', {
        remedy: 'Wait for its end, or send msg.replay = "stop".',
      })
    }
    const mark = { id: randomUUID(), at: new Date().toISOString() }
    const replay = new Replay({
      ...{ pace, window, attempts, timers: systemTimers, random: Math.random },
      events: this.#events(store, question),
      send: (stored, index) => this.#send(stored, { ...mark, index }),
      onChange: () => this.#show(),
    })
    this.#replay = replay
    try {
      const end = await replay.run()
      const failed = end.failed > 0 ? `, ${end.failed} failed` : ''
      const text = `${end.stopped ? 'stopped after' : 'replayed'} ${end.sent}${failed}`
      if (end.failed > 0) this.#status.attention(text)
      else this.#status.ready(text)
      return end
    } finally {
      this.#replay = undefined
    }
  }

  control(what: Control): void {
    if (what === 'pause') this.#replay?.pause('person')
    else if (what === 'resume') this.#replay?.resume('person')
    else this.#replay?.stop()
  }

  async close(): Promise<void> {
    this.#replay?.stop()
    await this.#source.drain(DRAIN_MS)
    this.#source.close()
  }

  /** What arrives while it runs is not part of it: a flow that stores what it is sent would never end. */
  async *#events(store: AuditStore, question: Question): AsyncGenerator<readonly StoredEvent[]> {
    const now = Date.now() * 1000
    const filter = { ...question.filter, to: Math.min(question.filter.to ?? now, now) }
    const oldestFirst = [{ by: 'time', descending: false }] as const
    for await (const { events, total } of pagesOf(store, { ...question, filter, sort: oldestFirst })) {
      this.#total = Math.min(total, question.limit ?? total)
      yield events
    }
  }

  #send(stored: StoredEvent, replay: object): Promise<Settlement> {
    return new Promise((resolve) => {
      const delivery = this.#source.open(resolve)
      this.#node.send({ ...occurrenceOf(stored), replay, _delivery: delivery.token } as NodeMessage)
      delivery.sent()
    })
  }

  #show(): void {
    const replay = this.#replay
    if (replay === undefined) return
    const { sent, failed, inFlight } = replay.counts
    const counts = `${sent} of ${this.#total}${failed > 0 ? `, ${failed} failed` : ''}`
    if (replay.paused === 'person') this.#status.connecting(`paused at ${counts}`)
    else if (replay.paused === 'sink') this.#status.healing(`waiting for the flow at ${counts}`)
    else this.#status.busy(`replaying ${counts}, ${inFlight} in flight`)
  }
}
