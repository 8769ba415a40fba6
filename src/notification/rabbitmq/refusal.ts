import { describeError, OperatorError } from '../../errors/operator-error'
import { quote, redact } from '../../errors/redact'

/** What a user must be allowed. */
export interface RightsNeeded {
  readonly user: string
  readonly vhost: string
  /** The three patterns of `rabbitmqctl set_permissions`. */
  readonly configure: string
  readonly write: string
  readonly read: string
}

/** The command that grants exactly these rights; it replaces what the user had in that virtual host. */
export function grantCommand(rights: RightsNeeded): string {
  const words = [rights.vhost, rights.user, rights.configure, rights.write, rights.read].map(shellQuoted)
  return `rabbitmqctl set_permissions -p ${words.join(' ')}`
}

/** A regular expression that matches exactly these names. */
export function exactly(names: readonly string[]): string {
  const escaped = names.map((name) => name.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&'))
  return names.length === 0 ? '^$' : `^(${escaped.join('|')})$`
}

function shellQuoted(word: string): string {
  return `'${word.replaceAll("'", `'\\''`)}'`
}

/** Socket errors that pass by themselves: a broker that restarts, a network that is away. */
const PASSING = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'ETIMEDOUT',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'EHOSTDOWN',
  'EPIPE',
  'ENOTFOUND',
  'EAI_AGAIN',
])

/**
 * Why a connection could not be made. Not `retryable` means that trying will not help before a person has acted.
 * @param target host and port, as shown to people
 * @param secrets never to be shown
 */
export function connectionRefusal(
  thrown: unknown,
  target: string,
  vhost: string,
  secrets: readonly string[],
): OperatorError {
  const text = quote(redact(describeError(thrown), secrets), 300)
  const code = codeOf(thrown)
  if (/\b403 \(ACCESS-REFUSED\)|ACCESS_REFUSED/.test(text)) {
    return person('BUS_LOGIN_REFUSED', `RabbitMQ at ${target} refuses the login.`, 'Check user and password.', thrown)
  }
  // amqplib does not pass on what the broker answers to connection.open; for a missing virtual host and for one without
  // rights it is 530 NOT_ALLOWED (tried with RabbitMQ 3.10).
  if (/Expected ConnectionOpenOk|NOT.ALLOWED/.test(text)) {
    return person(
      'BUS_VHOST_REFUSED',
      `RabbitMQ at ${target} refuses the virtual host ${quote(JSON.stringify(vhost), 100)}.`,
      'It does not exist or the user has no rights in it: see rabbitmqctl list_vhosts and list_permissions.',
      thrown,
    )
  }
  if (code === 'ENOTFOUND') {
    return passing(
      'BUS_HOST_UNKNOWN',
      `The name of the RabbitMQ host ${target} cannot be resolved.`,
      'Check its spelling.',
      thrown,
    )
  }
  if (code !== undefined && PASSING.has(code)) {
    return passing('BUS_UNREACHABLE', `RabbitMQ at ${target} cannot be reached (${code}).`, undefined, thrown)
  }
  if (/ETIMEDOUT|Heartbeat timeout/.test(text)) {
    return passing('BUS_UNREACHABLE', `RabbitMQ at ${target} does not answer.`, undefined, thrown)
  }
  if (isTlsFailure(thrown, text)) {
    return person(
      'BUS_TLS',
      `TLS with RabbitMQ at ${target} fails: ${text}.`,
      'Check the CA certificate and the server name in the TLS configuration, and that the port speaks TLS.',
      thrown,
    )
  }
  if (/Socket closed abruptly|Expected .* got|Invalid frame|Unexpected close/.test(text)) {
    return passing(
      'BUS_HANDSHAKE',
      `RabbitMQ at ${target} closed the connection while it was opened.`,
      'If this stays: does the port speak AMQP 0-9-1, and with TLS as configured here?',
      thrown,
    )
  }
  return passing('BUS_CONNECTION', `The connection to RabbitMQ at ${target} fails: ${text}.`, undefined, thrown)
}

/** What was tried on a channel, for the error's text and for the command that grants the rights. */
export interface Attempt {
  /** e.g. `declare the queue "osx.cloud"` */
  readonly what: string
  readonly queue: string
  readonly rights: RightsNeeded
}

/** Why the broker closed a channel or refused an operation on it; `retryable` as with {@link connectionRefusal}. */
export function channelRefusal(thrown: unknown, attempt: Attempt): OperatorError {
  if (thrown instanceof OperatorError) return thrown
  const text = describeError(thrown)
  const brokerText = quote(/with message "(.*)"$/.exec(text)?.[1] ?? text, 300)
  const queue = quote(JSON.stringify(attempt.queue), 120)
  switch (codeOf(thrown) ?? /\b(40[356]|404|506|530|541)\b/.exec(text)?.[1]) {
    case '403':
      return person(
        'BUS_RIGHTS',
        `RabbitMQ refuses to ${attempt.what}: ${brokerText}.`,
        `Grant it with: ${grantCommand(attempt.rights)}`,
        thrown,
      )
    case '404':
      return passing('BUS_MISSING', `RabbitMQ refuses to ${attempt.what}: ${brokerText}.`, undefined, thrown)
    case '405':
      return passing(
        'BUS_QUEUE_LOCKED',
        `The queue ${queue} belongs to another connection.`,
        'If this stays: another program declared it as exclusive. Choose another queue name.',
        thrown,
      )
    case '406': {
      const difference = queueDifference(text)
      if (difference !== undefined) {
        return person(
          'BUS_QUEUE_DIFFERS',
          `The queue ${quote(JSON.stringify(difference.queue), 120)} exists with ${difference.argument} ${difference.current}, not ${difference.wanted}.`,
          'Tick "use the queue as it is", or choose another queue name. This node deletes nothing.',
          thrown,
        )
      }
      return passing('BUS_PRECONDITION', `RabbitMQ closed the channel: ${brokerText}.`, undefined, thrown)
    }
    default:
      return passing('BUS_CHANNEL', `RabbitMQ could not ${attempt.what}: ${brokerText}.`, undefined, thrown)
  }
}

/** The argument in which a queue differs from its declaration; the broker names the first only. */
export interface QueueDifference {
  readonly queue: string
  readonly argument: string
  readonly wanted: string
  readonly current: string
}

/**
 * Takes apart, for instance, "inequivalent arg 'x-max-length' for queue 'q' in vhost '/': received none but current is the
 * value '10' of type 'byte'".
 */
export function queueDifference(text: string): QueueDifference | undefined {
  const match =
    /inequivalent arg '([^']{1,100})' for queue '(.{1,255}?)' in vhost '.{0,255}?': received (.+?) but current is (.+?)"?$/.exec(
      text,
    )
  if (match === null) return undefined
  const [, argument = '', queue = '', wanted = '', current = ''] = match
  const value = (words: string) => quote(/'([^']*)'/.exec(words)?.[1] ?? words, 60) || '""'
  return { queue, argument, wanted: value(wanted), current: value(current) }
}

export function codeOf(thrown: unknown): string | undefined {
  if (typeof thrown !== 'object' || thrown === null || !('code' in thrown)) return undefined
  const { code } = thrown
  return typeof code === 'string' ? code : typeof code === 'number' ? String(code) : undefined
}

function isTlsFailure(thrown: unknown, text: string): boolean {
  const code = codeOf(thrown) ?? ''
  return (
    /^ERR_(?:TLS|SSL|OSSL)|CERT|SELF_SIGNED|UNABLE_TO_|EPROTO/.test(code) || /certificate|\bSSL\b|\bTLS\b/i.test(text)
  )
}

function person(code: string, message: string, remedy: string, cause: unknown): OperatorError {
  return new OperatorError(code, message, { remedy, cause, retryable: false })
}

function passing(code: string, message: string, remedy: string | undefined, cause: unknown): OperatorError {
  return new OperatorError(code, message, { cause, retryable: true, ...(remedy === undefined ? {} : { remedy }) })
}
