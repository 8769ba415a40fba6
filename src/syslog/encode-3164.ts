import type { EncodedLine, SyslogMessage } from './message'
import { cutAtBytes, truncationMark } from './truncate'
import { headerField, visible } from './visible'

const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec']
/** RFC 3164 §4.1.3 */
const LONGEST_TAG = 32

/**
 * Encodes one message in the older BSD form, for collectors that know nothing else: `<PRI>Mmm dd hh:mm:ss host tag[pid]: text`.
 * It has local time without year and zone, and no structured data.
 */
export function encode3164(
  message: SyslogMessage,
  options: { readonly limit: number; readonly now: Date },
): EncodedLine {
  const parsed = new Date(message.time)
  const time = Number.isNaN(parsed.getTime()) ? options.now : parsed
  const header = `<${message.facility * 8 + message.severity}>${bsdTime(time)} ${hostOf(message)} ${tagOf(message)}: `
  const text = message.isPlain ? message.text : visible(message.text)
  const whole = Buffer.from(header + text, 'utf8')
  if (options.limit === 0 || whole.length <= options.limit) return { bytes: whole }
  const mark = truncationMark(whole.length)
  const room = options.limit - Buffer.byteLength(header + mark, 'utf8')
  return { bytes: Buffer.from(header + cutAtBytes(text, room) + mark, 'utf8'), truncatedFrom: whole.length }
}

function bsdTime(time: Date): string {
  const two = (figure: number) => String(figure).padStart(2, '0')
  const day = String(time.getDate()).padStart(2, ' ')
  return `${MONTHS[time.getMonth()]} ${day} ${two(time.getHours())}:${two(time.getMinutes())}:${two(time.getSeconds())}`
}

function hostOf(message: SyslogMessage): string {
  return headerField(message.hostname, 255)
}

/** A colon or bracket in the tag would move the border between header and text. */
function tagOf(message: SyslogMessage): string {
  const pid = message.procId.replace(/[^0-9A-Za-z]/g, '').slice(0, 12)
  const room = LONGEST_TAG - (pid === '' ? 0 : pid.length + 2)
  const tag = message.appName.replace(/[^0-9A-Za-z._/-]/g, '_').slice(0, room)
  return `${tag === '' ? 'openstack' : tag}${pid === '' ? '' : `[${pid}]`}`
}
