import { patternList } from '../notification/event-type-patterns'
import { SettingsReader } from '../settings/settings-reader'
import type { ChannelDefinition } from './channel'
import { SEVERITIES, type Severity } from './model'
import { parseQuietHours, type QuietHours } from './quiet-hours'
import { severityNamed } from './severity'
import type { TemplateTexts } from './templates/set'
import { parseThrottle, type ThrottleLimit } from './throttle'

/** What all notifying nodes can be told, beside the channel's own settings. */
export interface NotifySettings {
  readonly throttle: ThrottleLimit | undefined
  /** Template; empty: event type and target of the channel. */
  readonly throttleKey: string
  /** Reports at least as bad as this are neither throttled nor held for quiet hours or a group. */
  readonly urgent: Severity | undefined
  readonly quiet: QuietHours | undefined
  /** 0: no grouping. */
  readonly groupMs: number
  /** Template; empty: the event type. */
  readonly groupKey: string
  /** Template; empty: event type and target. */
  readonly ticketKey: string
  /** Patterns of event types that close what another opened. */
  readonly closedBy: readonly string[]
  /** Template of an address for people; empty: none. */
  readonly link: string
  readonly repeatUnknown: boolean
  readonly held: number
  readonly texts: TemplateTexts
}

const CODE = 'NOTIFY_CONFIG'

/** @throws OperatorError NOTIFY_CONFIG */
export function readNotifySettings(
  config: { readonly [setting: string]: unknown },
  channel: Pick<ChannelDefinition, 'fields'>,
): NotifySettings {
  const read = new SettingsReader(config, CODE)
  const grouping = read.yes('group', false)
  return {
    throttle: parseThrottle(read.text('throttle')),
    throttleKey: read.text('throttleKey').trim(),
    urgent: urgency(read),
    quiet: parseQuietHours(read.text('quiet'), read.text('quietDays'), read.text('timeZone')),
    groupMs: grouping ? read.duration('groupWindow', { value: 60, unit: 'seconds' }, 1000, 86_400_000) : 0,
    groupKey: read.text('groupKey').trim(),
    ticketKey: read.text('ticketKey').trim(),
    closedBy: patternList(config['closedBy']),
    link: read.text('link').trim(),
    repeatUnknown: read.yes('repeatUnknown', true),
    held: read.whole('held', 10_000, 1, 1_000_000),
    texts: {
      fields: Object.fromEntries(channel.fields.map(({ name }) => [name, read.text(`template_${name}`)])),
      document: read.text('template_document'),
    },
  }
}

function urgency(read: SettingsReader): Severity | undefined {
  const text = read.text('urgent').trim()
  if (text === '') return undefined
  const severity = severityNamed(text)
  if (severity === undefined) throw read.wrong('urgent', `it is one of ${SEVERITIES.join(', ')}`)
  return severity
}
