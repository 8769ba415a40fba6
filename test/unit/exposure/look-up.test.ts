import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { joinedExposure, type LookUpOptions, lookUpExposure } from '../../../src/exposure/look-up'
import type { Occurrence } from '../../../src/exposure/occurrence'
import { processRuleMemory, type RuleMemory } from '../../../src/exposure/rule-memory'
import type { HttpRequest } from '../../../src/http/client'
import { type NeutronWorld, neutronWorld, sessionTo } from '../../support/neutron-world'

const uuid = (seed: string) => {
  const hex = createHash('sha256').update(seed).digest('hex')
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20, 32)].join('-')
}
let message = 0
const occurrence = (topic: string, payload: unknown): Occurrence => {
  message += 1
  return { topic, payload, messageId: `m${message}`, eventId: `m${message}` }
}
const rule = (members: Record<string, unknown> = {}) => ({
  id: 'r1',
  security_group_id: 'web',
  direction: 'ingress',
  ethertype: 'IPv4',
  protocol: 'tcp',
  port_range_min: 22,
  port_range_max: 22,
  remote_ip_prefix: '0.0.0.0/0',
  remote_group_id: null,
  remote_address_group_id: null,
  project_id: 'shop',
  ...members,
})
const ruleAdded = (members?: Record<string, unknown>) =>
  occurrence('security_group_rule.create.end', { security_group_rule: rule(members) })
const port = (members: Record<string, unknown> = {}) => ({
  id: 'p1',
  name: 'web-1',
  security_groups: ['web'],
  fixed_ips: [{ ip_address: '10.0.0.5' }, { ip_address: '2a00:1450::5' }],
  project_id: 'shop',
  device_id: 'server-1',
  device_owner: 'compute:nova',
  network_id: 'net',
  ...members,
})
const floatingIp = (members: Record<string, unknown> = {}) => ({
  id: 'f1',
  floating_ip_address: '8.8.4.4',
  fixed_ip_address: '10.0.0.5',
  port_id: 'p1',
  project_id: 'shop',
  floating_network_id: 'ext',
  ...members,
})

/** One port with a floating IP in the group "web". */
function shop() {
  const neutron = neutronWorld()
  neutron.apply('port.create.end', { port: port() })
  neutron.apply('floatingip.create.end', { floatingip: floatingIp() })
  return neutron
}
async function lookUp(
  occurrences: Occurrence[],
  {
    neutron = shop(),
    memory = processRuleMemory(),
    answer = neutron.answer,
    roles,
    ...options
  }: {
    neutron?: NeutronWorld
    memory?: RuleMemory
    answer?: (request: HttpRequest) => ReturnType<NeutronWorld['answer']>
    roles?: string[]
  } & Partial<LookUpOptions> = {},
) {
  const session = sessionTo(answer, roles === undefined ? {} : { roles })
  const answers = await lookUpExposure(
    occurrences,
    { session, memory, census: {} },
    { scanOnDelete: false, ...options },
  )
  const each = answers.map(({ exposure }) => exposure)
  return { each, whole: joinedExposure(each), retry: answers.find(({ retry }) => retry !== undefined)?.retry, answers }
}
const shown = (exposure: { addresses: readonly { address: string }[] }) =>
  exposure.addresses.map(({ address }) => address)

