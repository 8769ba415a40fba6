import { OperatorError } from '../../errors/operator-error'
import type { NotificationContext } from '../model'
import { contextOfPrefix, contextOfRecord } from './request-context'

/** What a line of a service's log file is to us. */
export type LogLine =
  /** `body` is a notification for `decodeNotification`: bare or in an envelope. `context` is what the line says besides. */
  | { readonly kind: 'notification'; readonly body: string; readonly context?: NotificationContext }
  /** A notification in a form that cannot be read; passed to the dead letters, not over. */
  | { readonly kind: 'refused'; readonly error: OperatorError }
  /** An ordinary log line. */
  | { readonly kind: 'other' }

/** The `log` driver logs to a logger of this name plus the event type. */
const LOGGER = 'oslo.messaging.notification.'
const OTHER: LogLine = { kind: 'other' }

/**
 * Tells notifications from the other lines of a log file: a line of oslo.log's usual format whose logger is that of the
 * `log` driver (`<time> <pid> <LEVEL> oslo.messaging.notification.<event type> [<context>] <JSON>`), a line that is the
 * JSON itself, or a line of oslo.log's `use_json`, which holds that JSON as text in `message`.
 */
export function logLine(line: string): LogLine {
  if (line.startsWith('{')) return jsonLine(line)
  const logger = line.indexOf(LOGGER)
  if (logger >= 0) {
    // Neither an event type nor a request context holds a brace.
    const start = line.indexOf('{', logger)
    if (start >= 0) return notification(line.slice(start), prefixContext(line.slice(logger, start)))
  }
  if (isPythonRepr(line)) return { kind: 'refused', error: pythonRepr() }
  return OTHER
}

function notification(body: string, context: NotificationContext | undefined): LogLine {
  return context === undefined ? { kind: 'notification', body } : { kind: 'notification', body, context }
}

/** @param prefix from the logger's name to the JSON */
function prefixContext(prefix: string): NotificationContext | undefined {
  const open = prefix.indexOf('[')
  const close = prefix.indexOf(']', open)
  return open < 0 || close < 0 ? undefined : contextOfPrefix(prefix.slice(open + 1, close))
}

function jsonLine(line: string): LogLine {
  if (line.includes(LOGGER)) {
    const logged = loggedJson(line)
    if (logged !== undefined) return logged
  }
  // Cheaper than to parse what is passed over: dumps in tracebacks, other services' JSON logs.
  if (line.includes('"event_type"') || line.includes('"oslo.message"')) {
    return isJsonLog(line) ? OTHER : { kind: 'notification', body: line }
  }
  if (isPythonRepr(line)) return { kind: 'refused', error: pythonRepr() }
  return OTHER
}

/** oslo.log's JSON formatter: `name` is the logger, `message` the text. */
function loggedJson(line: string): LogLine | undefined {
  const record = parsed(line)
  if (record === undefined) return undefined
  const { name, message } = record
  if (typeof name !== 'string' || !name.startsWith(LOGGER)) return undefined
  if (typeof message === 'string') return notification(message, contextOfRecord(record['context']))
  return {
    kind: 'refused',
    error: new OperatorError('LOG_FILE_NO_MESSAGE', 'The JSON log line of a notification has no message text.', {
      remedy: 'Let oslo.log write it with its own formatter (use_json = True).',
    }),
  }
}

/** A log record that merely mentions a notification. */
function isJsonLog(line: string): boolean {
  const record = parsed(line)
  return record !== undefined && record['event_type'] === undefined && typeof record['levelname'] === 'string'
}

function parsed(line: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(line)
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : undefined
  } catch {
    return undefined
  }
}

/** What keystonemiddleware's audit filter logs by itself, without oslo.messaging. */
function isPythonRepr(line: string): boolean {
  const start = line.indexOf('Event type: ')
  return start >= 0 && line.includes(', Context: ', start) && line.includes(', Payload: {', start)
}

function pythonRepr(): OperatorError {
  return new OperatorError(
    'LOG_FILE_PYTHON_REPR',
    'This audit event was logged by keystonemiddleware itself, as the text of a Python dictionary, which is not JSON.',
    {
      remedy:
        'Set use_oslo_messaging = True and driver = log in [audit_middleware_notifications] of the service; the same file ' +
        'then holds JSON.',
    },
  )
}

/** For a line that is longer than a person allows. */
export function tooLong(longest: number): OperatorError {
  return new OperatorError('LOG_FILE_LINE_TOO_LONG', `The line is longer than ${longest} bytes.`, {
    remedy: 'Find out at the service what it put into this notification.',
  })
}
