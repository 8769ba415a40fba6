import type { CadfEvent, Outcome } from '../cadf/event'
import { isKnown } from '../cadf/identity'
import { cut } from './cut'
import type { Fact, Occurrence, Report } from './model'
import { severityOfEvent, worst } from './severity'
import { addressesText, fromOf, ruleText, sentenceOf, thingOf, whoOf } from './wording'

export interface ReportOptions {
  /** Of the report; default the event's id, of a group the group's. */
  readonly id?: string
  readonly link?: Report['link']
  readonly ticketKey?: string
  readonly closes?: boolean
  readonly suppressed?: Report['suppressed']
}

/** Longer texts are nobody's to read in a message; whoever needs them opens the event. */
const LONGEST_VALUE = 500
const SHOWN_MEMBERS = 10
const LONGEST_KEY = 200

/**
 * The message that needs no template: who did what to what, when, from where, with which outcome, and what it exposed.
 * @param occurrences one, or those of a group in order of arrival; at least one
 */
export function reportOf(occurrences: readonly Occurrence[], options: ReportOptions = {}): Report {
  const [first] = occurrences
  if (first === undefined) throw new RangeError('a report is about something')
  const events = occurrences.map(({ event }) => event)
  const { event } = first
  const eventType = eventTypeOf(first)
  const severity = worst(events.map(severityOfEvent))
  const common = {
    severity,
    outcome: outcomeOf(events),
    eventType,
    time: event.eventTime,
    ...(options.link === undefined ? {} : { link: options.link }),
    ...(options.suppressed === undefined ? {} : { suppressed: options.suppressed }),
    occurrences,
    ticketKey: options.ticketKey ?? ticketKeyOf(first),
    closes: options.closes ?? false,
    filled: {},
  }
  if (occurrences.length === 1) {
    return {
      ...common,
      id: options.id ?? event.id,
      title: oneLine(sentenceOf(event)),
      text: textOf(first),
      facts: factsOf(first, eventType),
    }
  }
  return {
    ...common,
    id: options.id ?? `${event.id}+${occurrences.length - 1}`,
    title: oneLine(`${occurrences.length} × ${eventType}: ${whoTogether(events)}`),
    text: groupText(occurrences),
    facts: groupFacts(occurrences, eventType),
  }
}

export function eventTypeOf({ topic, event, notification }: Occurrence): string {
  if (isKnown(topic)) return topic
  return isKnown(notification?.eventType) ? notification.eventType : event.action
}

/** One matter: what happened to what. Cut, as ticket systems take about 100 characters. */
export function ticketKeyOf(occurrence: Occurrence): string {
  return cut(`${eventTypeOf(occurrence)}:${targetOf(occurrence)}`, LONGEST_KEY)
}

/** One matter where some event types end what others began: the same thing. */
export function targetKeyOf(occurrence: Occurrence): string {
  return cut(targetOf(occurrence), LONGEST_KEY) || ticketKeyOf(occurrence)
}

function targetOf({ event: { target } }: Occurrence): string {
  return isKnown(target.id) ? target.id : isKnown(target.name) ? target.name : ''
}

/** How a matter stands at the end of a group: a thing that came back and went again is gone. Of one moment, the last to arrive. */
export function latestOf(occurrences: readonly Occurrence[]): Occurrence | undefined {
  return occurrences.reduce<Occurrence | undefined>((latest, occurrence) => {
    const isEarlier = latest !== undefined && timeOf(occurrence) < timeOf(latest)
    return isEarlier ? latest : occurrence
  }, undefined)
}

/** ms since 1970 */
function timeOf({ event }: Occurrence): number {
  return Date.parse(event.eventTime)
}

function outcomeOf(events: readonly CadfEvent[]): Outcome {
  for (const outcome of ['failure', 'unknown', 'pending'] as const) {
    if (events.some((event) => event.outcome === outcome)) return outcome
  }
  return 'success'
}

