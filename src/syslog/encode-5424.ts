import { OperatorError } from '../errors/operator-error'
import type { EncodedLine, StructuredData, SyslogMessage } from './message'
import { cutAtBytes, truncationMark } from './truncate'
import { headerField, visible } from './visible'

export interface Encode5424Options {
  /** A text beyond ASCII starts with a byte order mark (RFC 5424 §6.4). */
  readonly bom: boolean
  /** Longest message in bytes; 0 for none. */
  readonly limit: number
  /** Stands in for an unreadable time. */
  readonly now: Date
}

const SD_NAME = 'openstack'
/** Ours are ids and short names; a hostile one must not crowd out the text. */
const LONGEST_PARAM = 255
const BOM = '\ufeff'
// RFC 5424 §6.2.3: at most six fraction digits, upper-case T and Z, no leap second
const TIMESTAMP = /^(\d{4}-\d{2}-\d{2})T(\d{2}:\d{2}:[0-5]\d)(\.\d{1,9})?(Z|[+-]\d{2}:\d{2})$/

/**
 * Encodes one message as RFC 5424. What is longer than the limit is cut and says so twice: `truncated="<bytes>"` in the
 * structured data and a mark at the end of the text.
 * @throws OperatorError SYSLOG_LIMIT when not even the header fits the limit
 */
export function encode5424(message: SyslogMessage, options: Encode5424Options): EncodedLine {
  const header = header5424(message, options.now)
  const text = message.isPlain ? message.text : visible(message.text)
  const params = message.structuredData.params
  const bom = options.bom && !message.isPlain && !isAscii(text) ? BOM : ''
  const whole = Buffer.from(assemble(header, element(message.structuredData, params), bom + text), 'utf8')
  if (options.limit === 0 || whole.length <= options.limit) return { bytes: whole }

  const mark = truncationMark(whole.length)
  const truncated = String(whole.length)
  // When the parameters leave no room for text, only the message id stays.
  for (const kept of [params, { messageId: params['messageId'] }, {}]) {
    const data = element(message.structuredData, { ...kept, truncated })
    const room = options.limit - Buffer.byteLength(assemble(header, data, bom + mark), 'utf8')
    if (room < 0) continue
    const cut = assemble(header, data, bom + cutAtBytes(text, room) + mark)
    return { bytes: Buffer.from(cut, 'utf8'), truncatedFrom: whole.length }
  }
  throw new OperatorError('SYSLOG_LIMIT', `A syslog header does not fit into ${options.limit} bytes.`, {
    remedy: 'Raise the size limit or shorten host and application name.',
  })
}

function header5424(message: SyslogMessage, now: Date): string {
  const fields = [
    `<${message.facility * 8 + message.severity}>1`,
    timestamp(message.time, now),
    headerField(message.hostname, 255),
    headerField(message.appName, 48),
    headerField(message.procId, 128),
    headerField(message.msgId, 32),
  ]
  return fields.join(' ')
}

function assemble(header: string, data: string, text: string): string {
  return text === '' ? `${header} ${data}` : `${header} ${data} ${text}`
}

function element(data: StructuredData, params: Readonly<Record<string, string | undefined>>): string {
  const written = Object.entries(params)
    .filter((param): param is [string, string] => param[1] !== undefined && param[1] !== '')
    .map(([name, value]) => ` ${sdName(name)}="${paramValue(value)}"`)
  if (written.length === 0) return '-'
  return `[${SD_NAME}@${data.enterpriseId}${written.join('')}]`
}

/** RFC 5424 §6.3.3: `"`, `\` and `]` are escaped; control characters become visible first. */
function paramValue(value: string): string {
  // Ids and event types, which is nearly all.
  if (value.length <= LONGEST_PARAM && /^[\w.:@/ -]*$/.test(value)) return value
  return cutAtCharacters(visible(value)).replace(/["\\\]]/g, '\\$&')
}

function cutAtCharacters(value: string): string {
  const characters = Array.from(value)
  return characters.length > LONGEST_PARAM ? `${characters.slice(0, LONGEST_PARAM - 3).join('')}...` : value
}

function sdName(name: string): string {
  return name.replace(/[^!-~]|[="\]]/g, '_').slice(0, 32)
}

function timestamp(time: string, now: Date): string {
  const read = TIMESTAMP.exec(time)
  if (read === null || Number.isNaN(Date.parse(time))) return now.toISOString()
  const [, date, clock, fraction = '', zone] = read
  return `${date}T${clock}${fraction.slice(0, 7)}${zone}`
}

function isAscii(text: string): boolean {
  return !/[\u0080-\uffff]/.test(text)
}
