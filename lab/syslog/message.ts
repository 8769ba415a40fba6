/** A syslog message as the receiver understood it. Absent parts (`-`, or not part of the form) are undefined. */
export interface SyslogMessage {
  readonly form: 'rfc5424' | 'rfc3164'
  readonly facility: number
  readonly severity: number
  /** As sent. */
  readonly timestamp?: string
  readonly hostname?: string
  /** APP-NAME, or the tag of RFC 3164. */
  readonly application?: string
  readonly processId?: string
  readonly messageId?: string
  /** Parameters by SD-ID. A name given twice in one element keeps its last value here. */
  readonly structuredData: Readonly<Record<string, Readonly<Record<string, string>>>>
  readonly text: string
}

/** Reads RFC 5424, else RFC 3164; `undefined` for what is neither. */
export function parseSyslog(line: string): SyslogMessage | undefined {
  const priority = /^<(0|[1-9]\d{0,2})>/.exec(line)
  if (priority === null || Number(priority[1]) > 191) return undefined
  const value = Number(priority[1])
  const head = { facility: value >> 3, severity: value & 7 }
  const rest = line.slice(priority[0].length)
  return rest.startsWith('1 ') ? rfc5424(head, rest.slice(2)) : rfc3164(head, rest)
}

type Head = Pick<SyslogMessage, 'facility' | 'severity'>

function rfc5424(head: Head, rest: string): SyslogMessage | undefined {
  const fields = /^(\S+) (\S{1,255}) (\S{1,48}) (\S{1,128}) (\S{1,32}) /.exec(rest)
  if (fields === null) return undefined
  const [whole, timestamp, hostname, application, processId, messageId] = fields
  const data = structuredData(rest.slice(whole.length))
  if (data === undefined) return undefined
  // A byte order mark says that the text is UTF-8; it is no part of the text.
  const text = data.rest.replace(/^ \uFEFF?/, '')
  return {
    form: 'rfc5424',
    ...head,
    ...present({ timestamp, hostname, application, processId, messageId }),
    structuredData: data.elements,
    text,
  }
}

function present(fields: Record<string, string | undefined>): Record<string, string> {
  return Object.fromEntries(Object.entries(fields).filter((field): field is [string, string] => field[1] !== '-'))
}

function structuredData(text: string): { elements: SyslogMessage['structuredData']; rest: string } | undefined {
  const elements: Record<string, Record<string, string>> = {}
  if (text === '-' || text.startsWith('- ')) return { elements, rest: text.slice(1) }
  let rest = text
  while (rest.startsWith('[')) {
    const id = /^\[([^\s=\]"]{1,32})/.exec(rest)
    if (id === null) return undefined
    rest = rest.slice(id[0].length)
    const parameters: Record<string, string> = {}
    for (;;) {
      // Inside the quotes \ escapes only ", \ and ].
      const parameter = /^ ([^\s=\]"]{1,32})="((?:[^"\\\]]|\\[\s\S])*)"/.exec(rest)
      if (parameter === null) break
      parameters[parameter[1] as string] = (parameter[2] as string).replace(/\\(["\\\]])/g, '$1')
      rest = rest.slice(parameter[0].length)
    }
    if (!rest.startsWith(']')) return undefined
    elements[id[1] as string] = parameters
    rest = rest.slice(1)
  }
  const complete = Object.keys(elements).length > 0 && (rest === '' || rest.startsWith(' '))
  return complete ? { elements, rest } : undefined
}

function rfc3164(head: Head, rest: string): SyslogMessage | undefined {
  const fields = /^([A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d) (\S+) ([^\s:[]{1,48})(?:\[([^\]]*)\])?: ?([\s\S]*)$/.exec(
    rest,
  )
  if (fields === null) return undefined
  const [, timestamp, hostname, application, processId, text = ''] = fields
  return {
    form: 'rfc3164',
    ...head,
    ...(timestamp !== undefined && { timestamp }),
    ...(hostname !== undefined && { hostname }),
    ...(application !== undefined && { application }),
    ...(processId !== undefined && { processId }),
    structuredData: {},
    text,
  }
}
