import { filled, MOST_BUCKETS, oldChart, points, stepFor } from '../../src/audit/asking/chart'
import { eventOf } from '../../src/audit/asking/occurrence'
import { pagesOf } from '../../src/audit/asking/pages'
import { MOST_AT_ONCE, type Question } from '../../src/audit/asking/question'
import { seenSpan } from '../../src/audit/asking/seen-span'
import { rowOf } from '../../src/audit/asking/table'
import { parseCheckpoint } from '../../src/audit/chain/checkpoint'
import type { Checkpoint } from '../../src/audit/chain/model'
import { csv } from '../../src/audit/export/csv'
import type { Scope, StoredEvent } from '../../src/audit/model'
import type { AuditStore } from '../../src/audit/store'
import { OperatorError } from '../../src/errors/operator-error'
import type { Wanted } from './settings'

/** What goes into the message, and what a status says of it. */
export interface Answer {
  readonly payload: unknown
  /** `msg.audit` */
  readonly audit: Readonly<Record<string, unknown>>
  readonly said: string
  /** Further properties of the message. */
  readonly more?: Readonly<Record<string, unknown>>
}

/** One answer in one message. */
export async function answerOf(
  store: AuditStore,
  wanted: Exclude<Wanted, { kind: 'sequence' | 'replay' | 'event' | 'verify' }>,
  question: Question,
): Promise<Answer> {
  const { filter } = question
  switch (wanted.kind) {
    case 'array': {
      const each: (event: StoredEvent) => unknown = wanted.shape === 'rows' ? rowOf : eventOf
      const payload: unknown[] = []
      // Page by page: to read them all at once would hold up everything else in Node-RED.
      const total = await pages(store, question, async (events) => void payload.push(...events.map(each)))
      return { payload, audit: { total, ...spanOf(question) }, said: `${payload.length} of ${total} events` }
    }
    case 'csv': {
      let payload = ''
      let lines = 0
      const total = await pages(store, question, async (events, first) => {
        let text = ''
        for await (const piece of csv([events])) text += piece
        payload += first ? text : text.slice(text.indexOf('\n') + 1)
        lines += events.length
      })
      return { payload, audit: { total, ...spanOf(question) }, said: `${lines} of ${total} events` }
    }
    case 'count': {
      const payload = await store.count(filter)
      return { payload, audit: spanOf(question), said: `${payload} events` }
    }
    case 'distinct': {
      const { attribute, order } = wanted
      const limit = question.limit ?? MOST_AT_ONCE
      const payload = await store.distinct({ filter, attribute, order, limit, counts: true })
      return { payload, audit: { attribute, ...spanOf(question) }, said: `${payload.length} values` }
    }
    case 'histogram':
      return histogram(store, wanted, question)
  }
}

export async function oneEvent(store: AuditStore, scope: Scope, id: unknown): Promise<Answer> {
  if (typeof id !== 'string' || id.trim() === '') {
    throw new OperatorError('AUDIT_NO_ID', 'The property that holds the id of the event is no text.', {
      remedy: 'Correct it in the dialog.',
    })
  }
  const found = await store.get(scope, id.trim())
  if (found === undefined) return { payload: null, audit: { found: false }, said: 'no such event' }
  const { event, pending } = found
  const audit = { found: true, sequence: event.sequence, tenants: event.tenants, cloud: event.cloud }
  return {
    payload: eventOf(event),
    audit: {
      ...audit,
      ...(pending === undefined ? {} : { pending: eventOf(pending) }),
      ...(event.added === undefined ? {} : { added: event.added }),
      ...(event.addedTenants === undefined ? {} : { addedTenants: event.addedTenants }),
    },
    said: '1 event',
  }
}

/** @param known `msg.checkpoints`: objects, or lines of text in which they stand */
export async function verified(store: AuditStore, known: unknown, signal: AbortSignal | undefined): Promise<Answer> {
  const report = await store.verify(checkpointsOf(known), signal === undefined ? {} : { signal })
  const said = report.ok ? `intact, ${report.events} events` : `${report.findings.length} findings`
  return { payload: report, audit: { ok: report.ok }, said }
}

