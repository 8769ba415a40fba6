import type { NodeAPI } from 'node-red'
import { describeError, OperatorError } from '../../src/errors/operator-error'
import type { AuditStoreConfigNode } from './audit-store-config'
import { readStoreSettings, type StoreSecrets } from './settings'
import { testStore } from './test-store'

interface Request {
  readonly body?: unknown
}
interface Response {
  status(code: number): Response
  json(body: unknown): void
}

/** What the editor sends in place of a stored secret. */
const UNCHANGED = '__PWRD__'

/** For the dialog: a test of what it holds, deployed or not. POST, as it carries secrets. */
export function addAdminEndpoints(RED: NodeAPI): void {
  RED.httpAdmin.post(
    '/audit-store-config/test',
    RED.auth.needsPermission('audit-store-config.write'),
    (request: Request, response: Response) => {
      const failed = (thrown: unknown) => {
        const code = thrown instanceof OperatorError ? thrown.code : 'UNEXPECTED'
        response.status(400).json({ code, message: describeError(thrown) })
      }
      try {
        const fields = resolved(request.body)
        const deployed = deployedNode(RED, fields['id'])
        const { userDir } = RED.settings as { userDir?: string }
        const settings = readStoreSettings(fields, secretsOf(fields, deployed), userDir)
        testStore(RED, settings, { deployed, tls: fields['tls'], proxy: fields['proxy'] }).then(
          (found) => response.json(found),
          failed,
        )
      } catch (thrown) {
        failed(thrown)
      }
    },
  )
}

/** A stored secret goes only to where it is deployed to go. */
function secretsOf(fields: Readonly<Record<string, string>>, deployed: AuditStoreConfigNode | undefined): StoreSecrets {
  const settings = deployed?.settings
  const stored = deployed?.credentials ?? {}
  const sameAddress = settings?.engine === 'opensearch' && settings.url === (fields['url'] ?? '').trim()
  const secret = (name: keyof StoreSecrets, mayUse: boolean): string => {
    const typed = fields[name] ?? ''
    if (typed !== UNCHANGED) return typed
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

/** Texts only; `${NAME}` stands for an environment variable, as it does when a node starts. */
function resolved(body: unknown): Record<string, string> {
  if (typeof body !== 'object' || body === null) return {}
  return Object.fromEntries(
    Object.entries(body).flatMap(([name, value]: [string, unknown]) => {
      if (typeof value !== 'string') return []
      const [, variable] = /^\$\{(\S+)\}$/.exec(value) ?? []
      return [[name, variable === undefined ? value : (process.env[variable] ?? '')]]
    }),
  )
}
