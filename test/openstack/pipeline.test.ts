import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { type FlowNode as ExampleNode, fillInExample } from '../../lab/examples/fill-in'
import { type PocketCloud, startPocketCloud } from '../../lab/pocket-cloud'
import { rangeText } from '../../lab/qualys/targets'
import type { CadfEvent } from '../../src/cadf/event'
import { cadfViolations } from '../../src/cadf/validate'
import type { AuditRecord } from '../../src/qualys/model'
import { type NodeRed, startNodeRed } from '../support/node-red'
import { waitFor } from '../support/wait-for'
import type { RealOpenStack } from './cloud/real-openstack'
import { operatorCredential } from './operator'
import { STARTUP_MS, sharedOpenStack } from './shared-openstack'
import { insideNetwork, type Tenancy, tenancy } from './tenancy'

const EXAMPLE = join(
  __dirname,
  '../../examples/security-group-scan/01 - From a security-group change to a Qualys scan.json',
)
const WINDOW_SECONDS = 2
/** For the batch's window and for the look-up, the scan and the lines behind it. */
const PATIENCE_MS = 45_000

/** One line of the expected audit trail: kind of the change, address, and what became of it. */
type Line = readonly [change: string, address: string | null, verdict: string]

const PRIVATE = 'PRIVATE_NO_APPLIANCE'
const INSIDE = { v4: '10.20.0.0/24', v6: '2620:4f:8000:20::/64' }
const WEB_1 = '10.20.0.11'
const WEB_1_SIX = '2620:4f:8000:20::11'
const WEB_2 = '10.20.0.12'
const DB_1 = '10.20.0.21'

