import helper, { type TestFlows } from 'node-red-node-test-helper'

interface Runtime {
  readonly _redNodes: { setFlows(flows: TestFlows, credentials: object, type: string): Promise<unknown> }
  readonly _events: { once(event: 'flows:started', heard: () => void): void }
}

/**
 * Deploys into the loaded test helper and resolves when the flows run. The helper's own `setFlows` listens only after the deploy,
 * when they may run already, and gives up 0.3 s later.
 */
export async function deploy(flows: TestFlows, type: 'full' | 'nodes' | 'flows' = 'full'): Promise<void> {
  const { _redNodes, _events } = helper as unknown as Runtime
  const started = new Promise<void>((resolve) => _events.once('flows:started', resolve))
  await _redNodes.setFlows(flows, {}, type)
  await started
}