function factsOf(occurrence: Occurrence, eventType: string): Fact[] {
  const { event, exposure } = occurrence
  const { initiator, target, observer, reason } = event
  const project = [initiator.project_name, initiator.project_id, target.project_name, target.project_id].find(isKnown)
  const trust = initiator.host?.trust
  const from = fromOf(event)
  return present([
    ['Event', eventType],
    ['Who', whoOf(event)],
    ['From', from === undefined ? undefined : trust === 'claimed' ? `${from} (as the client claims)` : from],
    ['Action', event.action],
    ['Target', thingOf(target)],
    ['Outcome', reason?.reasonCode === undefined ? event.outcome : `${event.outcome} (${reasonText(event)})`],
    ['When', event.eventTime],
    ['Project', project],
    ['Request', event.requestPath],
    [
      'Exposed',
      exposure === undefined || exposure.addresses.length === 0 ? undefined : addressesText(exposure.addresses),
    ],
    ['Incomplete', exposure?.incomplete],
    ['Severity', event.severity],
    ['Reported by', isKnown(observer.name) ? observer.name : observer.typeURI],
  ])
}

function textOf({ event, exposure }: Occurrence): string {
  const lines: string[] = []
  for (const change of exposure?.changes ?? []) {
    if (change.rule !== undefined) lines.push(oneLine(`Rule: ${ruleText(change.rule)}.`))
    if (!change.scan && change.noScanReason !== undefined) lines.push(oneLine(`Not scanned: ${change.noScanReason}.`))
  }
  if (event.outcome === 'failure' && isKnown(event.reason?.reasonType) && event.reason.reasonType !== 'HTTP') {
    lines.push(oneLine(`Reason: ${event.reason.reasonType}.`))
  }
  return [...new Set(lines)]
    .slice(0, SHOWN_MEMBERS)
    .map((line) => cut(line, LONGEST_VALUE))
    .join('\n')
}

function reasonText({ reason }: CadfEvent): string {
  return [reason?.reasonType, reason?.reasonCode].filter(isKnown).join(' ')
}

function whoTogether(events: readonly CadfEvent[]): string {
  const who = [...new Set(events.map((event) => whoOf(event) ?? 'somebody'))]
  return who.length <= 3 ? who.join(', ') : `${who.slice(0, 3).join(', ')} and ${who.length - 3} more`
}

/** Members by what happened and how it ended: a failure among successes and a second actor stay visible. */
function groupText(occurrences: readonly Occurrence[]): string {
  const sentences = new Map<string, number>()
  for (const { event } of occurrences) {
    const sentence = oneLine(sentenceOf(event))
    sentences.set(sentence, (sentences.get(sentence) ?? 0) + 1)
  }
  const shown = [...sentences].slice(0, SHOWN_MEMBERS)
  const lines = shown.map(([sentence, count]) => cut(count > 1 ? `${count} × ${sentence}` : sentence, LONGEST_VALUE))
  const more = sentences.size - shown.length
  return lines.join('\n') + (more > 0 ? `\nand ${more} more kinds` : '')
}

function groupFacts(occurrences: readonly Occurrence[], eventType: string): Fact[] {
  const events = occurrences.map(({ event }) => event)
  const times = events.map(({ eventTime }) => eventTime).sort()
  const outcomes = new Map<string, number>()
  for (const { outcome } of events) outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1)
  const addresses = occurrences.flatMap(({ exposure }) => exposure?.addresses ?? [])
  const unique = [...new Map(addresses.map((address) => [address.address, address])).values()]
  const incomplete = occurrences.map(({ exposure }) => exposure?.incomplete).find((text) => text !== undefined)
  return present([
    ['Event', eventType],
    ['Count', String(events.length)],
    ['Who', whoTogether(events)],
    ['From', [...new Set(events.map(fromOf).filter(isKnown))].slice(0, SHOWN_MEMBERS).join(', ')],
    ['Outcome', [...outcomes].map(([outcome, count]) => `${count} ${outcome}`).join(', ')],
    ['First', times[0]],
    ['Last', times.at(-1)],
    ['Exposed', unique.length === 0 ? undefined : addressesText(unique)],
    ['Incomplete', incomplete],
  ])
}

function present(facts: readonly (readonly [string, unknown])[]): Fact[] {
  return facts.flatMap(([label, value]) => {
    const text = typeof value === 'string' ? oneLine(value, LONGEST_VALUE) : ''
    return text === '' ? [] : [{ label, value: text }]
  })
}

/** A name with a line end in it could otherwise add a line that looks like one of ours: `dana⏎Outcome: success`. */
function oneLine(text: string, limit = 250): string {
  // What comes from outside may be megabytes; only its beginning is looked at.
  return cut(
    text
      .slice(0, limit * 20)
      .replace(/\s+/g, ' ')
      .trim(),
    limit,
  )
}