describe('Looking up what a change exposes', () => {
  describe('of a rule', () => {
    it('gives the fixed and floating addresses of the family that the rule is for', async () => {
      const v4 = await lookUp([ruleAdded()])
      assert.deepEqual(shown(v4.whole), ['10.0.0.5', '8.8.4.4'])
      assert.deepEqual(
        v4.whole.addresses.map(({ kind, global }) => [kind, global]),
        [
          ['fixed', false],
          ['floating', true],
        ],
      )
      const v6 = await lookUp([ruleAdded({ ethertype: 'IPv6' })])
      assert.deepEqual(shown(v6.whole), ['2a00:1450::5'])
      assert.equal(v6.whole.addresses[0]?.global, true)
    })

    it('finds members in other projects, as a group may be shared', async () => {
      const neutron = shop()
      neutron.apply('port.create.end', {
        port: port({ id: 'p2', project_id: 'guest', fixed_ips: [{ ip_address: '10.9.9.9' }] }),
      })
      const { whole } = await lookUp([ruleAdded()], { neutron })
      assert.ok(shown(whole).includes('10.9.9.9'))
      assert.ok(neutron.calls.every((call) => !call.includes('project_id=')))
    })

    it('keeps two ports apart that have the same private address', async () => {
      const neutron = shop()
      neutron.apply('port.create.end', { port: port({ id: 'p2', network_id: 'other' }) })
      assert.deepEqual(shown((await lookUp([ruleAdded()], { neutron })).whole), ['10.0.0.5', '8.8.4.4', '10.0.0.5'])
    })

    it('audits an egress rule, and does not scan', async () => {
      const { whole } = await lookUp([ruleAdded({ direction: 'egress' })])
      assert.equal(whole.changes[0]?.scan, false)
      assert.match(whole.changes[0]?.noScanReason ?? '', /egress/)
      assert.equal(whole.changes[0]?.addresses.length, 2)
    })

    it('has a record also for a group without members', async () => {
      const { whole } = await lookUp([ruleAdded({ security_group_id: 'empty' })])
      assert.equal(whole.changes.length, 1)
      assert.equal(whole.changes[0]?.scan, true)
      assert.deepEqual(whole.addresses, [])
      assert.equal(whole.incomplete, undefined)
    })

    it('gives each rule of a bulk request', async () => {
      const bulk = occurrence('security_group_rule.create.end', {
        security_group_rules: [rule({ id: 'a' }), rule({ id: 'b', security_group_id: 'db' })],
      })
      const { whole } = await lookUp([bulk])
      assert.deepEqual(
        whole.changes.map(({ resourceId, securityGroupId }) => [resourceId, securityGroupId]),
        [
          ['a', 'web'],
          ['b', 'db'],
        ],
      )
    })
  })

  describe('of a rule that is taken away', () => {
    const deleted = (payload: object) => occurrence('security_group_rule.delete.end', payload)

    it('names group and addresses from the object that is sent along', async () => {
      const { whole } = await lookUp([deleted({ security_group_rule_id: 'r1', security_group_rule: rule() })])
      assert.equal(whole.changes[0]?.kind, 'sg_rule_del')
      assert.equal(whole.changes[0]?.securityGroupId, 'web')
      assert.deepEqual(shown(whole), ['10.0.0.5', '8.8.4.4'])
      assert.match(whole.changes[0]?.noScanReason ?? '', /delete/)
    })

    for (const [shape, payload] of [
      ['the id only', { security_group_rule_id: 'r1' }],
      ['an empty object', { security_group_rule_id: 'r1', security_group_rule: {} }],
    ] as const) {
      it(`names them when it sends ${shape}, of a rule seen before`, async () => {
        const memory = processRuleMemory()
        await lookUp([ruleAdded()], { memory })
        const { whole } = await lookUp([deleted(payload)], { memory })
        assert.equal(whole.changes[0]?.securityGroupId, 'web')
        assert.equal(whole.changes[0]?.rule?.port_range_min, 22)
        assert.equal(whole.changes[0]?.projectId, 'shop')
        assert.deepEqual(shown(whole), ['10.0.0.5', '8.8.4.4'])
        assert.equal(whole.incomplete, undefined)
      })

      it(`says so when it sends ${shape}, of a rule that nobody remembers`, async () => {
        const { whole, retry } = await lookUp([deleted(payload)])
        assert.equal(whole.changes[0]?.resourceId, 'r1')
        assert.equal(whole.changes[0]?.rule, undefined)
        assert.match(whole.changes[0]?.incomplete ?? '', /does not tell its group/)
        assert.match(whole.incomplete ?? '', /^targets incomplete: /)
        assert.equal(retry, undefined, 'asking again would not help')
      })
    }

    it('remembers a rule made in the same batch, and rules that came inside a group', async () => {
      const group = occurrence('security_group.create.end', {
        security_group: { id: 'web', security_group_rules: [rule({ id: 'r2' })] },
      })
      const batch = [
        group,
        ruleAdded(),
        deleted({ security_group_rule_id: 'r1' }),
        deleted({ security_group_rule_id: 'r2' }),
      ]
      const { whole } = await lookUp(batch)
      assert.deepEqual(
        whole.changes.map(({ securityGroupId }) => securityGroupId),
        ['web', 'web', 'web', 'web'],
      )
    })

    it('still knows the rule when the message comes a second time', async () => {
      const memory = processRuleMemory()
      await lookUp([ruleAdded()], { memory })
      for (let i = 0; i < 2; i += 1) {
        const { whole } = await lookUp([deleted({ security_group_rule_id: 'r1' })], { memory })
        assert.equal(whole.changes[0]?.securityGroupId, 'web')
      }
    })

    it('is scanned if that was ticked, but not an egress rule', async () => {
      const both = [
        deleted({ security_group_rule_id: 'r1', security_group_rule: rule() }),
        deleted({ security_group_rule_id: 'r2', security_group_rule: rule({ id: 'r2', direction: 'egress' }) }),
      ]
      const { whole } = await lookUp(both, { scanOnDelete: true })
      assert.deepEqual(
        whole.changes.map(({ scan }) => scan),
        [true, false],
      )
    })
  })

  describe('of a port', () => {
    it('gives its own addresses and the floating ones that lead to it', async () => {
      const { whole } = await lookUp([occurrence('port.update.end', { port: port() })])
      assert.deepEqual(shown(whole), ['10.0.0.5', '8.8.4.4', '2a00:1450::5'])
      assert.equal(whole.changes[0]?.scan, true)
    })
    it('gives each port of a bulk request', async () => {
      const ports = [port(), port({ id: 'p2', fixed_ips: [{ ip_address: '10.0.0.6' }] })]
      const { whole } = await lookUp([occurrence('port.create.end', { ports })])
      assert.deepEqual(shown(whole), ['10.0.0.5', '8.8.4.4', '2a00:1450::5', '10.0.0.6'])
      assert.equal(whole.changes.length, 2)
    })
    it('that is switched off is not scanned', async () => {
      const { whole } = await lookUp([occurrence('port.update.end', { port: port({ admin_state_up: false }) })])
      assert.match(whole.changes[0]?.noScanReason ?? '', /switched off/)
    })
    it('that is deleted is known from the notification alone', async () => {
      const neutron = shop()
      const { whole } = await lookUp([occurrence('port.delete.end', { port_id: 'p1', port: port() })], { neutron })
      assert.deepEqual(shown(whole), ['10.0.0.5', '2a00:1450::5'])
      assert.deepEqual(neutron.calls, [])
      const [idOnly, empty] = await Promise.all([
        lookUp([occurrence('port.delete.end', { port_id: 'p1' })]),
        lookUp([occurrence('port.delete.end', { port_id: 'p1', port: {} })]),
      ])
      for (const { whole } of [idOnly, empty]) {
        assert.equal(whole.changes[0]?.resourceId, 'p1')
        assert.match(whole.incomplete ?? '', /does not tell its addresses/)
      }
    })
  })

  describe('of a floating IP', () => {
    it('that gets a port is open, and needs no question', async () => {
      const neutron = shop()
      const details = { name: 'web-1', device_id: 'server-1', device_owner: 'compute:nova' }
      const given = occurrence('floatingip.update.end', { floatingip: { ...floatingIp(), port_details: details } })
      const { whole } = await lookUp([given], { neutron })
      assert.equal(whole.changes[0]?.kind, 'fip_associate')
      assert.equal(whole.changes[0]?.scan, true)
      assert.deepEqual(whole.addresses, [
        {
          address: '8.8.4.4',
          family: 4,
          kind: 'floating',
          global: true,
          networkId: 'ext',
          fixedAddress: '10.0.0.5',
          portId: 'p1',
          portName: 'web-1',
          deviceId: 'server-1',
          deviceOwner: 'compute:nova',
          projectId: 'shop',
        },
      ])
      assert.deepEqual(neutron.calls, [])
    })
    it('that loses its port is closed; the address has no port any more', async () => {
      const taken = floatingIp({ port_id: null, fixed_ip_address: null })
      const { whole } = await lookUp([occurrence('floatingip.update.end', { floatingip: taken })])
      assert.equal(whole.changes[0]?.kind, 'fip_disassociate')
      assert.equal(whole.changes[0]?.scan, false)
      assert.equal('portId' in (whole.addresses[0] ?? {}), false)
    })
    it('that is only reserved, or given back unused, changes nothing', async () => {
      const unused = floatingIp({ port_id: null, fixed_ip_address: null })
      for (const topic of ['floatingip.create.end', 'floatingip.delete.end']) {
        assert.deepEqual(
          (await lookUp([occurrence(topic, { floatingip_id: 'f1', floatingip: unused })])).whole.changes,
          [],
        )
      }
    })
    it('that is deleted by id only is named, and marked', async () => {
      const { whole } = await lookUp([occurrence('floatingip.delete.end', { floatingip_id: 'f1' })])
      assert.equal(whole.changes[0]?.kind, 'fip_disassociate')
      assert.match(whole.incomplete ?? '', /does not tell its address/)
    })
  })

  describe('of a group', () => {
    const created = (rules: unknown[]) =>
      occurrence('security_group.create.end', {
        security_group: { id: 'web', project_id: 'shop', security_group_rules: rules },
      })
    it('with ingress rules from the start is scanned, one without is not', async () => {
      assert.equal((await lookUp([created([rule()])])).whole.changes[0]?.scan, true)
      const closed = (await lookUp([created([rule({ direction: 'egress' })])])).whole.changes[0]
      assert.match(closed?.noScanReason ?? '', /lets nobody in/)
    })
    it('that is renamed is audited with its addresses', async () => {
      const renamed = occurrence('security_group.update.end', { security_group: { id: 'web', project_id: 'shop' } })
      const { whole } = await lookUp([renamed])
      assert.equal(whole.changes[0]?.scan, false)
      assert.deepEqual(shown(whole), ['10.0.0.5', '8.8.4.4', '2a00:1450::5'])
    })
    it('that is deleted needs no question: it had no members', async () => {
      const neutron = shop()
      const { whole } = await lookUp([occurrence('security_group.delete.end', { security_group_id: 'web' })], {
        neutron,
      })
      assert.equal(whole.changes[0]?.kind, 'sg_delete')
      assert.equal(whole.incomplete, undefined)
      assert.deepEqual(neutron.calls, [])
    })
  })

  it('leaves other events alone', async () => {
    for (const topic of [
      'network.create.end',
      'audit.http.request',
      'identity.user.created',
      'router.interface.create',
      'port',
      '',
    ]) {
      assert.deepEqual((await lookUp([occurrence(topic, {})])).whole, { changes: [], addresses: [] })
    }
  })

  it('never passes over a payload that it cannot read', async () => {
    for (const payload of [
      undefined,
      null,
      'text',
      7,
      [],
      {},
      { security_group_rule: 'x' },
      { security_group_rules: [] },
    ]) {
      const { whole } = await lookUp([occurrence('security_group_rule.create.end', payload)])
      assert.equal(whole.changes.length, 1, JSON.stringify(payload))
      assert.match(whole.incomplete ?? '', /does not tell/)
    }
    const { whole } = await lookUp([ruleAdded({ fixed_ips: 1, direction: 'sideways' })])
    assert.equal(whole.changes[0]?.rule, undefined)
    assert.deepEqual(whole.changes[0]?.scan, true)
  })

  it('passes over addresses that are none', async () => {
    const odd = port({ fixed_ips: [{ ip_address: 'x\r\ny' }, null, { ip_address: 5 }, { ip_address: '10.0.0.7' }] })
    assert.deepEqual(shown((await lookUp([occurrence('port.create.end', { port: odd })])).whole), [
      '10.0.0.7',
      '8.8.4.4',
    ])
  })
})

