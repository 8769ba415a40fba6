import type { NodeAPI } from 'node-red'
import type { PceClient } from '../../src/illumio/client'
import { answering, dialogRequest } from '../shared/dialog-request'
import type { IllumioSecrets } from './illumio-config'

type OpenClient = (RED: NodeAPI, config: Readonly<Record<string, unknown>>, secrets: IllumioSecrets) => PceClient

const LIMIT_MS = 20_000

/** The dialog's button: POST as it carries a secret, and for those only who may change accounts. */
export function addTest(RED: NodeAPI, open: OpenClient): void {
  RED.httpAdmin.post(
    '/illumio-config/test',
    RED.auth.needsPermission('illumio-config.write'),
    answering(async ({ body }) => {
      const { fields, secrets } = dialogRequest(RED, body, ['key', 'secret'])
      const client = open(RED, fields, secrets as IllumioSecrets)
      try {
        return { found: await client.test(AbortSignal.timeout(LIMIT_MS)) }
      } finally {
        await client.close()
      }
    }),
  )
}
