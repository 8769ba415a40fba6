import type { LabClock } from '../clock'
import { asObject, parseJson } from '../decode'
import { json, type LabHandler, type LabReply, type LabRequest, type RecordedExchange } from '../http/exchange'
import type { Fault, Faults } from '../http/faults'
import { happenAtDemoPce, isPceOccurrence, PCE_OCCURRENCES } from '../illumio/demo'
import type { PublishedNotification } from '../notifications/message'
import type { Subscription } from '../qualys/subscription'
import { rangeText } from '../qualys/targets'
import type { SmtpFault, SmtpService } from '../smtp/service'
import type { SyslogBehaviour, SyslogReceiver, SyslogTransport } from '../syslog/receiver'
import { VENDOR_NAMES, type Vendors } from '../vendors'

export interface ControlOptions {
  readonly clock: LabClock
  readonly faults: Faults
  readonly received: readonly RecordedExchange[]
  /** Of all services, oldest first. */
  readonly published: () => readonly PublishedNotification[]
  readonly syslog: SyslogReceiver
  readonly smtp: SmtpService | undefined
  readonly subscription: Subscription
  readonly vendors: Vendors
  /** Addresses of everything, for people and scripts. */
  readonly describe: () => unknown
  /** What lies under `/demo/`. */
  readonly demo: LabHandler
}

const behaviours: readonly SyslogBehaviour[] = ['accept', 'refuse', 'stall', 'away']
const secretHeaders = new Set(['authorization', 'x-auth-token', 'x-subject-token', 'cookie'])

/** The switches and the windows of the pocket cloud, for those who cannot call into it. Loopback only. */
export function controlService(options: ControlOptions): LabHandler {
  return async (request) => {
    const stranger = refuseStrangers(request)
    if (stranger !== undefined) return stranger
    if (request.path === '/demo' || request.path.startsWith('/demo/')) return options.demo(request)
    try {
      return (await answer(request)) ?? json(404, { error: 'There is no such control; see docs/pocket-cloud.md.' })
    } catch (error) {
      if (error instanceof RangeError || error instanceof SyntaxError) return json(400, { error: error.message })
      throw error
    }
  }

  async function answer(request: LabRequest): Promise<LabReply | undefined> {
    const { method, path } = request
    const [, root, subject, id] = path.split('/')
    if (root !== '_lab') return undefined
    const ask = `${method} ${subject ?? ''}`
    switch (ask) {
      case 'GET ':
        return json(200, options.describe())
      case 'GET faults':
        return json(200, { faults: options.faults.list(), pages: Object.keys(options.faults.pages) })
      case 'POST faults':
        return json(201, { id: options.faults.add(faultOf(parseJson(request.body))) })
      case 'DELETE faults':
        options.faults.clear(id === undefined ? undefined : Number(id))
        return { status: 204 }
      case 'GET received':
        return json(200, { received: options.received.map(shown) })
      case 'GET notifications':
        return json(200, { notifications: options.published() })
      case 'GET scans':
        return json(200, { scans: options.subscription.scans.map(scan) })
      case 'GET syslog':
        return json(200, { lines: options.syslog.lines })
      case 'GET mails':
        return json(200, { mails: mailServer().mails.map(({ raw: _raw, ...mail }) => mail) })
      case 'POST mails':
        mailServer().faults.push(mailFault(parseJson(request.body)))
        return json(201, { faults: mailServer().faults })
      case 'DELETE mails':
        mailServer().faults.splice(0)
        return { status: 204 }
      case 'POST syslog':
        return behave(asObject(parseJson(request.body)) ?? {})
      case 'POST illumio':
        return id === undefined ? undefined : atPce(id, asObject(parseJson(request.body || '{}')) ?? {})
      case 'POST clock': {
        options.clock.advance(Number(asObject(parseJson(request.body))?.['advanceMs']))
        return json(200, { now: options.clock.now() })
      }
      default:
        return undefined
    }
  }

  /** `happen`: an occurrence by name, or an event as it is; `health`: what the PCE says of itself. */
  function atPce(what: string, body: Record<string, unknown>): LabReply | undefined {
    const { illumio } = options.vendors
    if (what === 'happen') {
      const { what: name, ...event } = body
      if (name === undefined) return json(201, { href: illumio.happen(event) })
      if (!isPceOccurrence(name)) {
        throw new RangeError(`Send {"what": "${Object.keys(PCE_OCCURRENCES).join('|')}"}, or the fields of an event.`)
      }
      return json(201, { href: happenAtDemoPce(illumio, name), what: PCE_OCCURRENCES[name].says })
    }
    if (what !== 'health') return undefined
    const health = HEALTHS.find((each) => each === body['status'])
    if (health === undefined) throw new RangeError(`Send {"status": "${HEALTHS.join('|')}"}.`)
    illumio.health = health
    return json(200, { health })
  }

  function mailServer(): SmtpService {
    if (options.smtp !== undefined) return options.smtp
    throw new RangeError('There is no mail server: it needs the package smtp-server.')
  }

  async function behave(body: Record<string, unknown>): Promise<LabReply> {
    const transport = options.syslog.transports.find((each: SyslogTransport) => each === body['transport'])
    const behaviour = behaviours.find((each) => each === body['behaviour'])
    if (transport === undefined || behaviour === undefined) {
      throw new RangeError(`Send {"transport": "udp|tcp|tls", "behaviour": "${behaviours.join('|')}"}.`)
    }
    await options.syslog.behave(transport, behaviour)
    return json(200, { [transport]: behaviour })
  }

  function scan(each: Subscription['scans'][number]): unknown {
    return {
      reference: each.reference,
      title: each.title,
      targets: each.targets.map(rangeText),
      scanner: each.scanner,
      profile: each.profile.title,
      launchedAt: each.launchedAt,
      state: options.subscription.stateOf(each),
    }
  }
}

