import type { PlannedNode } from '../model'
import { literal, type Plugin, shared, usual } from './plugin'

const STORED = 'Stored in the credentials of the node.'
const NEVER_READ = 'pretty-cool-events never read it.'

export const slack: Plugin = (parts) => {
  const { config, extra } = parts
  const token = config.needed('slack_bot_token', STORED, 'Enter the bot token in the Slack node.')
  const channel = extra.needed('channel', 'The channel.', 'Enter the channel in the Slack node.')
  for (const key of ['app_id', 'client_id', 'client_secret', 'signing_secret']) config.without(key, NEVER_READ)
  return {
    type: 'audit-notify-slack',
    settings: { way: 'bot', channel, ...shared(parts) },
    credentials: secrets({ botToken: token }),
  }
}

export const teams: Plugin = (parts) => {
  const { config } = parts
  const url = config.text('webhook')
  if (url === '') {
    config.note('webhook', 'missing', 'Make a flow in the Workflows app of Teams and enter its address in the node.')
  } else if (/\boffice\.com$|\.office\.com\b/i.test(hostOf(url))) {
    config.note(
      'webhook',
      'unreadable',
      'It is the address of a connector, which Microsoft has retired. Make a flow in the Workflows app and enter its address.',
    )
  } else {
    config.note('webhook', 'taken', STORED)
    return { type: 'audit-notify-teams', settings: shared(parts), credentials: secrets({ webhookUrl: url }) }
  }
  return { type: 'audit-notify-teams', settings: shared(parts) }
}

export const mattermost: Plugin = (parts) => {
  const { config, extra } = parts
  const url = config.needed('webhook_url', STORED, 'Enter the address of the web hook in the Mattermost node.')
  const own = extra.taken('channel', 'The channel.')
  const room = usual(config, 'channel', own, 'The channel')
  const username = config.taken('username', 'The name that the message comes from, where the server allows it.')
  config.without('icon_url', 'The node sets no picture.')
  return {
    type: 'audit-notify-mattermost',
    settings: { channel: room.replace(/^#/, ''), username, allowHttp: url.startsWith('http://'), ...shared(parts) },
    credentials: secrets({ webhookUrl: url }),
  }
}

export const telegram: Plugin = (parts) => {
  const { config, extra } = parts
  const token = config.needed('bot_token', STORED, 'Enter the token of the bot in the Telegram node.')
  const own = extra.taken('chat_id', 'The chat.')
  const chat = usual(config, 'chat_id', own, 'The chat', 'Enter the chat in the Telegram node.')
  config.without('parse_mode', 'The node writes HTML and escapes what comes from outside.')
  config.without('disable_web_page_preview', 'The node shows no previews.')
  return {
    type: 'audit-notify-telegram',
    settings: { chat, ...shared(parts) },
    credentials: secrets({ botToken: token }),
  }
}

export const sms: Plugin = (parts) => {
  const { config, extra } = parts
  const key = config.taken('access_key', STORED)
  const secret = config.taken('access_key_secret', STORED)
  if ((key === '') !== (secret === '')) {
    config.note(
      key === '' ? 'access_key' : 'access_key_secret',
      'missing',
      'Enter it in the SNS node; without both the machine’s own role is used.',
    )
  } else if (key === '') {
    config.note('access_key', 'missing', 'The role of the machine is used; keys can be entered in the SNS node.')
    config.raw('access_key_secret')
  }
  const region = config.needed('aws_region_name', 'The region.', 'Enter the region in the SNS node.')
  const phone = phoneOf(
    extra.needed('phone_number', 'The number.', 'Enter the number in the SNS node, or choose a topic.'),
  )
  return {
    type: 'audit-notify-sns',
    settings: { way: 'phone', phone, region, ...shared(parts) },
    credentials: secrets({ accessKeyId: key, secretAccessKey: secret }),
  }
}

/** YAML reads +49… without quotes as a number, and loses the sign. */
function phoneOf(text: string): string {
  return /^[1-9]\d{7,14}$/.test(text) ? `+${text}` : text
}

export const mail: Plugin = (parts) => {
  const { config, extra } = parts
  const written = config.needed('smtp_host', 'The server.', 'Enter the server in the mail node.')
  const [, host = written, inHost = ''] = /^(.*?):(\d{1,5})$/.exec(written) ?? []
  const port = config.taken('smtp_port', inHost === '' ? 'The port.' : 'The port in smtp_host counts.')
  const chosen = inHost || port
  const user = config.taken('smtp_user', 'The user.')
  const password = config.taken('smtp_password', STORED)
  if (user === '')
    config.note('smtp_user', 'missing', 'The node does not log in; where the server wants it, enter user and password.')
  if (user !== '' && password === '') config.note('smtp_password', 'missing', 'Enter the password in the mail node.')
  const from = config.taken('email_from', 'The sender.') || (user.includes('@') ? user : '')
  if (!config.has('email_from')) {
    config.note(
      'email_from',
      from === '' ? 'missing' : 'changed',
      from === '' ? 'Enter the sender in the mail node.' : 'The user is the sender.',
    )
  }
  const own = extra.taken('email_to', 'The recipients. The current version of pretty-cool-events ignores it.')
  const to = usual(config, 'email_to', own, 'The recipients', 'Enter the recipients in the mail node.')
  const subject = extra.taken('subject', 'The subject.')
  const security = chosen === '465' ? 'tls' : 'starttls'
  if (chosen === '25')
    config.note(
      'smtp_port',
      'changed',
      'Port 25, with STARTTLS, which is demanded. "No encryption" can be chosen in the node.',
    )
  return {
    type: 'audit-notify-email',
    settings: {
      ...{ host, port: chosen, security, auth: user === '' ? 'none' : 'password', user, from, to },
      ...(subject === '' ? {} : { template_subject: literal(subject) }),
      ...shared(parts),
    },
    credentials: secrets({ password }),
  }
}

/** Empty ones are left out: the dialog asks for what is missing. */
export function secrets(all: Readonly<Record<string, string>>): NonNullable<PlannedNode['credentials']> {
  return Object.fromEntries(Object.entries(all).filter(([, value]) => value !== ''))
}

function hostOf(url: string): string {
  return URL.canParse(url) ? new URL(url).hostname : ''
}
