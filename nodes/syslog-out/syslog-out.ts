import { hostname } from 'node:os'
import type { ConnectionOptions } from 'node:tls'
import type { Node, NodeAPI, NodeDef } from 'node-red'
import { describeError, OperatorError } from '../../src/errors/operator-error'
import { quote } from '../../src/errors/redact'
import { SentOnce } from '../../src/journal/sent-once'
import { incoming } from '../../src/message/members'
import { linesOf, type PreparedLine, type Subject, subjectsOf } from '../../src/syslog/lines'
import { openTransport } from '../../src/syslog/open'
import { readSettings, type SyslogSettings } from '../../src/syslog/settings'
import { SyslogSink } from '../../src/syslog/sink'
import { systemTimers } from '../../src/time/timers'
import { showCounts } from '../shared/counters'
import { deliveryService } from '../shared/delivery'
import { onClose, onInput } from '../shared/input'
import { journalOf } from '../shared/journal'
import { refuseEverything } from '../shared/refuse-everything'
import { statusOf } from '../shared/status'
import { chosenTls } from '../shared/tls'
import { addOselImport } from './osel-import'
import { ServerState } from './server-state'

interface SyslogOutConfig extends NodeDef {
  readonly tls?: string
  readonly text?: string
  readonly textType?: string
  readonly severityProperty?: string
  readonly severityPropertyType?: string
  readonly [setting: string]: unknown
}

/** A write that has begun may end well while flows stop. */
const CLOSE_WITHIN_MS = 5000

export default function register(RED: NodeAPI): void {
  function SyslogOutNode(this: Node, config: SyslogOutConfig): void {
    RED.nodes.createNode(this, config)
    const status = statusOf(this)
    let settings: SyslogSettings
    let tls: ConnectionOptions
    try {
      settings = readSettings(config, hostname())
      tls = (settings.transport === 'tls' && chosenTls(RED, config.tls, 'SYSLOG_CONFIG')) || {}
    } catch (thrown) {
      status.attention('not configured')
      this.error(describeError(thrown))
      refuseEverything(RED, this, thrown)
      return
    }

    const state = new ServerState(this, `${settings.host}:${settings.port}`, status, deliveryService(RED))
    // The transport tells its first state before there is a sink to count.
    let sink: SyslogSink | undefined
    const show = () => state.show(sink?.held ?? 0, sink?.counts ?? NOTHING_SENT)
    const transport = openTransport(settings, {
      tls,
      onState: (next) => {
        state.changed(next)
        show()
      },
    })
    const opened = new SyslogSink(transport, settings.once ? sentLines(RED, this) : Promise.resolve(undefined))
    sink = opened
    let received = 0
    let failed = 0
    showCounts(RED, this, () => ({ received, ...opened.counts, failed, held: opened.held }))

    onInput<Record<string, unknown>>(RED, this, async (msg, _send, { token, signal, begin }) => {
      received += 1
      state.entered(token)
      try {
        const lines = await prepare(RED, this, config, settings, msg)
        const writing = opened.write(lines, { signal, begin })
        show()
        const written = await writing
        if (written === 'dropped' && token === undefined) {
          throw new OperatorError('SYSLOG_CLOSED', 'The node was stopped before the syslog server took the line.')
        }
      } catch (thrown) {
        failed += 1
        throw thrown
      } finally {
        state.left(token)
        show()
      }
    })
    onClose(this, () => opened.close(CLOSE_WITHIN_MS))
  }

  RED.nodes.registerType('syslog-out', SyslogOutNode)
  addOselImport(RED)
}

const NOTHING_SENT = { sent: 0, repeated: 0, truncated: 0 }

async function prepare(
  RED: NodeAPI,
  node: Node,
  config: SyslogOutConfig,
  settings: SyslogSettings,
  msg: Record<string, unknown>,
): Promise<PreparedLine[]> {
  const lines: PreparedLine[] = []
  for (const subject of subjectsOf(msg, incoming(msg), settings.format)) {
    const read = (property: unknown, type: unknown, usual: string) =>
      propertyOf(RED, node, subject, textOr(property, usual), textOr(type, 'msg'))
    const evaluated = {
      ...(settings.format === 'text' ? { text: await read(config.text, config.textType, 'payload') } : {}),
      ...(settings.severity.by === 'value'
        ? { severity: await read(config.severityProperty, config.severityPropertyType, 'severity') }
        : {}),
    }
    lines.push(...linesOf(subject, evaluated, settings, new Date()))
  }
  return lines
}

/** The callback form, as JSONata and some context stores answer later. */
function propertyOf(RED: NodeAPI, node: Node, subject: Subject, property: string, type: string): Promise<unknown> {
  return new Promise((resolve, reject) => {
    RED.util.evaluateNodeProperty(property, type, node, subject.source, (error, value: unknown) => {
      if (error === null || error === undefined) return resolve(value)
      const shown = quote(property, 60)
      reject(new OperatorError('SYSLOG_PROPERTY', `The property ${shown} cannot be read: ${describeError(error)}`))
    })
  })
}

function textOr(value: unknown, usual: string): string {
  return typeof value === 'string' ? value : usual
}

function sentLines(RED: NodeAPI, node: Node): Promise<SentOnce | undefined> {
  let warned = false
  const onTrouble = (thrown: unknown) => {
    if (!warned) node.warn(`lines may be repeated after a restart: ${describeError(thrown)}`)
    warned = true
  }
  return journalOf(RED)
    .then((journal) => SentOnce.load(journal, node.id, systemTimers, onTrouble))
    .catch((thrown: unknown) => {
      onTrouble(thrown)
      return undefined
    })
}
