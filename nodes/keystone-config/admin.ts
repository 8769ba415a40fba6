import type { NodeAPI } from 'node-red'
import { describeError, OperatorError } from '../../src/errors/operator-error'
import type { AccountSecrets } from '../../src/openstack/account'
import { testAccount } from '../../src/openstack/account-test'
import { importAccounts } from '../../src/openstack/import-account'
import type { KeystoneSession } from '../../src/openstack/session'

interface Request {
  readonly body?: unknown
}
interface Response {
  status(code: number): Response
  json(body: unknown): void
}

type OpenSession = (
  RED: NodeAPI,
  config: object,
  secrets: AccountSecrets,
  onNotice: (text: string) => void,
) => KeystoneSession

/** What the editor shows in the place of a password that it does not know. */
const KEPT_PASSWORD = '__PWRD__'

/** The dialog's buttons: POST as they carry secrets, and for those only who may change accounts. */
export function adminEndpoints(RED: NodeAPI, openSession: OpenSession): void {
  const mayWrite = RED.auth.needsPermission('keystone-config.write')

  RED.httpAdmin.post('/keystone-config/import', mayWrite, (request: Request, response: Response) => {
    try {
      response.json({ accounts: importAccounts(String(recordOf(request.body)['text'] ?? '')) })
    } catch (thrown) {
      response.status(400).json(failure(thrown))
    }
  })

  RED.httpAdmin.post('/keystone-config/test', mayWrite, (request: Request, response: Response) => {
    const body = recordOf(request.body)
    const session = openSession(RED, resolved(recordOf(body['fields'])), secretsOf(RED, body), () => {})
    testAccount(session)
      .then(
        (found) => response.json(found),
        (thrown) => response.status(400).json(failure(thrown)),
      )
      .finally(() => session.close().catch(() => {}))
  })
}

/** What was typed, or, where the editor has only the placeholder, what is stored for the node. */
function secretsOf(RED: NodeAPI, body: Record<string, unknown>): AccountSecrets {
  const typed = resolved(recordOf(body['secrets']))
  const stored = recordOf(RED.nodes.getCredentials(String(body['id'] ?? '')))
  const secret = (name: 'password' | 'secret') => {
    const value = typed[name] === KEPT_PASSWORD ? resolved(stored)[name] : typed[name]
    return typeof value === 'string' && value !== '' ? { [name]: value } : {}
  }
  return { ...secret('password'), ...secret('secret') }
}

/** `${NAME}` stands for an environment variable when a node starts; so it does here. */
function resolved(values: Record<string, unknown>): Record<string, unknown> {
  const entries = Object.entries(values).map(([name, value]) => {
    const [, variable] = typeof value === 'string' ? (/^\$\{(\S+)\}$/.exec(value) ?? []) : []
    return [name, variable === undefined ? value : (process.env[variable] ?? '')]
  })
  return Object.fromEntries(entries)
}

function failure(thrown: unknown): { code: string; message: string } {
  return { code: thrown instanceof OperatorError ? thrown.code : 'UNEXPECTED', message: describeError(thrown) }
}

function recordOf(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {}
}
