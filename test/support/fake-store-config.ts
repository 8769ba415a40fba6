import type { Node, NodeAPI, NodeDef } from 'node-red'
import type { AuditTrail } from '../../src/audit/trail'

/** Registers `audit-store-config` with a trail of the test's, by the node's id. */
export function fakeStoreConfig(trailOf: (id: string) => AuditTrail | undefined): (RED: NodeAPI) => void {
  return (RED) => {
    function FakeConfig(this: Node & { service?: AuditTrail | undefined; cloud?: string }, config: NodeDef): void {
      RED.nodes.createNode(this, config)
      this.service = trailOf(this.id)
      this.cloud = 'lab'
    }
    RED.nodes.registerType('audit-store-config', FakeConfig)
  }
}
