import { createHash } from 'node:crypto'
import { OperatorError } from '../../errors/operator-error'
import { joinedExposure } from '../../exposure/look-up'
import type { Exposure } from '../../exposure/model'

type Message = Readonly<Record<string, unknown>>

export interface Batch extends Message {
  readonly payload: readonly Message[]
  readonly batch: { readonly id: string; readonly [member: string]: unknown }
}

/**
 * Whether a message is a batch, to be filtered member by member.
 * @throws OperatorError `FILTER_BATCH_SHAPE` where it says so and is none
 */
export function isBatch(message: Message): message is Batch {
  const { batch, payload } = message
  if (batch === undefined || batch === null) return false
  const hasId = typeof batch === 'object' && typeof (batch as { id?: unknown }).id === 'string'
  const hasMembers = Array.isArray(payload) && payload.every((member) => typeof member === 'object' && member !== null)
  if (hasId && hasMembers) return true
  throw new OperatorError(
    'FILTER_BATCH_SHAPE',
    'The message has msg.batch, but msg.payload is no list of its members.',
    {
      remedy: 'Leave a batch as cadf-batch sends it, or delete msg.batch if it is none any more.',
    },
  )
}

/**
 * The batch with only the members named. It gets an id of its own, derived from what is left, unless all are: two parts of one
 * batch are two batches to a node that acts once per batch, and the same part is the same batch when it is delivered again.
 * What was looked up for the whole is joined again from what was looked up for the members left.
 */
export function partOfBatch(message: Batch, kept: readonly number[]): Message {
  if (kept.length === message.payload.length) return message
  const members = kept.map((index) => message.payload[index] as Message)
  const { exposure: whole, ...rest } = message
  const exposures = members.map((member) => member['exposure']).filter((exposure) => exposure !== undefined)
  return {
    ...rest,
    payload: members,
    batch: { ...message.batch, id: `${message.batch.id}-${partId(message, kept)}`, count: members.length },
    ...(whole !== undefined && exposures.length === members.length
      ? { exposure: joinedExposure(exposures as Exposure[]) }
      : {}),
  }
}

function partId(message: Batch, kept: readonly number[]): string {
  const hash = createHash('sha256')
  for (const index of kept) hash.update(`${identity(message.payload[index] as Message, index)}\n`)
  return hash.digest('hex').slice(0, 8)
}

/** Members arrive in the same order again, so the place serves where a member has no id. */
function identity(member: Message, index: number): string {
  const id = (member['notification'] as { messageId?: unknown } | undefined)?.messageId
  return typeof id === 'string' ? id : String(index)
}