const MAIL_STEPS: readonly SmtpFault['at'][] = ['connect', 'login', 'sender', 'recipient', 'data']

function mailFault(value: unknown): SmtpFault {
  const { at, reply, recipient, times } = asObject(value) ?? {}
  const step = MAIL_STEPS.find((one) => one === at)
  if (step === undefined || typeof reply !== 'string' || !/^(?:cut|[45]\d\d .+)$/.test(reply)) {
    throw new RangeError(
      `Send {"at": "${MAIL_STEPS.join('|')}", "reply": "450 4.2.0 greylisted" or "cut", "recipient", "times"}.`,
    )
  }
  return {
    ...{ at: step, reply },
    ...(typeof recipient === 'string' ? { recipient } : {}),
    ...(typeof times === 'number' ? { times } : {}),
  }
}

/** A web page that the user has open must not be able to turn the knobs: its requests carry an origin or another host. */
function refuseStrangers(request: LabRequest): LabReply | undefined {
  const host = request.headers['host'] ?? ''
  if (request.headers['origin'] === undefined && /^(127\.0\.0\.1|localhost|\[::1\])(:\d+)?$/.test(host))
    return undefined
  return json(403, { error: 'The controls answer programs on this machine only.' })
}

const HEALTHS = ['normal', 'warning', 'critical', 'absent'] as const
const SERVICES: readonly string[] = ['keystone', 'neutron', 'nova', 'cinder', 'octavia', 'qualys', ...VENDOR_NAMES]

function faultOf(value: unknown): Fault {
  const fault = asObject(value)
  if (fault === undefined || typeof fault['service'] !== 'string') {
    throw new RangeError(`A fault is an object with at least "service": one of ${SERVICES.join(', ')}.`)
  }
  if (!SERVICES.includes(fault['service'])) {
    throw new RangeError(`There is no service "${fault['service']}"; there are ${SERVICES.join(', ')}.`)
  }
  return fault as unknown as Fault
}

function shown({ request, status, fault }: RecordedExchange): unknown {
  const headers = Object.fromEntries(
    Object.entries(request.headers).map(([name, value]) => [name, secretHeaders.has(name) ? '(hidden)' : value]),
  )
  const { service, method, target, receivedAt } = request
  const body = service === 'keystone' ? '(hidden)' : request.body
  return { service, method, target, headers, body, receivedAt, status, ...(fault !== undefined && { fault }) }
}
