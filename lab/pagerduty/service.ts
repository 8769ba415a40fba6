import { randomUUID } from 'node:crypto'
import { asObject, asText, type JsonObject, parseJson } from '../decode'
import { json, type LabReply, type LabRequest } from '../http/exchange'

/** An alert, by its key. */
export interface PagerDutyAlert {
  readonly dedupKey: string
  readonly status: 'triggered' | 'resolved'
  /** Of the event that opened it. */
  readonly payload: JsonObject
  /** How many events joined it, the first included. */
  readonly events: number
}

/** `cloud.vendors.pagerduty`: its alerts, and the keys of services. */
export interface PagerDuty {
  readonly handler: (request: LabRequest) => LabReply
  readonly routingKeys: Set<string>
  readonly alerts: PagerDutyAlert[]
}

export const DEMO_ROUTING_KEY = 'R0pocketpagerdutyroutingkey00000'

const MOST_BYTES = 512 * 1024
const SEVERITIES = ['critical', 'error', 'warning', 'info']

/** Events API v2. An unknown key is answered as a known one is: the event is taken, and lost. */
export function pagerDutyVendor(): PagerDuty {
  const routingKeys = new Set([DEMO_ROUTING_KEY])
  const alerts: PagerDutyAlert[] = []

  function take(event: JsonObject): string {
    const key = asText(event['dedup_key']) ?? randomUUID().replaceAll('-', '')
    if (!routingKeys.has(asText(event['routing_key']) ?? '')) return key
    const at = alerts.findIndex((alert) => alert.dedupKey === key && alert.status === 'triggered')
    const open = alerts[at]
    if (event['event_action'] === 'trigger') {
      if (open !== undefined) alerts[at] = { ...open, events: open.events + 1 }
      else alerts.push({ dedupKey: key, status: 'triggered', payload: asObject(event['payload']) ?? {}, events: 1 })
    } else if (open !== undefined && event['event_action'] === 'resolve') {
      alerts[at] = { ...open, status: 'resolved' }
    }
    return key
  }

  return {
    routingKeys,
    alerts,
    handler: ({ method, path, body, headers }) => {
      if (method !== 'POST' || path !== '/v2/enqueue') return { status: 404, body: '' }
      if (Buffer.byteLength(body) > MOST_BYTES) return invalid(413, ['Event exceeds the maximum size of 512 KB'])
      const event = asObject(parseJson(body))
      if (event === undefined || !/^application\/json\b/.test(headers['content-type'] ?? '')) {
        return invalid(400, ['Event object format is unrecognized'])
      }
      const errors = checkEvent(event)
      if (errors.length > 0) return invalid(400, errors)
      return json(202, { status: 'success', message: 'Event processed', dedup_key: take(event) })
    },
  }
}

function checkEvent(event: JsonObject): string[] {
  const errors: string[] = []
  const { routing_key: routing, event_action: action, dedup_key: key, payload, links } = event
  if (typeof routing !== 'string' || !/^\w{32}$/.test(routing))
    errors.push("Length of 'routing_key' is incorrect (should be 32 characters)")
  if (!['trigger', 'acknowledge', 'resolve'].includes(String(action))) errors.push("'event_action' is missing or wrong")
  if (key === undefined ? action !== 'trigger' : typeof key !== 'string' || key === '' || key.length > 255) {
    errors.push("'dedup_key' is missing, blank or longer than 255 characters")
  }
  if (action === 'trigger') errors.push(...checkPayload(asObject(payload)))
  for (const link of Array.isArray(links) ? links : []) {
    if (!URL.canParse(asText(asObject(link)?.['href']) ?? '')) errors.push("'links' holds one without an address")
  }
  return errors
}

function checkPayload(payload: JsonObject | undefined): string[] {
  if (payload === undefined) return ["'payload' is missing or blank"]
  const errors: string[] = []
  const summary = asText(payload['summary']) ?? ''
  if (summary.trim() === '') errors.push("'payload.summary' is missing or blank")
  if (summary.length > 1024) errors.push("'payload.summary' is longer than 1024 characters")
  if ((asText(payload['source']) ?? '').trim() === '') errors.push("'payload.source' is missing or blank")
  if (!SEVERITIES.includes(String(payload['severity']))) errors.push("'payload.severity' is invalid")
  const { timestamp } = payload
  if (timestamp !== undefined && Number.isNaN(Date.parse(String(timestamp))))
    errors.push("'payload.timestamp' is no time")
  return errors
}

function invalid(status: number, errors: readonly string[]): LabReply {
  return json(status, { status: 'invalid event', message: 'Event object is invalid', errors })
}
