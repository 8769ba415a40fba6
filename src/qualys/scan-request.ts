import type { CadfEvent } from '../cadf/event'
import { OperatorError } from '../errors/operator-error'
import { quote } from '../errors/redact'
import type { Change, ExposedAddress } from '../exposure/model'
import { notificationOf } from '../message/members'
import type { Notification } from '../notification/model'

/** What a message asks to have scanned, read from a single occurrence or a batch. */
export interface ScanRequest {
  /** Batch id, else message id, else the id that Node-RED gave: a message that comes again has the same. */
  readonly occasion: string
  readonly cloud: string
  readonly occurrences: readonly Occurrence[]
  readonly incomplete?: string
}

/** One notification and the changes that it reported; none for one that changes no exposure. */
export interface Occurrence {
  readonly topic: string
  readonly event?: CadfEvent
  readonly notification?: Notification
  readonly changes: readonly Change[]
  readonly incomplete?: string
}

/**
 * Throws `QUALYS_MESSAGE` for a message without `msg.exposure`, or one whose exposure is not what `openstack-port-lookup`
 * makes: scanning guessed addresses is worse than scanning none.
 */
export function readScanRequest(message: object): ScanRequest {
  const msg = message as Record<string, unknown>
  const batch = objectOf(msg['batch'])
  const members = Array.isArray(msg['payload']) && batch !== undefined ? msg['payload'] : undefined
  const whole = exposureOf(msg['exposure'], 'msg.exposure')
  const occurrences = members === undefined ? [occurrenceOf(msg, 'msg')] : members.map(memberOf)
  const changes = whole?.changes ?? occurrences.flatMap((occurrence) => occurrence.changes)
  if (whole === undefined && !occurrences.some((occurrence) => occurrence.looked)) {
    throw new OperatorError('QUALYS_MESSAGE', 'The message has no msg.exposure, so there are no addresses to scan.', {
      remedy: 'Put an openstack-port-lookup node before this one.',
    })
  }
  const occasion =
    textOf(batch?.['id']) ?? occurrences[0]?.notification?.messageId ?? textOf(msg['_msgid']) ?? undefined
  if (occasion === undefined) throw wrong('_msgid', 'a text')
  const clouds = new Set(occurrences.flatMap(({ notification }) => notification?.source?.cloud ?? []))
  const incomplete = whole?.incomplete
  return {
    occasion,
    cloud: clouds.size > 1 ? 'several' : ([...clouds][0] ?? 'unknown'),
    occurrences: distribute(occurrences, changes),
    ...(incomplete === undefined ? {} : { incomplete }),
  }
}

interface Read extends Occurrence {
  /** Whether the port lookup has seen it. */
  readonly looked: boolean
}

/** Gives each change to the notification that reported it; changes of an unknown one stand by themselves. */
function distribute(occurrences: readonly Read[], changes: readonly Change[]): Occurrence[] {
  const known = new Set(occurrences.flatMap(({ notification }) => notification?.messageId ?? []))
  const single = occurrences.length === 1
  const placed = occurrences.map(({ looked: _, ...occurrence }) => ({
    ...occurrence,
    changes: changes.filter(({ messageId }) => single || messageId === occurrence.notification?.messageId),
  }))
  const strays = single ? [] : changes.filter(({ messageId }) => !known.has(messageId))
  return strays.length === 0 ? placed : [...placed, { topic: 'unknown', changes: strays }]
}

function memberOf(member: unknown, index: number): Read {
  const fields = objectOf(member)
  if (fields === undefined) throw wrong(`payload[${index}]`, 'an object')
  return occurrenceOf(fields, `payload[${index}]`)
}

function occurrenceOf(fields: Readonly<Record<string, unknown>>, path: string): Read {
  const exposure = exposureOf(fields['exposure'], `${path}.exposure`)
  const event = objectOf(fields['event'])
  const notification = notificationOf(fields)
  const incomplete = exposure?.incomplete
  return {
    topic: textOf(fields['topic']) ?? 'unknown',
    changes: exposure?.changes ?? [],
    looked: exposure !== undefined,
    ...(event === undefined ? {} : { event: event as CadfEvent }),
    ...(notification === undefined ? {} : { notification }),
    ...(incomplete === undefined ? {} : { incomplete }),
  }
}

function exposureOf(value: unknown, path: string): { changes: readonly Change[]; incomplete?: string } | undefined {
  if (value === undefined) return undefined
  const fields = objectOf(value)
  if (fields === undefined) throw wrong(path, 'an object')
  const { changes } = fields
  if (!Array.isArray(changes)) throw wrong(`${path}.changes`, 'a list')
  const incomplete = textOf(fields['incomplete'])
  return {
    changes: changes.map((change: unknown, index) => changeOf(change, `${path}.changes[${index}]`)),
    ...(incomplete === undefined ? {} : { incomplete }),
  }
}

function changeOf(value: unknown, path: string): Change {
  const fields = objectOf(value)
  if (fields === undefined) throw wrong(path, 'an object')
  for (const member of ['kind', 'messageId', 'eventId', 'resourceId']) {
    if (typeof fields[member] !== 'string') throw wrong(`${path}.${member}`, 'a text')
  }
  if (typeof fields['scan'] !== 'boolean') throw wrong(`${path}.scan`, 'true or false')
  const { addresses } = fields
  if (!Array.isArray(addresses)) throw wrong(`${path}.addresses`, 'a list')
  for (const [index, address] of addresses.entries()) checkAddress(address, `${path}.addresses[${index}]`)
  return fields as unknown as Change
}

function checkAddress(value: unknown, path: string): asserts value is ExposedAddress {
  const fields = objectOf(value)
  if (typeof fields?.['address'] !== 'string') throw wrong(`${path}.address`, 'a text')
  if (fields['family'] !== 4 && fields['family'] !== 6) throw wrong(`${path}.family`, '4 or 6')
  if (typeof fields['global'] !== 'boolean') throw wrong(`${path}.global`, 'true or false')
}

function wrong(path: string, expected: string): OperatorError {
  return new OperatorError('QUALYS_MESSAGE', `${quote(path)} must be ${expected}.`, {
    remedy: 'Pass on msg.exposure as openstack-port-lookup sets it.',
  })
}

function objectOf(value: unknown): Record<string, unknown> | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as Record<string, unknown>)
    : undefined
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined
}
