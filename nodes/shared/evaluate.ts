import type { Node, NodeAPI, NodeMessage } from 'node-red'
import { describeError, OperatorError } from '../../src/errors/operator-error'
import { quote } from '../../src/errors/redact'

/**
 * What a typed input stands for, with this message. JSONata and some context stores answer later, hence the promise.
 *
 * @param code of the error where it cannot be evaluated
 */
export function evaluated(
  RED: NodeAPI,
  node: Node,
  msg: object,
  typed: { readonly value: string; readonly type: string },
  code: string,
): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const failed = (thrown: unknown) => {
      const what = `${quote(typed.type, 20)} ${quote(JSON.stringify(typed.value), 100)}`
      reject(
        new OperatorError(code, `${what} cannot be evaluated: ${describeError(thrown)}`, {
          remedy: 'Correct it in the dialog.',
        }),
      )
    }
    try {
      RED.util.evaluateNodeProperty(typed.value, typed.type, node, msg as NodeMessage, (error, result: unknown) =>
        error ? failed(error) : resolve(result),
      )
    } catch (thrown) {
      failed(thrown)
    }
  })
}
