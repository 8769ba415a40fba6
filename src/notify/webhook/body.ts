import type { Report } from '../model'

export type BodyForm = 'cloudevents' | 'event' | 'report' | 'template'

/** The body, and what it calls itself. */
export interface Body {
  readonly contentType: string
  readonly text: string
}

/**
 * - `cloudevents`: CloudEvents 1.0, structured JSON; the CADF event is its data (of a group a list)
 * - `event`: the CADF event as it is (of a group a list)
 * - `report`: title, text, facts and the events
 * - `template`: the document of the template as JSON, or its text as plain text
 */
export function bodyOf(report: Report, form: BodyForm): Body {
  const events = report.occurrences.map(({ event }) => event)
  const data = events.length === 1 ? events[0] : events
  switch (form) {
    case 'cloudevents':
      return json(cloudEvent(report, data), 'application/cloudevents+json; charset=utf-8')
    case 'event':
      return json(data)
    case 'report': {
      const { occurrences: _occurrences, filled: _filled, document: _document, ...told } = report
      return json({ ...told, events })
    }
    case 'template':
      if (report.document !== undefined) return json(report.document)
      return { contentType: 'text/plain; charset=utf-8', text: report.filled['text'] ?? report.title }
  }
}

function cloudEvent(report: Report, data: unknown): object {
  const [first] = report.occurrences
  const observer = first?.event.observer.id || 'unknown'
  const subject = first?.event.target.id
  const time = rfc3339(report.time)
  return {
    specversion: '1.0',
    id: report.id,
    // A URI reference is wanted; whatever the observer is called becomes one.
    source: `/openstack-events/${encodeURIComponent(observer.replace(/\p{Surrogate}/gu, '\ufffd'))}`,
    type: report.eventType,
    // Attributes that are there must not be empty.
    ...(typeof subject === 'string' && subject !== '' ? { subject } : {}),
    ...(time === undefined ? {} : { time }),
    datacontenttype: 'application/json',
    severity: report.severity,
    ...(report.suppressed === undefined ? {} : { suppressed: report.suppressed.count }),
    data,
  }
}

/** CADF libraries write `+0000`, which RFC 3339 and so CloudEvents do not know. */
function rfc3339(time: string): string | undefined {
  const written = time.replace(/([+-]\d\d)(\d\d)$/, '$1:$2')
  return /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)$/.test(written) ? written : undefined
}

function json(value: unknown, contentType = 'application/json; charset=utf-8'): Body {
  return { contentType, text: JSON.stringify(value) }
}
