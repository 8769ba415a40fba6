import assert from 'node:assert/strict'
import { describe, it } from 'mocha'
import type { Exposure, SecurityGroupRule } from '../../../src/exposure/model'
import { oselLines } from '../../../src/osel/lines'
import type { AuditRecord } from '../../../src/qualys/model'
import { occurrence } from '../../support/occurrence'

type Line = Record<string, unknown> & { security_group_rule: Record<string, unknown> }

const RULE: SecurityGroupRule = {
  ...{ id: 'b7d2', security_group_id: '6f0c', direction: 'ingress', ethertype: 'IPv4', protocol: 'tcp' },
  ...{ port_range_min: 22, port_range_max: 22, remote_ip_prefix: null, remote_group_id: 'c0de' },
  remote_address_group_id: null,
  tenant_id: '9a1e',
}

const lines = (message: object) => oselLines(message as never, 'osel-host-1').map((text) => JSON.parse(text) as Line)
const record = (changes: Partial<AuditRecord>): AuditRecord => ({
  ...{ change: 'sg_rule_add', rule: RULE, address: '203.0.113.17', scan: 'scan/1.2', status: 'scanned' },
  message: 'Scan launched from External',
  ...changes,
})
const audited = (changes: Partial<AuditRecord>) => lines({ ...occurrence('e1'), payload: record(changes) })[0] as Line

describe("osel's line", () => {
  it("has osel's keys in osel's order, and no other", () => {
    const [text = ''] = oselLines({ payload: record({}) }, 'osel-host-1')
    assert.equal(
      text,
      '{"affected_ip_address":"203.0.113.17","change_type":"sg_rule_add","qualys_scan_id":"scan/1.2","qualys_scan_error":"",' +
        '"security_group_rule":{"remote_group_id":"c0de","direction":"ingress","protocol":"tcp","remote_ip_prefix":"",' +
        '"port_range_max":22,"rule_direction":"","security_group_id":"6f0c","tenant_id":"9a1e","port_range_min":22,' +
        '"ethertype":"IPv4","id":"b7d2"},"source_type":"osel1.1","source_message_bus":"osel-host-1"}',
    )
  })

  const fates: [string, Partial<AuditRecord>, string, string][] = [
    ['a launched scan has its reference and no error', {}, 'scan/1.2', ''],
    ['nor has one that may have been launched twice', { status: 'possibly-duplicated' }, 'scan/1.2', ''],
    [
      "an address that was not scanned has osel's sentence",
      { status: 'not-scanned', scan: null, code: 'PRIVATE_NO_APPLIANCE', message: 'Not scanned: private address' },
      '',
      'Not scanned by Qualys',
    ],
    [
      'so has one of a dry run',
      { status: 'dry-run', scan: null, code: 'DRY_RUN', message: 'x' },
      '',
      'Not scanned by Qualys',
    ],
    [
      'a refusal has the code and the words of Qualys',
      { status: 'refused', scan: null, code: '1905', message: 'Not scanned: parameter ip has invalid value' },
      '',
      '1905: Not scanned: parameter ip has invalid value',
    ],
    [
      'targets that could not be found out are an error',
      { status: 'incomplete', scan: null, address: null, code: 'INCOMPLETE', message: 'Not scanned: no address known' },
      '',
      'INCOMPLETE: Not scanned: no address known',
    ],
    ['a scan without a reference is none', { scan: null }, '', 'Not scanned by Qualys'],
  ]
  for (const [what, changes, id, error] of fates) {
    it(what, () => {
      const line = audited(changes)
      assert.equal(line['qualys_scan_id'], id)
      assert.equal(line['qualys_scan_error'], error)
    })
  }

  it('is written for a change without addresses as well', () => {
    assert.equal(audited({ address: null, scan: null, status: 'not-scanned' })['affected_ip_address'], '')
  })

  it('keeps null where osel had null, and empties what osel had as text', () => {
    const { security_group_rule: rule } = audited({ rule: { id: 'b7d2', protocol: null, port_range_min: null } })
    assert.deepEqual(rule, {
      ...{ remote_group_id: null, direction: '', protocol: null, remote_ip_prefix: '', port_range_max: null },
      ...{ rule_direction: '', security_group_id: '', tenant_id: '', port_range_min: null, ethertype: '', id: 'b7d2' },
    })
  })

  it('is written for each change and address where nothing is scanned, also for a delete of which only the id is known', () => {
    const address = (text: string) => ({ address: text, family: 4, kind: 'fixed', global: false, portId: 'p' }) as const
    const exposure: Exposure = {
      changes: [
        {
          ...{ kind: 'sg_rule_add', messageId: 'e1', eventId: 'e1', resourceId: 'b7d2', rule: RULE, scan: true },
          addresses: [address('10.0.0.1'), address('10.0.0.2')],
        },
        {
          ...{ kind: 'sg_rule_del', messageId: 'e1', eventId: 'e1', resourceId: 'dead', scan: false, addresses: [] },
          ...{ securityGroupId: '6f0c', projectId: '9a1e' },
        },
      ],
      addresses: [address('10.0.0.1'), address('10.0.0.2')],
    }
    const written = lines({ ...occurrence('e1'), exposure })
    assert.deepEqual(
      written.map((line) => [line['change_type'], line['affected_ip_address'], line.security_group_rule['id']]),
      [
        ['sg_rule_add', '10.0.0.1', 'b7d2'],
        ['sg_rule_add', '10.0.0.2', 'b7d2'],
        ['sg_rule_del', '', 'dead'],
      ],
    )
    assert.equal(written[2]?.security_group_rule['security_group_id'], '6f0c')
    assert.ok(written.every((line) => line['qualys_scan_error'] === 'Not scanned by Qualys'))
  })

  it('is refused where a scan is at hand, as only its audit records tell which address got which scan', () => {
    const exposure = { changes: [], addresses: [] }
    assert.throws(() => lines({ ...occurrence('e1'), exposure, scan: { key: 'k' } }), { code: 'SYSLOG_NOT_OSEL' })
  })
})
