import { OperatorError } from '../errors/operator-error'
import { eventTypeChoice } from '../notification/event-type-patterns'
import type { ChannelDefinition } from './channel'
import { cut } from './cut'
import type { Occurrence, Report } from './model'
import { eventTypeOf, latestOf, reportOf, targetKeyOf, ticketKeyOf } from './report'
import type { NotifySettings } from './settings'
import { compileTemplate } from './templates/engine'
import { compileTexts, type Fill, type TemplateTexts, templateData } from './templates/set'

/** Makes reports as a node's settings and templates say. */
export interface Composer {
  /** @param id of a group; a single report has its event's */
  compose(occurrences: readonly Occurrence[], id?: string): Report
  /** Under which key an occurrence waits for others. */
  groupKey(occurrence: Occurrence): string
  throttleKey(report: Report): string
}

const LONGEST_KEY = 200

/**
 * @param shared texts of the chosen `audit-template`; the node's own go before them
 * @param target where the channel's reports go, for the throttle's key
 * @throws OperatorError NOTIFY_TEMPLATE
 */
export function composer(
  settings: NotifySettings,
  channel: ChannelDefinition,
  shared: TemplateTexts | undefined,
  target: () => string,
): Composer {
  const fill: Fill = compileTexts(merged(settings.texts, shared), channel)
  const template = (text: string, name: string) => (text === '' ? undefined : compileTemplate(text, 'none', name))
  const link = template(settings.link, 'link')
  const ticketKey = template(settings.ticketKey, 'ticket key')
  const groupKey = template(settings.groupKey, 'group key')
  const throttleKey = template(settings.throttleKey, 'throttle key')
  const closes = settings.closedBy.length === 0 ? () => false : eventTypeChoice(settings.closedBy, [])
  // What closes has another event type than what it closes.
  const matterOf = settings.closedBy.length === 0 ? ticketKeyOf : targetKeyOf
  const dataOf = (occurrence: Occurrence) => templateData(reportOf([occurrence], { ticketKey: matterOf(occurrence) }))
  const key = (text: string) => cut(text.replace(/\s+/g, ' ').trim(), LONGEST_KEY)
  return {
    compose(occurrences, id) {
      const [first] = occurrences
      if (first === undefined) throw new OperatorError('NOTIFY_NOT_AN_EVENT', 'The message carries no CADF event.')
      const report = reportOf(occurrences, {
        ...(id === undefined ? {} : { id }),
        closes: closes(eventTypeOf(latestOf(occurrences) ?? first)),
        ticketKey: matterOf(first),
      })
      const data = templateData(report)
      const url = link === undefined ? undefined : safeLink(link.render(data))
      return fill({
        ...report,
        ...(ticketKey === undefined ? {} : { ticketKey: key(ticketKey.render(data)) || report.ticketKey }),
        ...(url === undefined ? {} : { link: { label: 'Open', url } }),
      })
    },
    groupKey: (occurrence) => {
      if (groupKey !== undefined) return key(groupKey.render(dataOf(occurrence)))
      if (channel.tickets !== true) return eventTypeOf(occurrence)
      // A group is one report, and a report concerns one ticket.
      return (ticketKey === undefined ? '' : key(ticketKey.render(dataOf(occurrence)))) || matterOf(occurrence)
    },
    throttleKey: (report) =>
      throttleKey === undefined ? `${report.eventType} ${target()}` : key(throttleKey.render(templateData(report))),
  }
}

function merged(own: TemplateTexts, shared: TemplateTexts | undefined): TemplateTexts {
  const given = Object.entries(own.fields).filter(([, text]) => text.trim() !== '')
  const document = own.document?.trim() ? own.document : shared?.document
  return {
    fields: { ...shared?.fields, ...Object.fromEntries(given) },
    ...(document === undefined ? {} : { document }),
  }
}

/** What an event puts into an address must not turn it into a script. */
function safeLink(text: string): string | undefined {
  const trimmed = text.trim()
  if (!URL.canParse(trimmed)) return undefined
  const { protocol, href } = new URL(trimmed)
  return protocol === 'https:' || protocol === 'http:' ? href : undefined
}
