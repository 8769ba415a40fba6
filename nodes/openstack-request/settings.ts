import type { Node, NodeAPI, NodeDef, NodeMessage } from 'node-red'
import { describeError, OperatorError } from '../../src/errors/operator-error'
import { quote } from '../../src/errors/redact'
import { type AskedCall, isReading, type Method } from '../../src/openstack/request/call'
import { filled } from '../../src/openstack/request/fill'

export interface RequestConfig extends NodeDef {
  readonly account?: string
  readonly service?: string
  readonly serviceType?: string
  /** A method, or `msg`: as `msg.method` says. */
  readonly method?: string
  readonly path?: string
  readonly pathType?: string
  readonly query?: string
  readonly queryType?: string
  readonly headers?: string
  readonly headersType?: string
  readonly body?: string
  readonly bodyType?: string
  readonly microversion?: string
  readonly changes?: boolean
  readonly paging?: 'none' | 'array' | 'sequence'
  readonly collection?: string
  readonly missing?: boolean
  readonly maxMegabytes?: number | string
  /** Seconds. */
  readonly timeout?: number | string
}

const TEXTS: ReadonlySet<string> = new Set<keyof RequestConfig>([
  ...(['account', 'service', 'serviceType', 'method', 'path', 'pathType', 'query', 'queryType'] as const),
  ...(['headers', 'headersType', 'body', 'bodyType', 'microversion', 'collection'] as const),
])

/** Without what is no text where the dialog stores one: a flow file may hold anything. */
export function usable(config: RequestConfig): RequestConfig {
  const kept = Object.entries(config).filter(([name, value]) => !TEXTS.has(name) || typeof value === 'string')
  return Object.fromEntries(kept) as unknown as RequestConfig
}

type Evaluate = (value: string, type: string) => Promise<unknown>

/** What the dialog and the message ask for. @throws REQUEST_SETTING, REQUEST_PLACEHOLDER */
export async function askedCall(
  RED: NodeAPI,
  node: Node,
  config: RequestConfig,
  msg: Record<string, unknown>,
): Promise<AskedCall> {
  const evaluate = evaluator(RED, node, msg)
  // What a message brings whole is taken as it is; only what stands in the dialog has places to fill in.
  const text = async (value: string, type: string) =>
    type === 'str' ? filled(value, msg) : await evaluate(value, type)
  return {
    service: await evaluate(config.service ?? '', config.serviceType || 'str'),
    method: config.method === 'msg' ? msg['method'] : config.method,
    path: await text(config.path ?? '', config.pathType || 'str'),
    query: await text(config.query ?? '', config.queryType || 'str'),
    headers: config.headers ? await evaluate(config.headers, config.headersType || 'json') : {},
    body: config.body ? await evaluate(config.body, config.bodyType || 'msg') : undefined,
    microversion: (config.microversion ?? '').trim(),
    changes: config.changes === true,
  }
}

/** Why the node cannot work as it is set, if it can be told without a message. */
export function standingProblem(config: RequestConfig, hasAccount: boolean): string | undefined {
  if (!hasAccount) return 'no account'
  const { method = 'GET', changes } = config
  if (method !== 'msg' && !isReading(method as Method) && changes !== true) return 'changing calls are off'
  return undefined
}

function evaluator(RED: NodeAPI, node: Node, msg: Record<string, unknown>): Evaluate {
  return (value, type) =>
    new Promise((resolve, reject) => {
      const failed = (thrown: unknown) =>
        reject(
          new OperatorError(
            'REQUEST_SETTING',
            `${quote(type, 20)} ${quote(JSON.stringify(value), 100)} cannot be evaluated: ${describeError(thrown)}`,
            {
              remedy: 'Correct it in the dialog.',
            },
          ),
        )
      try {
        RED.util.evaluateNodeProperty(value, type, node, msg as NodeMessage, (error, result) =>
          error ? failed(error) : resolve(result),
        )
      } catch (thrown) {
        failed(thrown)
      }
    })
}
