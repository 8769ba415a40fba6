import { secrets } from './people'
import { literal, type Plugin, shared, usual } from './plugin'

const STORED = 'Stored in the credentials of the node.'

export const jira: Plugin = (parts) => {
  const { config, extra } = parts
  const site = config.needed('jira_server', 'The address.', 'Enter the address of Jira in the node.')
  const cloud = site === '' || /\.atlassian\.net\b/i.test(site) || !site.includes('.')
  const user = config.taken(
    'username',
    cloud ? 'The user.' : 'Not used: Jira Data Center takes a personal access token alone.',
  )
  if (cloud && user === '') config.note('username', 'missing', 'Enter the mail address of the user in the Jira node.')
  const token = config.needed('api_token', STORED, 'Enter the token in the Jira node.')
  const project = config.needed('project', 'The project.', 'Enter the key of the project in the Jira node.')
  const summary = extra.taken('summary', 'The title.')
  const issueType = extra.taken('issue_type', 'The type of the issue.')
  return {
    type: 'audit-notify-jira',
    settings: {
      ...{ kind: cloud ? 'cloud' : 'server', site, user: cloud ? user : '', project, issueType: issueType || 'Task' },
      ...(summary === '' ? {} : { template_title: literal(summary) }),
      ...shared(parts),
    },
    credentials: secrets({ token }),
  }
}

export const serviceNow: Plugin = (parts) => {
  const { config, extra } = parts
  const instance = config.needed('instance', 'The instance.', 'Enter the instance in the ServiceNow node.')
  const user = config.needed('username', 'The user.', 'Enter the user in the ServiceNow node.')
  const password = config.needed('password', STORED, 'Enter the password in the ServiceNow node.')
  const title = extra.taken('short_description', 'The title.')
  const urgency = extra.taken('urgency', 'The urgency.')
  const impact = extra.taken('impact', 'The impact.')
  const category = extra.taken('category', 'A further field.')
  if (urgency === '')
    extra.note(
      'urgency',
      'changed',
      'By the severity of the event, where pretty-cool-events always wrote 2; so the impact.',
    )
  return {
    type: 'audit-notify-servicenow',
    settings: {
      ...{ instance: instance.replace(/\/+$/, ''), login: 'basic', user, urgency, impact },
      ...(category === '' ? {} : { fields: JSON.stringify({ category: literal(category) }) }),
      ...(title === '' ? {} : { template_title: literal(title) }),
      ...shared(parts),
    },
    credentials: secrets({ password }),
  }
}

export const pagerDuty: Plugin = (parts) => {
  const { config, extra } = parts
  const old =
    'pretty-cool-events uses the REST API of incidents. The node uses Events API v2: add an integration of that kind to the service in PagerDuty and enter its routing key.'
  if (config.text('api_key') === '') config.note('api_key', 'missing', old)
  else config.note('api_key', 'no-meaning', old)
  config.without('pd_from', 'Events have no sender of their own.')
  config.without('pd_priority', 'The severity of the event counts; rules in PagerDuty give priorities.')
  config.without('pd_service', 'The routing key is that of the service.')
  const title = extra.taken('title', 'The title.')
  return {
    type: 'audit-notify-pagerduty',
    settings: { region: 'us', ...(title === '' ? {} : { template_title: literal(title) }), ...shared(parts) },
  }
}

export const gitHub: Plugin = (parts) => {
  const { config, extra } = parts
  const token = config.needed('token', STORED, 'Enter the token in the GitHub node.')
  const own = extra.taken('repo', 'The repository.')
  const repository = usual(config, 'repo', own, 'The repository', 'Enter owner/name in the GitHub node.')
  const labels = config.taken('labels', 'The labels.')
  return {
    type: 'audit-notify-github',
    settings: { repository, labels: labels || 'pce-event', ...shared(parts) },
    credentials: secrets({ token }),
  }
}
