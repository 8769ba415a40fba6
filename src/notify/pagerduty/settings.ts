import type { ChannelConfig } from '../channel'
import { ChannelSettings, type FieldsTemplate } from '../channel-settings'
import type { Report } from '../model'

export interface PagerDutySettings {
  /** e.g. `https://events.pagerduty.com`, no slash at the end. */
  readonly host: string
  readonly routingKey: string
  /** Further members of `custom_details`. */
  readonly details: FieldsTemplate
  readonly component: (report: Report) => string
  readonly group: (report: Report) => string
}

const HOSTS = { us: 'https://events.pagerduty.com', eu: 'https://events.eu.pagerduty.com' }

/** @throws OperatorError NOTIFY_CONFIG, NOTIFY_TEMPLATE */
export function readPagerDutySettings(config: ChannelConfig): PagerDutySettings {
  const read = new ChannelSettings(config, 'PagerDuty')
  const region = read.oneOf('region', ['us', 'eu', 'other'], 'us')
  const written = region === 'other' ? read.mandatory('host') : HOSTS[region]
  const host = read.url('host', written.includes('://') || written === '' ? written : `https://${written}`)
  const routingKey = read.mandatorySecret('routingKey')
  if (routingKey !== '' && !/^[A-Za-z0-9]{32}$/.test(routingKey)) {
    read.complain('the credential "routingKey" is none: it is 32 letters and digits, of an Events API v2 integration')
  }
  const settings = {
    host: host?.origin ?? '',
    routingKey,
    details: read.fields('details'),
    component: read.template('component'),
    group: read.template('alertGroup'),
  }
  read.done()
  return settings
}
