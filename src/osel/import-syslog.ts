import { quote } from '../errors/redact'
import { type Draft, needed } from './draft'

/** `syslog_*`, and everything that makes the lines look as osel wrote them. */
export function importSyslog(draft: Draft): void {
  // Go's log/syslog wrote <6>: facility kern, as none was given, severity info; a line feed ended each line.
  draft.set('syslog-out', {
    ...{ format: 'osel', protocol: 'rfc3164', framing: 'newline', appName: 'osel' },
    ...{ facility: 'kern', severityBy: 'fixed', severity: 'info' },
  })
  const host = needed(draft, 'syslog_server', 'Enter the server in the syslog node.')
  if (host !== undefined) {
    draft.set('syslog-out', { host })
    draft.note(
      'syslog_server',
      'taken',
      'Lines look as osel wrote them, with the same priority (facility kern), so that searches keep working; qualys_scan_error is now ' +
        'empty when a scan was launched. Choose "the event as JSON" for the whole record.',
    )
  }
  importPort(draft)
  importProtocol(draft)
}

function importPort(draft: Draft): void {
  const key = 'syslog_port'
  const given = needed(draft, key, 'The syslog node uses port 514.')
  if (given === undefined) return
  const port = Number(given)
  if (Number.isInteger(port) && port >= 1 && port <= 65_535) {
    draft.set('syslog-out', { port: String(port) })
    draft.note(key, 'taken', `Port ${port}.`)
  } else {
    draft.note(key, 'unreadable', `"${quote(given, 20)}" is no port; enter it in the syslog node.`)
  }
}

/** Names of Go's net package. */
function importProtocol(draft: Draft): void {
  const key = 'syslog_protocol'
  const given = needed(draft, key, 'The syslog node uses TCP.')
  if (given === undefined) return
  const transport = /^(tcp|udp)[46]?$/i.exec(given)?.[1]?.toLowerCase()
  if (transport === undefined) {
    draft.note(
      key,
      'unreadable',
      `"${quote(given, 20)}" is neither tcp nor udp; choose the transport in the syslog node.`,
    )
    return
  }
  draft.set('syslog-out', { transport })
  draft.note(key, 'taken', transport === 'tcp' ? 'TCP; TLS is possible here.' : 'UDP; TCP or TLS would lose nothing.')
}
