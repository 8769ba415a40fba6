import assert from 'node:assert/strict'
import type { RealOpenStack } from './cloud/real-openstack'
import { type Audited, ExamplePipeline } from './example-pipeline'
import { STARTUP_MS, sharedOpenStack } from './shared-openstack'
import { insideNetwork, type Tenancy, tenancy } from './tenancy'

const PRIVATE = 'PRIVATE_NO_APPLIANCE'
const INSIDE = { v4: '10.20.0.0/24', v6: '2620:4f:8000:20::/64' }
const WEB_1 = '10.20.0.11'
const WEB_1_SIX = '2620:4f:8000:20::11'
const WEB_2 = '10.20.0.12'
const DB_1 = '10.20.0.21'

const openPort = (group: string, port: number) => ({
  security_group_id: group,
  direction: 'ingress',
  protocol: 'tcp',
  port_range_min: port,
  port_range_max: port,
  remote_ip_prefix: '0.0.0.0/0',
})

describe('The main example at a real RabbitMQ, Keystone and Neutron', function () {
  this.timeout(120_000)
  let cloud: RealOpenStack
  let pipeline: ExamplePipeline
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
    pipeline = await ExamplePipeline.start(cloud, 'rabbitmq')
  })
  after(() => pipeline?.stop())

  /** Every line says who did it. */
  const audited = async (...expected: Parameters<ExamplePipeline['audited']>): Promise<readonly Audited[]> => {
    const lines = await pipeline.audited(...expected)
    for (const { event } of lines) {
      assert.equal(event.initiator['user_id'], alice.person.userId)
      assert.equal(event.initiator.username, alice.userName)
    }
    return lines
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
    const lines = await audited(
      async () => {
        ssh = (await alice.create('security-group-rules', 'security_group_rule', openPort(groups.web, 22))).id
        // Two at once: one notification with a list.
        await alice.neutron('POST', 'security-group-rules', {
          security_group_rules: [openPort(groups.db, 3306), openPort(groups.db, 6379)],
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
    assert.equal(scanned.scan, pipeline.scans.at(-1))
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

describe('The main example at the log file of a real Neutron', function () {
  this.timeout(120_000)
  let pipeline: ExamplePipeline
  let bob: Tenancy
  let group: string
  let floating: string

  before(async function () {
    this.timeout(STARTUP_MS)
    const { cloud } = await sharedOpenStack()
    bob = await tenancy(cloud)
    const inside = await insideNetwork(cloud, bob, { v4: '10.60.0.0/24', v6: '2620:4f:8000:60::/64' })
    group = (await bob.create('security-groups', 'security_group', { name: 'web' })).id
    const port = await bob.create('ports', 'port', {
      network_id: inside.id,
      security_groups: [group],
      fixed_ips: [{ subnet_id: inside.v4, ip_address: '10.60.0.11' }],
    })
    const given = { floating_network_id: inside.outside, port_id: port.id }
    floating = String((await bob.create('floatingips', 'floatingip', given))['floating_ip_address'])
    pipeline = await ExamplePipeline.start(cloud, 'log-file')
  })
  after(() => pipeline?.stop())

  it('scans what a rule opens, audits it, and says by whom', async () => {
    const lines = await pipeline.audited(
      () => bob.create('security-group-rules', 'security_group_rule', openPort(group, 22)),
      () => [
        ['sg_rule_add', '10.60.0.11', PRIVATE],
        ['sg_rule_add', floating, 'scanned'],
      ],
      () => [floating],
    )
    for (const { event } of lines) {
      assert.equal(event.initiator['user_id'], bob.person.userId)
      assert.equal(event.initiator['project_id'], bob.project)
    }
  })
})
