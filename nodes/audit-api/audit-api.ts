import type { Node, NodeAPI } from 'node-red'
import type { AuditTrail } from '../../src/audit/trail'
import { describeError, OperatorError } from '../../src/errors/operator-error'
import { type HermesApi, hermesApi } from '../../src/hermes/api'
import { auditPage } from '../../src/hermes/page/page'
import { type KeystoneSession, refusingSession } from '../../src/openstack/session'
import { tokenChecker } from '../../src/openstack/token-check'
import { serviceOf } from '../shared/config-node'
import { onClose } from '../shared/input'
import { type NodeStatus, statusOf } from '../shared/status'
import { adminEndpoints, serverOf } from './admin'
import { mountOn } from './mount'
import { type AuditApiConfig, type AuditApiSettings, auditApiSettings } from './settings'

/** Below Node-RED's own 15 s for closing a node. */
const CLOSE_WITHIN_MS = 5_000

export default function register(RED: NodeAPI): void {
  function AuditApiNode(this: Node, config: AuditApiConfig): void {
    RED.nodes.createNode(this, config)
    const status = statusOf(this)
    try {
      serve(RED, this, status, auditApiSettings(config), config)
    } catch (thrown) {
      status.attention(thrown instanceof OperatorError ? thrown.code : 'UNEXPECTED')
      this.error(describeError(thrown))
    }
  }
  RED.nodes.registerType('audit-api', AuditApiNode)
  adminEndpoints(RED)
}

function serve(RED: NodeAPI, node: Node, status: NodeStatus, settings: AuditApiSettings, config: AuditApiConfig): void {
  const server = serverOf(RED)
  if (server.root === false) {
    status.attention('httpNodeRoot is false')
    node.error(
      'Node-RED serves no HTTP nodes (httpNodeRoot is false in its settings), so the audit API cannot be reached.',
    )
    return
  }
  if (settings.stripped) node.warn(`The path ends in /v1, which is not part of it: serving ${settings.path}/v1/.`)
  if (server.auth) {
    node.warn(
      "httpNodeAuth asks every caller for a user and password of Node-RED's too; most Hermes clients send none.",
    )
  }
  const trail = serviceOf<AuditTrail>(RED, config.store)
  const account = serviceOf<KeystoneSession>(RED, config.account)
  const cloud = settings.cloud || cloudOf(RED, config.store)
  const api = openApi(node, { ...settings, cloud }, trail, account ?? refusingSession(noAccount()))
  const claim = mountOn(RED.httpNode).claim(settings.path, { id: node.id, serve: api.handle, onTurn: () => show() })
  let trouble: Error | undefined
  const show = () => {
    if (!claim.has) status.attention('path in use')
    else if (trail === undefined) status.attention('no store')
    else if (account === undefined) status.attention('no account')
    else if (trouble !== undefined) showTrouble(status, trouble)
    else status.ready(`serving ${settings.path || '/'}`)
  }
  const stopListening = trail?.onTrouble((now) => {
    trouble = now
    show()
  })
  show()
  if (!claim.has) node.error(`Another audit-api node serves ${settings.path || '/'} already.`)
  onClose(node, (removed) => {
    stopListening?.()
    claim.release(!removed)
    return api.close(CLOSE_WITHIN_MS)
  })
}

function openApi(
  node: Node,
  settings: AuditApiSettings,
  trail: AuditTrail | undefined,
  session: KeystoneSession,
): HermesApi {
  const { trustProxy, policy } = settings
  const warn = (text: string) => node.warn(text)
  return hermesApi({
    ...settings,
    trail,
    tokens: tokenChecker({ session, by: settings.by }),
    page: settings.page
      ? auditPage({
          keystone: (request) => session.keystone(request),
          trustProxy,
          mayReadAll: (facts) =>
            policy.allows('cluster_viewer', facts, { project_id: facts.projectId, domain_id: facts.domainId }),
          onFailure: warn,
        })
      : undefined,
    onTrouble: warn,
  })
}

function showTrouble(status: NodeStatus, trouble: Error): void {
  const known = trouble instanceof OperatorError
  const text = known ? trouble.code : 'UNEXPECTED'
  if (known && trouble.retryable) status.healing(text)
  else status.attention(text)
}

/** That of the store's events which name none, as it is told in its dialog. */
function cloudOf(RED: NodeAPI, store: string | undefined): string {
  const { cloud } = (RED.nodes.getNode(store ?? '') ?? {}) as { cloud?: unknown }
  return typeof cloud === 'string' ? cloud : ''
}

function noAccount(): OperatorError {
  return new OperatorError('AUDIT_API_NO_ACCOUNT', 'The node has no OpenStack account to check tokens with.', {
    remedy: 'Choose a keystone-config node that exists and is enabled.',
    retryable: true,
  })
}
