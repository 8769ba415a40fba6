import type { NodeAPI } from 'node-red'

/**
 * The service that a config node offers. The config node's constructor sets it as `service`; users must cope with
 * undefined (not chosen, deleted, disabled, or failed), as a constructor may not throw.
 */
export interface ServiceNode<S> {
  service: S
}

export function serviceOf<S>(RED: NodeAPI, id: string | undefined): S | undefined {
  if (id === undefined || id === '') return undefined
  const node: unknown = RED.nodes.getNode(id)
  if (typeof node !== 'object' || node === null || !('service' in node)) return undefined
  return (node as ServiceNode<S>).service
}
