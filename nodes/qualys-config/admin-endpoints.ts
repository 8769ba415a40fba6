import type { NodeAPI } from 'node-red'
import { OperatorError } from '../../src/errors/operator-error'
import type { QualysClient } from '../../src/qualys/client'
import { listOptionProfiles } from '../../src/qualys/option-profiles'
import { PLATFORMS } from '../../src/qualys/platforms'
import { answering, isKept, textsOf } from '../shared/dialog-request'
import { baseOf, clientOf, type QualysAccountDef, type QualysAccountNode } from './account'

interface Request {
  readonly body?: unknown
}

const TEST_WITHIN_MS = 20_000

/** For the dialogs: the platforms, a test of what the dialog holds, and the option profiles of a deployed account. */
export function addAdminEndpoints(RED: NodeAPI): void {
  const { httpAdmin, auth } = RED
  httpAdmin.get('/qualys-config/platforms', auth.needsPermission('qualys-config.read'), (_request, response) => {
    response.json(PLATFORMS)
  })
  httpAdmin.post(
    '/qualys-config/test',
    auth.needsPermission('qualys-config.write'),
    answering(({ body }: Request) => testConnection(RED, textsOf(body))),
  )
  httpAdmin.post(
    '/qualys-config/option-profiles',
    auth.needsPermission('qualys-config.read'),
    answering(({ body }: Request) => profilesOfDeployed(RED, textsOf(body)['id'])),
  )
}

/** Tries the values of the dialog, deployed or not. A stored password goes only to where it is deployed to go. */
async function testConnection(RED: NodeAPI, fields: Readonly<Record<string, string>>): Promise<unknown> {
  const config = fields as Partial<QualysAccountDef>
  const node = deployedNode(RED, fields['id'])
  const username = fields['username'] ?? ''
  const typed = fields['password'] ?? ''
  const same = node?.deployed?.base === baseOf(config) && node.deployed.username === username
  if (isKept(typed) && !same) {
    throw new OperatorError('QUALYS_CONFIG', 'Type the password to test another address or user name than is deployed.')
  }
  const password = isKept(typed) ? (node?.deployed?.password ?? '') : typed
  const client = clientOf(RED, config, { username, password })
  try {
    const found = await listWithin(client)
    // The account works: what a refusal had stopped may go on.
    if (same && password === node?.deployed?.password) node.service?.resume()
    return found
  } finally {
    await client.close()
  }
}

async function profilesOfDeployed(RED: NodeAPI, id: string | undefined): Promise<unknown> {
  const client = deployedNode(RED, id)?.service
  if (client === undefined) {
    throw new OperatorError('QUALYS_CONFIG', 'The account is not deployed or not usable.', {
      remedy: 'Deploy it, then try again, or type the profile.',
    })
  }
  return listWithin(client)
}

async function listWithin(client: QualysClient): Promise<unknown> {
  const profiles = await listOptionProfiles(client, { signal: AbortSignal.timeout(TEST_WITHIN_MS), timeoutMs: 15_000 })
  return { profiles, limits: client.limits('optionProfiles') }
}

function deployedNode(RED: NodeAPI, id: string | undefined): QualysAccountNode | undefined {
  if (id === undefined) return undefined
  const node = RED.nodes.getNode(id) as unknown as QualysAccountNode | null
  return node?.type === 'qualys-config' ? node : undefined
}
