import assert from 'node:assert/strict'
import { demoId } from '../../../lab/demo/cloud'
import { type PocketCloud, startPocketCloud } from '../../../lab/pocket-cloud'
import { neutronAs, type PocketAnswer } from '../../support/pocket-calls'

describe('Security-group rules in the pocket cloud’s Neutron', () => {
  let cloud: PocketCloud
  let alice: (method: string, path: string, body?: unknown) => Promise<PocketAnswer>
  const web = demoId('group web')

  beforeEach(async () => {
    cloud = await startPocketCloud({ certificate: false })
    alice = await neutronAs(cloud, 'alice')
  })
  afterEach(() => cloud.close())

  const rule = (given: object = {}) => ({
    security_group_rule: { security_group_id: web, direction: 'ingress', protocol: 'tcp', ...given },
  })
  const failure = (answer: PocketAnswer) =>
    (answer.body as { NeutronError: { type: string; message: string } }).NeutronError
  const events = () => cloud.notifier.published.map((each) => each.eventType)

  type Refusal = [what: string, given: object, status: number, type: string, message: RegExp]
  const byTheApi: Refusal[] = [
    [
      'a missing direction',
      { direction: undefined },
      400,
      'HTTPBadRequest',
      /Required attribute 'direction' not specified/,
    ],
    [
      'another direction',
      { direction: 'sideways' },
      400,
      'HTTPBadRequest',
      /'sideways' is not in \['ingress', 'egress'\]/,
    ],
    ['an unknown attribute', { colour: 'red' }, 400, 'HTTPBadRequest', /Unrecognized attribute\(s\) 'colour'/],
    ['an id', { id: web }, 400, 'HTTPBadRequest', /Attribute 'id' not allowed in POST/],
    ['a port out of range', { port_range_min: 70_000 }, 400, 'SecurityGroupInvalidPortValue', /70000/],
    ['an unknown protocol', { protocol: 'carrier-pigeon' }, 400, 'SecurityGroupRuleInvalidProtocol', /carrier-pigeon/],
    ['no address', { remote_ip_prefix: '10.0.0.0/33' }, 400, 'InvalidCIDR', /10\.0\.0\.0\/33/],
  ]
  const byThePlugin: Refusal[] = [
    ['a range upside down', { port_range_min: 90, port_range_max: 80 }, 400, 'SecurityGroupInvalidPortRange', /<=/],
    [
      'ports of any protocol',
      { protocol: null, port_range_min: 1, port_range_max: 2 },
      400,
      'SecurityGroupProtocolRequiredWithPorts',
      /protocol/,
    ],
    [
      'ports of GRE',
      { protocol: 'gre', port_range_min: 1, port_range_max: 2 },
      400,
      'SecurityGroupInvalidProtocolForPort',
      /47/,
    ],
    [
      'an ICMP code without a type',
      { protocol: 'icmp', port_range_max: 0 },
      400,
      'SecurityGroupMissingIcmpType',
      /type/,
    ],
    ['an IPv6 prefix for IPv4', { remote_ip_prefix: '::/0' }, 400, 'SecurityGroupRuleParameterConflict', /IPv4/],
    ['ICMPv6 over IPv4', { protocol: 'ipv6-icmp' }, 400, 'SecurityGroupEthertypeConflictWithProtocol', /ipv6-icmp/],
    [
      'two remotes',
      { remote_ip_prefix: '10.0.0.0/8', remote_group_id: web },
      400,
      'SecurityGroupMultipleRemoteEntites',
      /Only one/,
    ],
    ['an unknown group', { security_group_id: demoId('nothing') }, 404, 'SecurityGroupNotFound', /does not exist/],
    ['an unknown remote group', { remote_group_id: demoId('nothing') }, 404, 'SecurityGroupNotFound', /does not exist/],
    [
      'a duplicate',
      { protocol: 6, port_range_min: 443, port_range_max: 443 },
      409,
      'SecurityGroupRuleExists',
      /already exists\. Rule id is/,
    ],
  ]
  const published = ['security_group_rule.create.start']
  for (const [refusals, announced] of [
    [byTheApi, []],
    [byThePlugin, published],
  ] as const) {
    for (const [what, given, status, type, message] of refusals) {
      it(`refuses a rule with ${what} ${announced.length > 0 ? 'after' : 'before'} publishing a start`, async () => {
        const answer = await alice('POST', '/v2.0/security-group-rules', rule(given))
        assert.equal(answer.status, status, answer.text)
        assert.equal(failure(answer).type, type)
        assert.match(failure(answer).message, message)
        assert.deepEqual(events(), announced)
      })
    }
  }

  it('makes a bulk of rules whole or not at all', async () => {
    const good = {
      security_group_id: web,
      direction: 'ingress',
      protocol: 'tcp',
      port_range_min: 21,
      port_range_max: 21,
    }
    const before = cloud.world.rulesOf(web).length
    const answer = await alice('POST', '/v2.0/security-group-rules', { security_group_rules: [good, good] })
    assert.equal(failure(answer).type, 'DuplicateSecurityGroupRuleInPost')
    assert.equal(cloud.world.rulesOf(web).length, before)
  })
})
