/** One syslog message before it is encoded; texts are as they came, the encoder makes them safe. */
export interface SyslogMessage {
  /** 0 to 23 */
  readonly facility: number
  /** 0 to 7 */
  readonly severity: number
  /** RFC 3339, e.g. an event's time with its microseconds. What does not read as such is replaced by the time of sending. */
  readonly time: string
  readonly hostname: string
  readonly appName: string
  readonly procId: string
  /** The kind of message, e.g. the event type. */
  readonly msgId: string
  readonly structuredData: StructuredData
  readonly text: string
  /** The text has been made visible already, as in JSON and CEF: nothing to escape, no byte order mark. */
  readonly isPlain?: boolean
}

/** Parameters of the one element this package writes: `[openstack@<enterprise id> name="value" …]`. */
export interface StructuredData {
  readonly enterpriseId: string
  readonly params: Readonly<Record<string, string | undefined>>
}

/** An encoded message, without framing. */
export interface EncodedLine {
  readonly bytes: Buffer
  /** Bytes that the whole message would have had, if it was cut to the limit. */
  readonly truncatedFrom?: number
}