describe('A batch of changes', () => {
  /** `count` rule changes over `groups` groups with `each` members, every member with a floating IP. */
  const world = (groups: number, each: number, { pageLimit = 1000 } = {}) => {
    const neutron = neutronWorld()
    neutron.pageLimit = pageLimit
    const groupIds = Array.from({ length: groups }, (_, i) => uuid(`group ${i}`))
    for (const [g, group] of groupIds.entries()) {
      for (let i = 0; i < each; i += 1) {
        const id = uuid(`port ${g} ${i}`)
        neutron.apply('port.create.end', {
          port: port({ id, security_groups: [group], fixed_ips: [{ ip_address: `10.${g}.${i >> 8}.${i & 255}` }] }),
        })
        neutron.apply('floatingip.create.end', {
          floatingip: floatingIp({
            id: uuid(`fip ${g} ${i}`),
            port_id: id,
            fixed_ip_address: `10.${g}.${i >> 8}.${i & 255}`,
          }),
        })
      }
    }
    const rules = (count: number) =>
      Array.from({ length: count }, (_, i) =>
        ruleAdded({ id: uuid(`rule ${i}`), security_group_id: groupIds[i % groups] }),
      )
    return { neutron, rules }
  }
  const count = (neutron: NeutronWorld, collection: string) =>
    neutron.calls.filter((call) => call.startsWith(`${collection}?`)).length

  it('of 1,000 rules over 200 groups costs four port listings and one of floating IPs', async () => {
    const { neutron, rules } = world(200, 4)
    const { each, whole } = await lookUp(rules(1000), { neutron })
    assert.equal(count(neutron, 'ports'), Math.ceil(200 / 50))
    assert.equal(count(neutron, 'floatingips'), 1, 'all 800 fit one page, rather than 16 calls')
    assert.equal(each.length, 1000)
    assert.ok(each.every((exposure) => exposure.addresses.length === 8 && exposure.incomplete === undefined))
    assert.equal(whole.changes.length, 1000)
    assert.equal(whole.addresses.length, 1600)
  })

  it('of 1,000 rules of one group with 5,000 members takes neither the memory nor the time of five million addresses', async () => {
    const { neutron, rules } = world(1, 5000)
    const begun = performance.now()
    const { whole } = await lookUp(rules(1000), { neutron })
    assert.equal(whole.changes[999]?.addresses.length, 10_000)
    assert.equal(whole.changes[999]?.addresses, whole.changes[0]?.addresses)
    assert.equal(whole.addresses.length, 10_000)
    assert.ok(performance.now() - begun < 10_000)
  })

  it('pays for pages only what the server insists on', async () => {
    const { neutron, rules } = world(200, 4, { pageLimit: 100 })
    await lookUp(rules(1000), { neutron })
    assert.equal(count(neutron, 'ports'), 8, 'four calls of 200 ports, two pages each')
    assert.equal(count(neutron, 'floatingips'), 8, 'eight pages rather than sixteen calls')
  })

  it('asks by ports where the cloud has far more floating IPs', async () => {
    const { neutron, rules } = world(200, 4, { pageLimit: 100 })
    const big = world(20, 250, { pageLimit: 100 })
    for (const [id, item] of big.neutron.resources.floatingips) neutron.resources.floatingips.set(`${id}`, item)
    await lookUp(rules(1000), { neutron })
    // 1 to see how many there are, then ceil(800 / 50).
    assert.equal(count(neutron, 'floatingips'), 1 + 16)
  })

  it('keeps nothing from one call to the next', async () => {
    const neutron = shop()
    const session = sessionTo(neutron.answer)
    const own = { session, memory: processRuleMemory(), census: {} }
    await lookUpExposure([ruleAdded()], own, { scanOnDelete: false })
    neutron.apply('port.create.end', { port: port({ id: 'p2', fixed_ips: [{ ip_address: '10.0.0.99' }] }) })
    const [answer] = await lookUpExposure([ruleAdded()], own, { scanOnDelete: false })
    assert.ok(shown(answer?.exposure ?? assert.fail()).includes('10.0.0.99'))
  })
})

