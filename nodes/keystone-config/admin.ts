import type { NodeAPI } from 'node-red'
import type { AccountSecrets } from '../../src/openstack/account'
import { testAccount } from '../../src/openstack/account-test'
import { importAccounts } from '../../src/openstack/import-account'
import type { KeystoneSession } from '../../src/openstack/session'
import { answering, dialogRequest, recordOf } from '../shared/dialog-request'

interface Request {
  readonly body?: unknown
}

type OpenSession = (
  RED: NodeAPI,
  config: object,
  secrets: AccountSecrets,
  onNotice: (text: string) => void,
) => KeystoneSession

/** The dialog's buttons: POST as they carry secrets, and for those only who may change accounts. */
export function adminEndpoints(RED: NodeAPI, openSession: OpenSession): void {
  const mayWrite = RED.auth.needsPermission('keystone-config.write')

  RED.httpAdmin.post(
    '/keystone-config/import',
    mayWrite,
    answering(({ body }: Request) => ({ accounts: importAccounts(String(recordOf(body)['text'] ?? '')) })),
  )

  RED.httpAdmin.post(
    '/keystone-config/test',
    mayWrite,
    answering(async ({ body }: Request) => {
      const { fields, secrets } = dialogRequest(RED, body, ['password', 'secret'])
      const session = openSession(RED, fields, secrets as AccountSecrets, () => {})
      try {
        return await testAccount(session)
      } finally {
        session.close().catch(() => {})
      }
    }),
  )
}