function checkpointsOf(known: unknown): Checkpoint[] {
  if (known === undefined || known === null || known === '') return []
  const given: unknown[] = Array.isArray(known) ? known : typeof known === 'string' ? known.split('\n') : [known]
  const found = given.flatMap((one) => {
    if (typeof one === 'string') {
      const checkpoint = parseCheckpoint(one)
      if (checkpoint !== undefined) return [checkpoint]
      // A log around it holds other lines as well.
      if (Array.isArray(known)) throw noCheckpoint()
      return []
    }
    return [decoded(one)]
  })
  if (found.length === 0) throw noCheckpoint()
  return found
}

function decoded(value: unknown): Checkpoint {
  const { writer, position, link, time, key, signature } = (value ?? {}) as Record<string, unknown>
  const texts = [writer, link, time].every((one) => typeof one === 'string')
  const optional = [key, signature].every((one) => one === undefined || typeof one === 'string')
  if (!texts || !optional || !Number.isSafeInteger(position)) throw noCheckpoint()
  return value as Checkpoint
}

function noCheckpoint(): OperatorError {
  return new OperatorError('AUDIT_BAD_CHECKPOINT', 'msg.checkpoints holds something that is no checkpoint.', {
    remedy: 'Give the line that the second output of audit-store sent, or its msg.checkpoint.',
  })
}

/** Hands on each page of what goes into one message; answers how many events match in all. */
async function pages(
  store: AuditStore,
  question: Question,
  take: (events: readonly StoredEvent[], first: boolean) => Promise<void>,
): Promise<number> {
  const { limit = MOST_AT_ONCE } = question
  if (limit > MOST_AT_ONCE) {
    throw new OperatorError('AUDIT_BAD_PARAMETER', `One message holds at most ${MOST_AT_ONCE} events.`, {
      remedy: 'Lower the limit, or choose a sequence.',
    })
  }
  let all: number | undefined
  for await (const { events, total } of pagesOf(store, { ...question, limit })) {
    await take(events, all === undefined)
    all ??= total
  }
  return all ?? 0
}

async function histogram(
  store: AuditStore,
  { interval: chosen, by, chart }: Extract<Wanted, { kind: 'histogram' }>,
  question: Question,
): Promise<Answer> {
  const { filter } = question
  const interval = chosen ?? (await fitting(store, question))
  const request = { filter, interval, maxBuckets: MOST_BUCKETS, ...(by === undefined ? {} : { by }) }
  const buckets = filled(await store.histogram(request), interval, filter)
  const count = buckets.reduce((sum, bucket) => sum + bucket.count, 0)
  const audit = { total: count, intervalSeconds: interval / 1_000_000, ...spanOf(question) }
  const said = `${count} events in ${buckets.length} steps`
  if (chart === 'buckets') {
    const payload = buckets.map(({ time, ...rest }) => ({ time: new Date(time / 1000).toISOString(), ...rest }))
    return { payload, audit, said }
  }
  const payload = chart === 'ui-chart' ? points(buckets, 'events') : oldChart(buckets, 'events')
  // Otherwise the chart would draw over what it had before.
  return { payload, audit, said, more: { action: 'replace' } }
}

/** Of a time without bounds, by the oldest and newest that are seen. */
async function fitting(store: AuditStore, { filter }: Question): Promise<number> {
  const { from, to } = (await seenSpan(store, filter)) ?? { from: 0, to: 0 }
  return stepFor(from, to)
}

/** What "the last 24 hours" were, for the heading of a report. */
function spanOf({ filter: { from, to } }: Question): { from?: string; to?: string } {
  const iso = (time: number) => new Date(time / 1000).toISOString()
  return { ...(from === undefined ? {} : { from: iso(from) }), ...(to === undefined ? {} : { to: iso(to) }) }
}
