import type { ChannelConfig } from '../channel'
import { ChannelSettings, type FieldsTemplate } from '../channel-settings'
import type { Report, Severity } from '../model'

/** How a person or program proves itself to the instance. */
export type ServiceNowLogin =
  | { readonly kind: 'basic'; readonly user: string; readonly password: string }
  /** OAuth; with a user for the grant `password`, without for `client_credentials`. */
  | {
      readonly kind: 'oauth'
      readonly clientId: string
      readonly clientSecret: string
      readonly user?: { readonly name: string; readonly password: string }
    }

export interface ServiceNowSettings {
  /** No slash at the end. */
  readonly instance: string
  readonly table: string
  readonly login: ServiceNowLogin
  readonly secrets: readonly string[]
  readonly urgency: (report: Report) => string
  readonly impact: (report: Report) => string
  readonly fields: FieldsTemplate
  /** References in {@link fields} are names as people see them, no sys_ids. */
  readonly displayValues: boolean
  /** Value of `state` for a resolved record; 6 for incidents. */
  readonly resolvedState: string
  readonly closeCode: string
  readonly closeNotes: (report: Report) => string
}

const RESERVED = [
  'short_description',
  'description',
  'urgency',
  'impact',
  'correlation_id',
  'correlation_display',
  'work_notes',
  'state',
  'sys_id',
]

/** From 1, high, to 3, low. */
const URGENCIES: Readonly<Record<Severity, string>> = {
  emerg: '1',
  alert: '1',
  crit: '1',
  err: '2',
  warning: '2',
  notice: '3',
  info: '3',
  debug: '3',
}

/** @throws OperatorError NOTIFY_CONFIG, NOTIFY_TEMPLATE */
export function readServiceNowSettings(config: ChannelConfig): ServiceNowSettings {
  const read = new ChannelSettings(config, 'ServiceNow')
  const instance = read.url('instance', fullAddress(read.mandatory('instance')))
  const table = read.text('table') || 'incident'
  if (!/^[a-z][a-z0-9_]*$/.test(table)) read.complain('"table" is no name of a table, e.g. incident')
  const login = loginOf(read)
  const [urgency, impact] = [bySeverity(read, 'urgency'), bySeverity(read, 'impact')]
  const closeNotes = read.template('closeNotes')
  const settings: ServiceNowSettings = {
    instance: instance === undefined ? '' : instance.origin,
    table,
    login,
    secrets: secretsOf(login),
    urgency,
    impact,
    fields: read.fields('fields', RESERVED),
    displayValues: read.yes('displayValues'),
    resolvedState: String(read.whole('resolvedState', 6, -100, 1000)),
    closeCode: read.text('closeCode') || 'Solution provided',
    closeNotes: (report) => closeNotes(report) || report.title,
  }
  read.done()
  return settings
}

function loginOf(read: ChannelSettings): ServiceNowLogin {
  const way = read.oneOf('login', ['basic', 'client', 'password'], 'basic')
  const user = () => ({ name: read.mandatory('user'), password: read.mandatorySecret('password') })
  if (way === 'basic') {
    const { name, password } = user()
    return { kind: 'basic', user: name, password }
  }
  const client = { clientId: read.mandatory('clientId'), clientSecret: read.mandatorySecret('clientSecret') }
  return { kind: 'oauth', ...client, ...(way === 'password' ? { user: user() } : {}) }
}

function secretsOf(login: ServiceNowLogin): string[] {
  if (login.kind === 'basic') {
    return [login.password, Buffer.from(`${login.user}:${login.password}`).toString('base64')]
  }
  return [login.clientSecret, ...(login.user === undefined ? [] : [login.user.password])]
}

function bySeverity(read: ChannelSettings, name: string): (report: Report) => string {
  const written = read.template(name)
  return (report) => written(report) || URGENCIES[report.severity]
}

/** `acme` is acme.service-now.com; a full host or address is taken as it is. */
function fullAddress(instance: string): string {
  if (instance === '' || instance.includes('://')) return instance
  return instance.includes('.') ? `https://${instance}` : `https://${instance}.service-now.com`
}
