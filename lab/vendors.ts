import type { LabClock } from './clock'
import { gitHubVendor } from './github/service'
import type { LabHandler } from './http/exchange'
import { pceVendor } from './illumio/service'
import { jiraVendor } from './jira/service'
import { mattermostVendor } from './mattermost/service'
import { pagerDutyVendor } from './pagerduty/service'
import { serviceNowVendor } from './servicenow/service'
import { slackVendor } from './slack/service'
import { snsVendor } from './sns/service'
import { teamsVendor } from './teams/service'
import { telegramVendor } from './telegram/service'
import { webhookVendor } from './webhook/service'

/** What a service of another vendor works with. */
export interface VendorTools {
  readonly clock: LabClock
}

/** A service that is not OpenStack's: how it answers, and beside it whatever tests and people want to see or set. */
export interface Vendor {
  readonly handler: LabHandler
}

/**
 * Each listens on a port of its own. A new one is a folder with a function, and a line here: `cloud.vendors.<name>` then has its
 * address and state, and faults know its name.
 */
export const VENDORS = {
  github: gitHubVendor,
  illumio: pceVendor,
  jira: jiraVendor,
  pagerduty: pagerDutyVendor,
  servicenow: serviceNowVendor,
  mattermost: mattermostVendor,
  slack: slackVendor,
  sns: snsVendor,
  teams: teamsVendor,
  telegram: telegramVendor,
  webhook: webhookVendor,
} as const satisfies Readonly<Record<string, (tools: VendorTools) => Vendor>>

export type VendorName = keyof typeof VENDORS

export const VENDOR_NAMES = Object.keys(VENDORS) as readonly VendorName[]

/** The services at work, each with its address. */
export type Vendors = {
  readonly [name in VendorName]: ReturnType<(typeof VENDORS)[name]> & { readonly url: string }
}
