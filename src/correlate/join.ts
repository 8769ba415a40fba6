import type { CadfEvent, CadfResource } from '../cadf/event'
import { isKnown, sameId } from '../cadf/identity'
import { notificationOf } from '../message/members'
import type { BatchMember } from '../message/model'
import { durationMs } from './duration'
import { addressOf, expectsNotification, facetOf, roleOf } from './facet'
import type { Correlated, Missing } from './model'

interface Call {
  request?: BatchMember
  response?: BatchMember
}

/**
 * The messages that an operation becomes: one for each thing that the service says has happened, each with what the audited
 * call knows; where the service says nothing, one for the call. Every message that came is in one of them or listed in it.
 *
 * @param members in order of arrival
 * @param earlier an audited call of the same operation that has left already
 */
export function joinOperation(
  members: readonly BatchMember[],
  options: { notifications: boolean; earlier?: readonly BatchMember[] },
): BatchMember[] {
  const told = members.filter((member) => !isAudited(member))
  const happened = told.filter((member) => roleOf(member) === 'notification')
  const stems = new Set(happened.map(stemOf))
  const begun = told.filter((member) => roleOf(member) === 'start' && !stems.has(stemOf(member)))
  const begunAndEnded = told.filter((member) => roleOf(member) === 'start' && stems.has(stemOf(member)))

  const calls = callsOf(members.filter(isAudited))
  const [call = callsOf(options.earlier ?? [])[0]] = calls
  const joined = [...happened, ...begun].map((member) => {
    const starts = begunAndEnded.filter((start) => stemOf(start) === stemOf(member))
    return withCall(member, call, starts)
  })
  // A second call under one request id is none that anybody has seen; it must not get lost all the same.
  const alone = joined.length > 0 ? calls.slice(1) : calls
  return [...joined, ...alone.map((one) => callAlone(one, options.notifications))].sort(
    (a, b) => placeOf(a, members) - placeOf(b, members),
  )
}

function withCall(member: BatchMember, call: Call | undefined, starts: readonly BatchMember[]): BatchMember {
  const { request, response } = call ?? {}
  const audit = response ?? request
  const missing: Missing[] = []
  if (call === undefined) missing.push('audit')
  else if (response === undefined) missing.push('response')
  else if (request === undefined) missing.push('request')
  const event: CadfEvent = { ...member.event }
  if (event.outcome === 'pending' && response?.event.outcome === 'success') missing.push('notification')
  if (audit !== undefined) tellWhatTheCallKnows(event, audit.event)
  event['correlated'] = correlated(call, [request, ...starts, response], missing)
  return { ...member, event }
}

function callAlone(call: Call, notifications: boolean): BatchMember {
  const { request, response } = call
  const member = (response ?? request) as BatchMember
  const missing: Missing[] = []
  if (response === undefined) missing.push('response')
  else if (request === undefined) missing.push('request')
  if (response !== undefined && notifications && expectsNotification(facetOf(response))) missing.push('notification')
  const event: CadfEvent = { ...member.event }
  event['correlated'] = correlated(call, response === undefined ? [] : [request], missing)
  return { ...member, event }
}

/** Facts of the call that the service's own notification lacks. What the notification does say stays as it is. */
function tellWhatTheCallKnows(event: CadfEvent, call: CadfEvent): void {
  const flags = [...(event.flags ?? [])]
  event.initiator = completed(event, call.initiator, flags)
  if (event.outcome === 'pending') event.outcome = call.outcome
  else if (contradicts(event.outcome, call.outcome)) {
    flags.push(`outcome ${event.outcome} but the call's was ${call.outcome}`)
  }
  if (event.reason === undefined && call.reason !== undefined) event.reason = call.reason
  if (event.requestPath === undefined && call.requestPath !== undefined) event.requestPath = call.requestPath
  const tags = new Set([...(event.tags ?? []), ...(call.tags ?? [])])
  if (tags.size > 0) event.tags = [...tags]
  if (flags.length > 0) event.flags = flags
}

function completed(event: CadfEvent, caller: CadfResource, flags: string[]): CadfResource {
  const { initiator } = event
  const whole: CadfResource = { ...initiator }
  if (isKnown(initiator.id) && isKnown(caller.id) && !sameId(initiator.id, caller.id)) {
    flags.push('initiator is not who made the call')
  } else {
    if (!isKnown(initiator.id) && isKnown(caller.id)) {
      whole.id = caller.id
      withoutAdded(event, 'initiator.id')
    }
    for (const name of ['name', 'project_id', 'domain_id', 'global_request_id'] as const) {
      const value = caller[name]
      if (whole[name] === undefined && isKnown(value)) whole[name] = value
    }
  }
  if (addressOf(event) === undefined && caller.host !== undefined) whole.host = { ...whole.host, ...caller.host }
  return whole
}

function withoutAdded(event: CadfEvent, path: string): void {
  const added = event.added?.filter((one) => one !== path)
  if (added === undefined) return
  if (added.length > 0) event.added = added
  else delete event.added
}

function contradicts(one: string, other: string): boolean {
  return (one === 'success' && other === 'failure') || (one === 'failure' && other === 'success')
}

function correlated(
  call: Call | undefined,
  others: readonly (BatchMember | undefined)[],
  missing: Missing[],
): Correlated {
  const took = durationMs(call?.request, call?.response)
  return {
    ...(took === undefined ? {} : { durationMs: took }),
    with: others
      .filter((member) => member !== undefined)
      .map(({ topic, event, notification }) => ({
        ...{ topic, messageId: notification?.messageId ?? event.id, eventId: event.id, eventTime: event.eventTime },
        outcome: event.outcome,
      })),
    ...(missing.length > 0 ? { missing } : {}),
  }
}

/** Requests with their responses: by event id, or where one lacks its partner by that of the same tag. */
function callsOf(audited: readonly BatchMember[]): Call[] {
  const calls: { call: Call; keys: Set<string> }[] = []
  for (const member of audited) {
    const keys = facetOf(member)?.callKeys ?? []
    const role = roleOf(member) === 'request' ? 'request' : 'response'
    const known = calls.find((one) => one.call[role] === undefined && keys.some((key) => one.keys.has(key)))
    if (known === undefined) calls.push({ call: { [role]: member }, keys: new Set(keys) })
    else {
      known.call[role] = member
      for (const key of keys) known.keys.add(key)
    }
  }
  return calls.map(({ call }) => call)
}

function isAudited(member: BatchMember): boolean {
  const role = roleOf(member)
  return role === 'request' || role === 'response'
}

function stemOf(member: BatchMember): string {
  return facetOf(member)?.stem ?? member.topic
}

function placeOf(joined: BatchMember, members: readonly BatchMember[]): number {
  const id = idOf(joined)
  return members.findIndex((member) => idOf(member) === id)
}

function idOf(member: BatchMember): string {
  return notificationOf(member)?.messageId ?? member.event.id
}
