import type { ChannelConfig } from '../channel'
import { ChannelSettings, type FieldsTemplate } from '../channel-settings'
import type { Report } from '../model'

export interface JiraSettings {
  /** `cloud`: REST v3 with documents; `server`: Data Center, REST v2 with wiki markup. */
  readonly kind: 'cloud' | 'server'
  /** With a path if Jira has one, no slash at the end. */
  readonly site: string
  readonly authorization: string
  readonly secrets: readonly string[]
  readonly project: string
  /** By name, or by id where it is a number. */
  readonly issueType: string
  readonly priority: (report: Report) => string
  readonly labels: readonly string[]
  readonly fields: FieldsTemplate
  /** Empty: the first that leads to a status of the category Done. */
  readonly transition: string
  /** Empty: none is set. */
  readonly resolution: string
}

/** Ours, or of a setting of its own. */
const RESERVED = ['project', 'issuetype', 'summary', 'description', 'labels', 'priority']

/** @throws OperatorError NOTIFY_CONFIG, NOTIFY_TEMPLATE */
export function readJiraSettings(config: ChannelConfig): JiraSettings {
  const read = new ChannelSettings(config, 'Jira')
  const kind = read.oneOf('kind', ['cloud', 'server'], 'cloud')
  const site = read.url('site', fullAddress(read.mandatory('site'), kind))
  const token = read.mandatorySecret('token')
  const user = kind === 'cloud' ? read.mandatory('user') : ''
  const project = read.mandatory('project')
  if (project !== '' && !/^([A-Z][A-Z0-9_]+|\d+)$/i.test(project)) read.complain('"project" is no key of a project')
  const labels = read.words('labels')
  if (labels.some((label) => label.length > 255)) read.complain('"labels" has one of more than 255 characters')
  const basic = Buffer.from(`${user}:${token}`).toString('base64')
  const settings: JiraSettings = {
    kind,
    site: site === undefined ? '' : `${site.origin}${site.pathname}`.replace(/\/+$/, ''),
    authorization: kind === 'cloud' ? `Basic ${basic}` : `Bearer ${token}`,
    secrets: [token, basic],
    project,
    issueType: read.text('issueType') || 'Task',
    priority: read.template('priority'),
    labels,
    fields: read.fields('fields', RESERVED),
    transition: read.text('transition'),
    resolution: read.text('resolution'),
  }
  read.done()
  return settings
}

/** `acme` is acme.atlassian.net; a host may come without its scheme. */
function fullAddress(site: string, kind: 'cloud' | 'server'): string {
  if (site === '' || site.includes('://')) return site
  return kind === 'cloud' && !site.includes('.') ? `https://${site}.atlassian.net` : `https://${site}`
}
