import type { ChannelConfig } from '../channel'
import { ChannelSettings } from '../channel-settings'

export interface GitHubSettings {
  /** No slash at the end. */
  readonly api: string
  /** `owner/name` */
  readonly repository: string
  readonly token: string
  readonly labels: readonly string[]
  readonly assignees: readonly string[]
}

const API = 'https://api.github.com'
const LONGEST_LABEL = 50

/** @throws OperatorError NOTIFY_CONFIG */
export function readGitHubSettings(config: ChannelConfig): GitHubSettings {
  const read = new ChannelSettings(config, 'GitHub')
  const repository = read.mandatory('repository')
  if (repository !== '' && !/^[A-Za-z0-9-]+\/[A-Za-z0-9._-]+$/.test(repository)) {
    read.complain('"repository" is not of the form owner/name')
  }
  const token = read.mandatorySecret('token')
  const api = read.url('api', read.text('api') || API)
  const labels = read.words('labels')
  if (labels.some((label) => label.length > LONGEST_LABEL)) {
    read.complain(`"labels" has one of more than ${LONGEST_LABEL} characters`)
  }
  const assignees = read.words('assignees').map((name) => name.replace(/^@/, ''))
  if (assignees.length > 10) read.complain('"assignees" names more than 10')
  read.done()
  return { api: (api?.href ?? API).replace(/\/+$/, ''), repository, token, labels, assignees }
}