describe('An answer in part', () => {
  it('is marked at the changes that it concerns, and over all', async () => {
    const neutron = shop()
    const answer = (request: HttpRequest) =>
      request.url.includes('=broken') ? { status: 500, text: 'Internal Server Error' } : neutron.answer(request)
    const many = Array.from({ length: 49 }, (_, i) => ruleAdded({ id: `x${i}`, security_group_id: `g${i}` }))
    const batch = [ruleAdded(), ...many, ruleAdded({ id: 'r2', security_group_id: 'broken' })]
    const { each, whole, retry, answers } = await lookUp(batch, { neutron, answer })
    assert.equal(answers[0]?.retry, undefined, 'only what lacks something is to be asked again')
    assert.equal(each[0]?.incomplete, undefined)
    assert.deepEqual(shown(each[0] ?? assert.fail()), ['10.0.0.5', '8.8.4.4'])
    assert.match(
      each[50]?.incomplete ?? '',
      /^targets incomplete: Neutron: GET \/ports answered 500: Internal Server Error/,
    )
    assert.equal(each[50]?.changes[0]?.incomplete, each[50]?.incomplete)
    assert.equal(whole.incomplete, each[50]?.incomplete)
    assert.equal(retry?.retryable, true)
  })

  it('of page 1 with a failing page 2 counts for nothing', async () => {
    const neutron = shop()
    neutron.pageLimit = 1
    neutron.apply('port.create.end', { port: port({ id: 'p2', fixed_ips: [{ ip_address: '10.0.0.6' }] }) })
    const answer = (request: HttpRequest) =>
      request.url.includes('marker=') ? { status: 500 } : neutron.answer(request)
    const { whole, retry } = await lookUp([ruleAdded()], { neutron, answer })
    assert.deepEqual(whole.addresses, [])
    assert.match(whole.incomplete ?? '', /500/)
    assert.equal(retry?.retryable, true)
  })

  it('without the floating IPs has the fixed addresses and says so', async () => {
    const neutron = shop()
    const answer = (request: HttpRequest) =>
      request.url.includes('/floatingips')
        ? { status: 403, json: { NeutronError: { message: 'policy' } } }
        : neutron.answer(request)
    const { whole, retry } = await lookUp([ruleAdded()], { neutron, answer })
    assert.deepEqual(shown(whole), ['10.0.0.5'])
    assert.match(whole.incomplete ?? '', /floatingips answered 403: policy/)
    assert.equal(retry, undefined, 'asking again would not help')
  })

  describe('is suspected where the account sees its own project only', () => {
    const seen = (group: object | undefined) => {
      const neutron = shop()
      return lookUp([ruleAdded({ project_id: 'ops' })], {
        neutron,
        roles: ['reader'],
        answer: (request) =>
          request.url.includes('/security-groups')
            ? { json: { security_groups: group === undefined ? [] : [{ id: 'web', ...group }] } }
            : neutron.answer(request),
      })
    }
    it('and the group is in its own project: then it is whole', async () => {
      assert.equal((await seen({ project_id: 'ops', shared: false })).whole.incomplete, undefined)
    })
    const others: [title: string, group: object | undefined, reason: RegExp][] = [
      ['the group is not seen at all', undefined, /does not see this group/],
      ['the group is in another project', { project_id: 'shop', shared: false }, /the group is in shop/],
      ['the group is shared', { project_id: 'ops', shared: true }, /shared with other projects/],
    ]
    for (const [title, group, reason] of others) {
      it(`and ${title}`, async () => {
        const { whole, retry } = await seen(group)
        assert.match(
          whole.incomplete ?? '',
          /^targets incomplete: the account sees project ops only \(roles: reader\), /,
        )
        assert.match(whole.incomplete ?? '', reason)
        assert.equal(retry, undefined)
      })
    }
    it('and the port is in another project', async () => {
      const { whole } = await lookUp([occurrence('port.create.end', { port: port() })], { roles: ['reader'] })
      assert.match(whole.incomplete ?? '', /the port is in shop/)
    })
    it('unless the cloud says that it sees all', async () => {
      const neutron = shop()
      const { whole } = await lookUp([ruleAdded()], { neutron, roles: ['Service'] })
      assert.equal(whole.incomplete, undefined)
      assert.equal(neutron.calls.length, 2)
    })
  })

  it('shows three reasons and counts the others', async () => {
    const { whole } = await lookUp([
      occurrence('port.delete.end', { port_id: 'p' }),
      occurrence('port.delete.end', { port_id: 'q' }),
      occurrence('floatingip.delete.end', { floatingip_id: 'f' }),
      occurrence('security_group_rule.delete.end', { security_group_rule_id: 'r' }),
      occurrence('security_group.create.end', {}),
    ])
    assert.equal(whole.incomplete?.split('; ').length, 4)
    assert.match(whole.incomplete ?? '', /its addresses.*its address,.*its group.*; and 1 more$/)
  })

  it('says when the login failed, with everything that needs no question still told', async () => {
    const session = sessionTo(() => ({}))
    const failing = { ...session, identity: () => Promise.reject(new Error('no login')) }
    const answers = await lookUpExposure(
      [ruleAdded(), occurrence('port.delete.end', { port_id: 'p1', port: port() })],
      { session: failing, memory: processRuleMemory(), census: {} },
      { scanOnDelete: false },
    )
    assert.match(answers[0]?.exposure.incomplete ?? '', /no login/)
    assert.equal(answers[0]?.exposure.changes[0]?.securityGroupId, 'web')
    assert.equal(answers[1]?.exposure.incomplete, undefined)
  })
})