describe('The main example at a real OpenStack', function () {
  this.timeout(120_000)
  let cloud: RealOpenStack
  let pocket: PocketCloud
  let red: NodeRed
  let alice: Tenancy
  let inside: Awaited<ReturnType<typeof insideNetwork>>
  let floating: { id: string; address: string }
  const groups = { web: '', db: '' }
  const ports = { web1: '', web2: '', db1: '' }
  let ssh: string

  before(async function () {
    this.timeout(STARTUP_MS)
    ;({ cloud } = await sharedOpenStack())
    alice = await tenancy(cloud)
    inside = await insideNetwork(cloud, alice, INSIDE)
    pocket = await startPocketCloud({ certificate: false })
    const operator = await operatorCredential(cloud)
    const { flows, credentials } = fillInExample(JSON.parse(readFileSync(EXAMPLE, 'utf8')) as ExampleNode[], {
      cloud: { ...pocket, urls: { ...pocket.urls, keystone: cloud.urls.keystone } },
      rabbitmq: cloud.broker.transportUrl(),
      windowSeconds: WINDOW_SECONDS,
    })
    const keystone = flows.find(({ type }) => type === 'keystone-config')
    assert.ok(keystone)
    red = await startNodeRed({
      flows: flows.map((node) => (node === keystone ? { ...node, applicationCredential: operator.id } : node)),
      credentials: { ...credentials, [keystone.id]: { secret: operator.secret } },
    })
    await bound()
  })
  after(async () => {
    await red?.remove()
    await pocket?.close()
  })

  /** The source leaves this mark when every exchange has been bound. */
  async function bound(): Promise<void> {
    const connection = await cloud.broker.connect()
    await waitFor(
      () => `the queue to be bound; Node-RED says: ${red.log().slice(-1500)}`,
      async () => {
        const channel = await connection.createChannel()
        channel.on('error', () => {})
        return channel.checkExchange('openstack-events.scan.boot-mark').then(
          () => true,
          () => false,
        )
      },
    )
    await connection.close()
  }

  interface Audited extends AuditRecord {
    readonly event: CadfEvent
  }
  const received = (): Audited[] =>
    pocket.syslog.lines.map(({ line, message }) => {
      assert.ok(message, line)
      const event = JSON.parse(message.text) as CadfEvent
      return { ...(event.attachments?.[0]?.content as AuditRecord), event }
    })
  const scans = () => pocket.qualys.subscription.scans.map(({ targets }) => targets.map(rangeText))

  /** Does something to the cloud; expects these audit lines in the syslog server and no other, and these targets scanned. */
  async function audited(
    does: () => Promise<unknown>,
    lines: () => readonly Line[],
    targets: () => string[] = () => [],
  ) {
    const before = { lines: received().length, scans: scans().length }
    await does()
    const expected = [...lines()].map((line) => line.join(' ')).sort()
    const fresh = () => received().slice(before.lines)
    const shown = () =>
      fresh()
        .map(({ change, address, scan, code }) => [change, address, scan === null ? code : 'scanned'].join(' '))
        .sort()
    await waitFor(
      () => `${expected.length} audit lines; there are ${shown().join(', ')}; Node-RED says: ${red.log().slice(-1500)}`,
      () => shown().length >= expected.length,
      { timeoutMs: PATIENCE_MS },
    )
    assert.deepEqual(shown(), expected)
    assert.deepEqual(scans().slice(before.scans), targets().length === 0 ? [] : [targets()])
    for (const { event } of fresh()) {
      assert.deepEqual(cadfViolations(event), [])
      assert.equal(event.initiator['user_id'], alice.person.userId)
      assert.equal(event.initiator.username, alice.userName)
    }
    return fresh()
  }

  it('audits new groups, which let nobody in', async () => {
    await audited(
      async () => {
        groups.web = (await alice.create('security-groups', 'security_group', { name: 'web' })).id
        groups.db = (await alice.create('security-groups', 'security_group', { name: 'db' })).id
      },
      () => [
        ['sg_create', null, 'NOT_NEEDED'],
        ['sg_create', null, 'NOT_NEEDED'],
      ],
    )
  })

  it('names the addresses of new ports and says why private ones and IPv6 are not scanned', async () => {
    const port = (address: string, group: string, more: object[] = []) => ({
      network_id: inside.id,
      security_groups: [group],
      fixed_ips: [{ subnet_id: inside.v4, ip_address: address }, ...more],
    })
    await audited(
      async () => {
        const six = { subnet_id: inside.v6, ip_address: WEB_1_SIX }
        ports.web1 = (await alice.create('ports', 'port', port(WEB_1, groups.web, [six]))).id
        ports.web2 = (await alice.create('ports', 'port', port(WEB_2, groups.web))).id
        ports.db1 = (await alice.create('ports', 'port', port(DB_1, groups.db))).id
      },
      () => [
        ['port_create', WEB_1, PRIVATE],
        ['port_create', WEB_1_SIX, 'IPV6_DROPPED'],
        ['port_create', WEB_2, PRIVATE],
        ['port_create', DB_1, PRIVATE],
      ],
    )
  })

  it('scans a floating IP that is given to a port', async () => {
    await audited(
      async () => {
        const given = { floating_network_id: inside.outside, port_id: ports.web1 }
        const made = await alice.create('floatingips', 'floatingip', given)
        floating = { id: made.id, address: String(made['floating_ip_address']) }
      },
      () => [['fip_associate', floating.address, 'scanned']],
      () => [floating.address],
    )
  })

  it('scans what a rule opens to the Internet, in one scan, and names rule, address and scan in each line', async () => {
    const rule = (group: string, port: number) => ({
      security_group_id: group,
      direction: 'ingress',
      protocol: 'tcp',
      port_range_min: port,
      port_range_max: port,
      remote_ip_prefix: '0.0.0.0/0',
    })
    const lines = await audited(
      async () => {
        ssh = (await alice.create('security-group-rules', 'security_group_rule', rule(groups.web, 22))).id
        // Two at once: one notification with a list.
        await alice.neutron('POST', 'security-group-rules', {
          security_group_rules: [rule(groups.db, 3306), rule(groups.db, 6379)],
        })
      },
      () => [
        ['sg_rule_add', WEB_1, PRIVATE],
        ['sg_rule_add', WEB_2, PRIVATE],
        ['sg_rule_add', floating.address, 'scanned'],
        ['sg_rule_add', DB_1, PRIVATE],
        ['sg_rule_add', DB_1, PRIVATE],
      ],
      () => [floating.address],
    )
    const scanned = lines.find(({ scan }) => scan !== null)
    assert.ok(scanned)
    assert.equal((scanned.rule as { id: string }).id, ssh)
    assert.equal(scanned.scan, pocket.qualys.subscription.scans.at(-1)?.reference)
    assert.equal(scanned.event.target.id, ssh)
  })

  it('audits a rule deleted, with its addresses, and scans nothing', async () => {
    const lines = await audited(
      () => alice.neutron('DELETE', `security-group-rules/${ssh}`),
      () => [
        ['sg_rule_del', WEB_1, 'NOT_NEEDED'],
        ['sg_rule_del', WEB_2, 'NOT_NEEDED'],
        ['sg_rule_del', floating.address, 'NOT_NEEDED'],
      ],
    )
    for (const { rule } of lines) assert.equal((rule as { id: string }).id, ssh)
  })

  it('audits a floating IP taken away, ports deleted and a group deleted, and scans nothing', async () => {
    await audited(
      async () => {
        await alice.neutron('PUT', `floatingips/${floating.id}`, { floatingip: { port_id: null } })
        await alice.neutron('DELETE', `ports/${ports.web1}`)
        await alice.neutron('DELETE', `ports/${ports.web2}`)
        await alice.neutron('DELETE', `security-groups/${groups.web}`)
      },
      () => [
        ['fip_disassociate', floating.address, 'NOT_NEEDED'],
        ['port_delete', WEB_1, 'NOT_NEEDED'],
        ['port_delete', WEB_1_SIX, 'NOT_NEEDED'],
        ['port_delete', WEB_2, 'NOT_NEEDED'],
        ['sg_delete', null, 'NOT_NEEDED'],
      ],
    )
  })
})
