import type { NodeAPI } from 'node-red'
import { describeError } from '../../src/errors/operator-error'
import { onClose } from '../shared/input'
import { baseOf, clientOf, type QualysAccountDef, type QualysAccountNode, type QualysCredentials } from './account'
import { addAdminEndpoints } from './admin-endpoints'

export default function register(RED: NodeAPI): void {
  function QualysConfigNode(this: QualysAccountNode, config: QualysAccountDef): void {
    RED.nodes.createNode(this, config)
    const { username = '', password = '' } = this.credentials ?? {}
    try {
      const client = clientOf(RED, config, { username, password })
      this.service = client
      this.deployed = { base: baseOf(config), username, password }
      onClose(this, () => client.close())
    } catch (thrown) {
      this.error(describeError(thrown))
    }
  }

  RED.nodes.registerType<QualysAccountNode, QualysAccountDef, Record<string, never>, QualysCredentials>(
    'qualys-config',
    QualysConfigNode,
    { credentials: { username: { type: 'text' }, password: { type: 'password' } } },
  )
  addAdminEndpoints(RED)
}
