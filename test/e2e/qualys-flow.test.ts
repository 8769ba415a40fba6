import assert from 'node:assert/strict'
import { type PocketCloud, startPocketCloud } from '../../lab/pocket-cloud'
import { type FlowNode, type NodeRed, type NodeRedLine, startNodeRed } from '../support/node-red'
import { change, occurrence } from '../unit/qualys/exposures'

/** What stands behind the node fails twice and then takes the outcome. */
const STUBBORN = `const turn = (context.get('turn') || 0) + 1
context.set('turn', turn)
if (turn < 3) throw new Error('not now')
node.warn('took ' + msg.scan.status + ' at turn ' + turn)`
const RECORD = `node.warn('record ' + msg.payload.address + ' ' + msg.payload.status + ' ' + msg.payload.scan)`
const TAKEN = `node.warn('journalled ' + msg.notification.messageId)`
const SHOWN = `node.warn('status ' + msg.status.text)`

for (const line of ['5', '4.1'] as NodeRedLine[]) {
  describe(`qualys-scan in Node-RED ${line}`, function () {
    this.timeout(90_000)
    let cloud: PocketCloud
    let nodeRed: NodeRed | undefined

    beforeEach(async () => {
      cloud = await startPocketCloud({ certificate: false })
    })
    afterEach(async () => {
      await nodeRed?.remove()
      await cloud.close()
    })

    function flows(scan: string): FlowNode[] {
      return [
        { id: 'tab', type: 'tab', label: 'qualys' },
        { id: 'account', type: 'qualys-config', platform: 'custom', url: cloud.urls.qualys },
        { id: 'in', type: 'http in', z: 'tab', url: '/in', method: 'post', wires: [['open', 'reply']] },
        { id: 'reply', type: 'http response', z: 'tab', wires: [] },
        { id: 'open', type: 'function', z: 'tab', func: 'return msg.payload', outputs: 1, wires: [['n-scan']] },
        {
          ...{ id: 'n-scan', type: 'qualys-scan', z: 'tab', account: 'account', profile: 'Open ports', external: true },
          wires: [['n-out'], ['n-record']],
        },
        { id: 'n-out', type: 'function', z: 'tab', func: scan, outputs: 0, wires: [] },
        { id: 'n-done', type: 'complete', z: 'tab', scope: ['n-scan'], wires: [['n-taken']] },
        { id: 'n-status', type: 'status', z: 'tab', scope: ['n-scan'], wires: [['n-shown']] },
        { id: 'n-shown', type: 'function', z: 'tab', func: SHOWN, outputs: 0, wires: [] },
        { id: 'n-taken', type: 'function', z: 'tab', func: TAKEN, outputs: 0, wires: [] },
        { id: 'n-record', type: 'function', z: 'tab', func: RECORD, outputs: 0, wires: [] },
      ]
    }
    const start = (scan: string, userDir?: string) =>
      startNodeRed({
        line,
        flows: flows(scan),
        credentials: { account: { username: 'pocket_ab1', password: 'qualys-pocket' } },
        ...(userDir === undefined ? {} : { userDir }),
      })
    const send = async (id: string, addresses: string[]) => {
      const message = occurrence([change(addresses, { messageId: id })], { messageId: id })
      const headers = { 'content-type': 'application/json' }
      const { status } = await fetch(`${nodeRed?.url}/in`, { method: 'POST', headers, body: JSON.stringify(message) })
      assert.equal(status, 200)
    }
    const scans = () => cloud.qualys.subscription.scans

    it('sends an outcome again until the flow has taken it, and scans once', async () => {
      nodeRed = await start(STUBBORN)
      await send('message-1', ['192.52.193.7'])
      await nodeRed.waitForLog(/the flow did not take the outcome of scan [0-9a-f]{32}: .*not now/)
      await nodeRed.waitForLog(/took launched at turn 3/, 30_000)
      assert.equal(scans().length, 1)
    })

    it('carries on after SIGKILL with what was waiting for a limit, in order', async () => {
      cloud.faults.add({ service: 'qualys', page: 'qualys-1965', bodyMatches: 'action=launch' })
      nodeRed = await start('')
      await send('message-1', ['192.52.193.7'])
      await send('message-2', ['192.52.193.9'])
      await nodeRed.waitForLog(/journalled message-2/)
      // From here on the refusal is journalled too; killed before, the launch would be searched for two minutes.
      await nodeRed.waitForLog(/status rate limit until/)
      await nodeRed.kill()
      cloud.faults.clear()
      nodeRed = await start('', nodeRed.userDir)
      const first = await nodeRed.waitForLog(/record 192\.52\.193\.7 scanned (scan\/\d+\.\d+)/)
      const second = await nodeRed.waitForLog(/record 192\.52\.193\.9 scanned (scan\/\d+\.\d+)/)
      assert.deepEqual(
        scans().map(({ reference }) => reference),
        [first[1], second[1]],
      )
    })
  })
}
