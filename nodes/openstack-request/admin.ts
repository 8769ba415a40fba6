import type { NodeAPI } from 'node-red'
import { describeError, OperatorError } from '../../src/errors/operator-error'
import type { KeystoneSession } from '../../src/openstack/session'
import { serviceOf } from '../shared/config-node'

interface Request {
  readonly body?: unknown
}
interface Response {
  status(code: number): Response
  json(body: unknown): void
}

/** Tells the dialog which service types the catalogue of a deployed account has. */
export function adminEndpoints(RED: NodeAPI): void {
  RED.httpAdmin.post(
    '/openstack-request/types',
    RED.auth.needsPermission('openstack-request.read'),
    (request: Request, response: Response) => {
      const account = (request.body as { account?: unknown } | undefined)?.account
      const session = serviceOf<KeystoneSession>(RED, typeof account === 'string' ? account : undefined)
      if (session === undefined) {
        response.status(404).json({ code: 'REQUEST_NO_ACCOUNT', message: 'The account is not deployed.' })
        return
      }
      session.catalog().then(
        (endpoints) => response.json({ types: [...new Set(endpoints.map(({ type }) => type))].sort() }),
        (thrown: unknown) =>
          response.status(400).json({
            code: thrown instanceof OperatorError ? thrown.code : 'UNEXPECTED',
            message: describeError(thrown),
          }),
      )
    },
  )
}
