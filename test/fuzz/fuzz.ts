import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { cadfEvent, isRead } from '../../src/cadf/convert'
import { actorKey, correlationId, isKnown } from '../../src/cadf/identity'
import { cadfProblems } from '../../src/cadf/validate'
import { OperatorError } from '../../src/errors/operator-error'
import { decodeNotification } from '../../src/notification/envelope'
import { logLine } from '../../src/notification/log-file/line'
import { inContext } from '../../src/notification/log-file/request-context'
import { mutatedBody } from './bodies'
import { randomOf } from './random'

/** What became of the bodies. */
export interface FuzzReport {
  readonly events: number
  /** By code; such a body goes to the dead letters. */
  readonly refused: Readonly<Record<string, number>>
  /** Events that differ from the standard, as what was made of the message does. */
  readonly invalid: number
  readonly slowestMs: number
}

const recordings = join(__dirname, '../fixtures/recordings')
/** Longest time for one body. */
const HANG_MS = 50
const TIME = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d+)?[+-]\d{2}:\d{2}$/

export function recordedBodies(): string[] {
  return readdirSync(recordings)
    .filter((file) => file.endsWith('.jsonl'))
    .flatMap((file) => readFileSync(join(recordings, file), 'utf8').split('\n'))
    .filter((line) => line !== '')
    .map((line) => (JSON.parse(line) as { body: string }).body)
}

/**
 * Makes bodies, decodes and converts each, and checks what every body must give: an event on which the rest of the palette
 * can rely, or a refusal with a code. Throws at the first that does not, naming it.
 */
export function fuzz(count: number, seed: number, progress: (done: number) => void = () => {}): FuzzReport {
  const recorded = recordedBodies()
  const random = randomOf(seed)
  const refused: Record<string, number> = {}
  let events = 0
  let invalid = 0
  let slowestMs = 0
  for (let index = 0; index < count; index++) {
    const body = mutatedBody(recorded, random)
    try {
      const asLine = random.chance(0.1)
      const from = performance.now()
      let outcome = outcomeOf(body, asLine)
      let spent = performance.now() - from
      // The machine may have been busy elsewhere: what hangs, hangs again, and in processor time.
      for (let again = 0; spent > HANG_MS && again < 5; again++) {
        const start = process.cpuUsage()
        outcome = outcomeOf(body, asLine)
        const { user, system } = process.cpuUsage(start)
        spent = Math.min(spent, (user + system) / 1000)
      }
      assert.ok(spent <= HANG_MS, `took ${spent.toFixed(0)} ms`)
      slowestMs = Math.max(slowestMs, spent)
      if (typeof outcome === 'string') refused[outcome] = (refused[outcome] ?? 0) + 1
      else {
        events++
        if (!outcome.valid) invalid++
      }
    } catch (cause) {
      const shown = JSON.stringify(body.toString()).slice(0, 20_000)
      throw new Error(`body ${index} of seed ${seed}: ${String(cause)}\n${shown}`, { cause })
    }
    if (index % 10_000 === 9999) progress(index + 1)
  }
  const total = events + Object.values(refused).reduce((sum, one) => sum + one, 0)
  assert.equal(total, count, 'every body gives an event or a refusal')
  assert.equal(({} as Record<string, unknown>)['polluted'], undefined)
  return { events, refused, invalid, slowestMs }
}

/** The code of the refusal, or whether the event is valid. */
function outcomeOf(body: Buffer | string, asLine: boolean): string | { valid: boolean } {
  const source = { kind: 'rabbitmq', cloud: 'fuzz', exchange: 'neutron', routingKey: 'notifications.info' } as const
  try {
    const decoded = decodeNotification(body, source, { receivedAt: 0 })
    const { notification, payload } = asLine ? throughLog(body, decoded) : decoded
    const before = JSON.stringify(payload)
    const event = cadfEvent(notification, payload)
    assert.equal(JSON.stringify(payload), before, 'the payload is as it was')
    for (const role of ['initiator', 'target', 'observer'] as const) {
      assert.ok(isText(event[role].id), `${role}.id`)
      assert.ok(isText(event[role].typeURI), `${role}.typeURI`)
    }
    assert.ok(isText(event.id) && isText(event.action) && isText(event.eventType))
    assert.match(event.eventTime, TIME)
    assert.match(event.outcome, /^(success|failure|pending|unknown)$/)
    const token: unknown = event.initiator.credential?.['token']
    assert.ok(token === undefined || token === '***', 'no token')
    const key = actorKey(event)
    assert.ok(key === undefined || isKnown(key), 'a key to count by')
    correlationId(event)
    isRead(event)
    return { valid: cadfProblems(event).length === 0 }
  } catch (error) {
    if (error instanceof OperatorError && error.code.startsWith('ENVELOPE_')) return error.code
    throw error
  }
}

/** The same as the log driver writes it. */
function throughLog(body: Buffer | string, decoded: ReturnType<typeof decodeNotification>) {
  const line = logLine(
    `2026-11-21 07:57:44.202 1 INFO oslo.messaging.notification.x [None req-86ee8899-c724-4e67-8e9b-99614198c192 u p - - - -] ${body.toString().trimStart()}`,
  )
  assert.equal(line.kind, 'notification')
  return line.kind === 'notification' ? inContext(decoded, line.context) : decoded
}

function isText(value: unknown): boolean {
  return typeof value === 'string' && value !== ''
}
