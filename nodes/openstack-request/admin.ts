import type { NodeAPI } from 'node-red'
import type { KeystoneSession } from '../../src/openstack/session'
import { serviceOf } from '../shared/config-node'
import { type Problem, problemOf } from '../shared/dialog-request'

interface Request {
  readonly body?: unknown
}
interface Response {
  json(body: unknown): void
}

/**
 * Tells the dialog which service types the catalogue of a deployed account has. That there are none to tell (the account is not
 * deployed yet, the cloud is away) is an answer too: the dialog goes on with the types that everybody knows.
 */
export function adminEndpoints(RED: NodeAPI): void {
  RED.httpAdmin.post(
    '/openstack-request/types',
    RED.auth.needsPermission('openstack-request.read'),
    (request: Request, response: Response) => {
      const account = (request.body as { account?: unknown } | undefined)?.account
      const session = serviceOf<KeystoneSession>(RED, typeof account === 'string' ? account : undefined)
      const none = (problem: Problem) => response.json({ types: [], problem })
      if (typeof session?.catalog !== 'function') {
        none({ code: 'REQUEST_NO_ACCOUNT', message: 'The account is not deployed.' })
        return
      }
      session.catalog().then(
        (endpoints) => response.json({ types: [...new Set(endpoints.map(({ type }) => type))].sort() }),
        (thrown: unknown) => none(problemOf(thrown)),
      )
    },
  )
}
