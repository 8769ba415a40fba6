import type { NodeAPI } from 'node-red'
import { OperatorError } from '../../src/errors/operator-error'
import { answering, isKept, textsOf } from '../shared/dialog-request'
import type { AuditStoreConfigNode } from './audit-store-config'
import { readStoreSettings, type StoreSecrets } from './settings'
import { testStore } from './test-store'

interface Request {
  readonly body?: unknown
}

/** For the dialog: a test of what it holds, deployed or not. POST, as it carries secrets. */
export function addAdminEndpoints(RED: NodeAPI): void {
  RED.httpAdmin.post(
    '/audit-store-config/test',
    RED.auth.needsPermission('audit-store-config.write'),
    answering(({ body }: Request) => {
      const fields = textsOf(body)
      const deployed = deployedNode(RED, fields['id'])
      const { userDir } = RED.settings as { userDir?: string }
      const settings = readStoreSettings(fields, secretsOf(fields, deployed), userDir)
      return testStore(RED, settings, { deployed, tls: fields['tls'], proxy: fields['proxy'] })
    }),
  )
}

/** A stored secret goes only to where it is deployed to go. */
function secretsOf(fields: Readonly<Record<string, string>>, deployed: AuditStoreConfigNode | undefined): StoreSecrets {
  const settings = deployed?.settings
  const stored = deployed?.credentials ?? {}
  const sameAddress = settings?.engine === 'opensearch' && settings.url === (fields['url'] ?? '').trim()
  const secret = (name: keyof StoreSecrets, mayUse: boolean): string => {
    const typed = fields[name] ?? ''
    if (!isKept(typed)) return typed
    if (mayUse) return stored[name] ?? ''
    throw new OperatorError('AUDIT_STORE_CONFIG', 'Type the secret to test another address than is deployed.')
  }
  const search = fields['engine'] === 'opensearch'
  return {
    username: fields['username'] ?? '',
    password: search ? secret('password', sameAddress) : '',
    apiKey: search ? secret('apiKey', sameAddress) : '',
    signingKey: fields['signing'] === 'none' ? '' : secret('signingKey', deployed !== undefined),
  }
}

function deployedNode(RED: NodeAPI, id: string | undefined): AuditStoreConfigNode | undefined {
  if (id === undefined || id === '') return undefined
  const node = RED.nodes.getNode(id) as unknown as (AuditStoreConfigNode & { type: string }) | null
  return node?.type === 'audit-store-config' ? node : undefined
}
