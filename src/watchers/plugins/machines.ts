import type { PlannedNode } from '../model'
import { secrets } from './people'
import { type Plugin, shared } from './plugin'

const STORED = 'Stored in the credentials of the node.'

export const webhook: Plugin = (parts) => {
  const { config } = parts
  const url = config.needed(
    'url',
    'The address, in the credentials, as it may hold a secret.',
    'Enter the address in the web hook node.',
  )
  const token = config.taken('bearer_token', STORED)
  config.without('data', 'pretty-cool-events never sent it. The body can be given by a template.')
  config.note(
    'url',
    'changed',
    'The body is a CloudEvent with the CADF event, which holds the event of the PCE in attachments[0].content.',
  )
  return {
    type: 'audit-notify-webhook',
    settings: {
      ...{ urlIsSecret: true, url: '', allowHttp: /^http:/i.test(url), method: 'POST', form: 'cloudevents' },
      ...{ auth: token === '' ? 'none' : 'bearer', ...shared(parts) },
    },
    credentials: secrets({ secretUrl: url, password: token }),
  }
}

export const syslog: Plugin = (parts) => {
  const { config, templateText } = parts
  const host = config.text('syslog_host')
  if (host === '')
    config.note('syslog_host', 'missing', 'Enter the server in the syslog node; pretty-cool-events took this machine.')
  else config.note('syslog_host', 'taken', 'The server.')
  const port = config.taken('syslog_port', 'The port.')
  const ca = config.taken('syslog_cert_file', 'TLS, with this file as the authority; it is read when the flow starts.')
  shared(parts)
  if (parts.extra.text('throttle') !== '')
    parts.extra.note('throttle', 'no-meaning', 'Lines are not throttled: a log is to be whole.')
  const format = templateText === undefined ? { format: 'json' } : { format: 'template', template: templateText }
  return {
    type: 'syslog-out',
    settings: { host: host || 'localhost', port, transport: ca === '' ? 'udp' : 'tls', ...format },
    ...(ca === ''
      ? {}
      : { uses: { tls: { type: 'tls-config', settings: { name: 'Syslog', ca, verifyservercert: true } } } }),
  }
}

/** One line of plain ASCII, whatever is in the event: nothing from outside begins a second one. */
export const LINE = `JSON.stringify(msg.event).replace(/[\\u007f-\\uffff]/g, (c) => '\\\\u' + c.charCodeAt(0).toString(16).padStart(4, '0'))`

export const stdout: Plugin = (parts) => {
  const { config, extra } = parts
  plainText(parts)
  for (const key of ['prepend', 'append'])
    config.without(key, 'A line is one JSON object, so that a machine can read it; add members to msg.event before.')
  extra.without('channel', 'Standard output has none.')
  return core('Standard output', `console.log(${LINE})\nreturn msg`)
}

export const file: Plugin = (parts) => {
  const { config } = parts
  plainText(parts)
  const filename = config.needed('logfile', 'A core file node writes the lines.', 'Enter a path in the file node.')
  const next: PlannedNode = {
    type: 'file',
    settings: {
      ...{ name: '', filename: filename || 'pce_events.log', filenameType: 'str', appendNewline: true },
      ...{ createDir: false, overwriteFile: 'false', encoding: 'utf8' },
    },
  }
  return { ...core('A line of JSON', `msg.payload = ${LINE}\nreturn msg`), next }
}

function plainText(parts: Parameters<Plugin>[0]): void {
  shared(parts)
  if (parts.extra.text('throttle') !== '') parts.extra.note('throttle', 'no-meaning', 'Lines are not throttled.')
  for (const section of [parts.config, parts.extra]) {
    if (section.text('template') !== '') section.note('template', 'changed', 'A line is the CADF event as JSON.')
  }
}

function core(name: string, func: string): PlannedNode {
  return {
    type: 'function',
    settings: { name, func, outputs: 1, timeout: 0, noerr: 0, initialize: '', finalize: '', libs: [] },
  }
}
