import { appendFile } from 'node:fs/promises'
import type { CallContext } from '../neutron/context'
import { bareMessage, type NotificationSink } from './message'
import { pythonJson } from './python-json'

/**
 * Writes what oslo's `log` driver writes into the service's log file. The file is opened for each line, so it may be
 * renamed or truncated under the writer as log rotation does.
 */
export function logFileSink(path: string): NotificationSink {
  // Lines of two requests must not mix.
  let last: Promise<void> = Promise.resolve()
  const append = (line: string): Promise<void> => {
    const written = last.then(() => appendFile(path, `${line}\n`))
    last = written.catch(() => {})
    return written
  }
  return {
    publish: (notification) =>
      append(
        `${prefix(notification.at, `oslo.messaging.notification.${notification.eventType}`, notification.context)} ` +
          pythonJson(bareMessage(notification)),
      ),
    note: ({ at, logger, text, context }) => append(`${prefix(at, logger, context)} ${text}`),
    close: () => last,
  }
}

function prefix(at: Date, logger: string, context: CallContext): string {
  const time = at.toISOString().slice(0, 23).replace('T', ' ')
  return `${time} ${process.pid} INFO ${logger} [None ${context.requestId} ${context.userId || '-'} ${context.projectId || '-'} - - - -]`
}
