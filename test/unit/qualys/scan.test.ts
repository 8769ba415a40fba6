import assert from 'node:assert/strict'
import { auditRecords } from '../../../src/qualys/audit-records'
import type { QualysClient } from '../../../src/qualys/client'
import { runScan, type ScanSettings, scanKey } from '../../../src/qualys/scan'
import { readScanRequest } from '../../../src/qualys/scan-request'
import { type MemoryJournal, memoryJournal } from '../../support/memory-journal'
import { type SkippingClock, skippingClock } from '../../support/skipping-clock'
import { batch, change, occurrence } from './exposures'
import { clientOf, cutConnection, error, type FakeQualys, fakeQualys, xml } from './fake-qualys'

const settings: ScanSettings = {
  profile: { by: 'title', value: 'fast' },
  external: true,
  appliances: [],
  ipv6: 'drop',
  priority: 0,
  titlePrefix: 'osx',
  chunk: { addresses: 256, bytes: 8192 },
  floor: 0,
  timeoutMs: 60_000,
  dryRun: false,
}
const block = (from: number, to: number) =>
  Array.from({ length: to - from + 1 }, (_, index) => `198.51.100.${from + index}`)

describe('scanning what a message asks for', () => {
  let clock: SkippingClock
  let qualys: FakeQualys
  let client: QualysClient
  let journal: MemoryJournal
  const run = (message: object, changed: Partial<ScanSettings> = {}) => {
    const request = readScanRequest(message)
    const all = { ...settings, ...changed }
    const isGlobal = (address: string) => !address.startsWith('10.')
    const context = { client, journal, owner: 'node', signal: new AbortController().signal, isGlobal }
    return runScan(scanKey(request, all), request, all, context)
  }
  const audit = async (message: object, changed: Partial<ScanSettings> = {}) => {
    const finished = await run(message, changed)
    return auditRecords(readScanRequest(message), finished, { id: 'node', name: 'qualys-scan' })
  }
  const launchedTargets = () => qualys.scans.map(({ targets }) => targets)

  beforeEach(() => {
    clock = skippingClock()
    qualys = fakeQualys(clock)
    client = clientOf(qualys, clock)
    journal = memoryJournal(clock.now)
  })

  it('is one launch for neighbours and singles, titled with prefix, cloud and key', async () => {
    const { scan } = await run(
      occurrence([change(['198.51.100.22', '198.51.100.20', '198.51.100.21', '198.51.100.7'])]),
    )
    assert.deepEqual(launchedTargets(), ['198.51.100.7,198.51.100.20-198.51.100.22'])
    assert.equal(scan.status, 'launched')
    assert.match(scan.key, /^[0-9a-f]{32}$/)
    assert.equal(scan.title, `osx/prod-1/${scan.key}`)
    assert.equal(qualys.scans[0]?.title, scan.title)
    assert.deepEqual(scan.launches[0], {
      status: 'launched',
      reference: 'scan/1795168800.34567',
      scanner: 'External',
      addresses: ['198.51.100.7', '198.51.100.20', '198.51.100.21', '198.51.100.22'],
      at: '2026-11-20T10:00:00.000Z',
    })
  })

  it('is several launches, each with a title of its own, where there are too many addresses', async () => {
    const { scan } = await run(occurrence([change(block(1, 200))]), { chunk: { addresses: 64, bytes: 8192 } })
    assert.equal(scan.launches.length, 4)
    assert.equal(new Set(qualys.scans.map(({ title }) => title)).size, 4)
    for (const { title } of qualys.scans) assert.ok(title.startsWith(`${scan.title}/`))
    assert.deepEqual(
      scan.launches.flatMap(({ addresses }) => addresses),
      block(1, 200),
    )
  })

  it('is one launch for each scanner', async () => {
    await run(occurrence([change(['198.51.100.7', '10.0.0.5'])]), { appliances: ['dmz-1'] })
    assert.deepEqual(
      qualys.scans.map(({ scanner, targets }) => [scanner, targets]),
      [
        ['External', '198.51.100.7'],
        ['dmz-1', '10.0.0.5'],
      ],
    )
  })

  it('is none at all when nothing may be scanned: never a call with an empty target', async () => {
    const { scan } = await run(occurrence([change(['10.0.0.5', '2001:db8::1'])]))
    assert.equal(scan.status, 'not-needed')
    assert.equal(qualys.calls.length, 0)
  })

  it('takes titles to ASCII', async () => {
    const { scan } = await run(occurrence([change(['198.51.100.7'])]), { titlePrefix: 'Öffnung / "x"' })
    assert.match(scan.title, /^[\x21-\x7e]+$/)
  })

  describe('the key', () => {
    const key = (message: object, changed = {}) => scanKey(readScanRequest(message), { ...settings, ...changed })
    const message = occurrence([change(['198.51.100.7', '198.51.100.8'])])

    it('is the same for the same message in any order of addresses', () => {
      assert.equal(key(message), key(occurrence([change(['198.51.100.8', '198.51.100.7'])])))
      assert.equal(key(message), key({ ...message, _msgid: 'delivered again' }))
      assert.equal(key(message), key(message, { titlePrefix: 'other', chunk: { addresses: 1, bytes: 1 } }))
    })

    it('differs by cloud, targets, profile and message', () => {
      const other = { ...message, notification: { ...message.notification, source: { cloud: 'prod-2' } } }
      const keys = [
        key(message),
        key(other),
        key(occurrence([change(['198.51.100.7'])])),
        key(message, { profile: { by: 'id', value: 'fast' } }),
        key(occurrence([change(['198.51.100.7', '198.51.100.8'])], { messageId: 'message-2' })),
      ]
      assert.equal(new Set(keys).size, keys.length)
    })
  })

  describe('when it is carried on after a crash', () => {
    it('launches nothing twice, not even under other settings', async () => {
      const message = occurrence([change(block(1, 100))])
      const first = await run(message, { chunk: { addresses: 50, bytes: 8192 } })
      const again = await run(message, { chunk: { addresses: 10, bytes: 8192 }, appliances: ['dmz-1'] })
      assert.deepEqual(again, first)
      assert.equal(qualys.scans.length, 2)
    })

    it('carries on with the chunk at which it stopped', async () => {
      const message = occurrence([change(block(1, 150))])
      const chunk = { addresses: 50, bytes: 8192 }
      qualys.script.push(({ params }) =>
        params['ip']?.startsWith('198.51.100.51-') ? error(401, '2000', 'Bad Login/Password') : undefined,
      )
      await assert.rejects(run(message, { chunk }), { code: 'QUALYS_REFUSED' })
      client = clientOf(qualys, clock)
      const { scan } = await run(message, { chunk })
      assert.equal(scan.status, 'launched')
      assert.deepEqual(launchedTargets().sort(), [
        '198.51.100.1-198.51.100.50',
        '198.51.100.101-198.51.100.150',
        '198.51.100.51-198.51.100.100',
      ])
    })
  })

  describe('with addresses that Qualys does not know', () => {
    const unknown = new Set(['198.51.100.9', '198.51.100.10', '198.51.100.40'])
    const subscription = (body: string) => (call: { params: Readonly<Record<string, string>> }) =>
      call.params['ips'] === undefined
        ? undefined
        : xml(`<IP_LIST_OUTPUT><RESPONSE>${body}</RESPONSE></IP_LIST_OUTPUT>`)
    /** Like Qualys: the launch as a whole is refused when one address in it is unknown. */
    const refuseUnknown = (code: string, text: string) => {
      const refuse = (call: { params: Readonly<Record<string, string>> }) => {
        if (call.params['action'] !== 'launch') return undefined
        const targets = (call.params['ip'] ?? '').split(',').flatMap((range) => {
          const [from = '', to = from] = range.split('-')
          const last = (text: string) => Number(text.split('.')[3])
          return block(last(from), last(to))
        })
        if (!targets.some((target) => unknown.has(target))) return undefined
        qualys.script.push(refuse)
        return error(400, code, text)
      }
      qualys.script.push(refuse)
    }
    const message = occurrence([change(block(1, 64))])

    it('asks for the subscription once, launches the others together and names the unknown', async () => {
      refuseUnknown('999', 'One or more IPs are not approved for your account')
      qualys.script.push(
        subscription(
          '<IP_SET><IP_RANGE>198.51.100.1-198.51.100.8</IP_RANGE><IP_RANGE>198.51.100.11-198.51.100.39</IP_RANGE><IP_RANGE>198.51.100.41-198.51.100.64</IP_RANGE></IP_SET>',
        ),
      )
      const { scan } = await run(message)
      assert.equal(scan.status, 'partial')
      assert.deepEqual(launchedTargets(), [
        '198.51.100.1-198.51.100.8,198.51.100.11-198.51.100.39,198.51.100.41-198.51.100.64',
      ])
      const refused = scan.launches.find(({ status }) => status === 'refused')
      assert.deepEqual(refused?.addresses, [...unknown])
      assert.equal(refused?.code, '999')
      assert.equal(qualys.launched('launch').length, 2)
    })

    for (const [code, text] of [
      ['999', 'One or more IPs are not approved for your account'],
      ['1905', 'parameter ip has invalid value: (not in your account)'],
      ['1922', 'at least one valid ip is needed'],
    ] as const) {
      it(`halves until the unknown stand alone when the subscription cannot be asked (${code})`, async () => {
        refuseUnknown(code, text)
        qualys.script.push(({ params }) => (params['ips'] ? { status: 403, headers: {}, text: '' } : undefined))
        const { scan } = await run(message)
        assert.equal(scan.status, 'partial')
        const refused = scan.launches.filter(({ status }) => status === 'refused')
        assert.deepEqual(new Set(refused.flatMap(({ addresses }) => addresses)), unknown)
        const launched = scan.launches.filter(({ status }) => status === 'launched')
        assert.deepEqual(
          launched.flatMap(({ addresses }) => addresses).sort(),
          block(1, 64)
            .filter((address) => !unknown.has(address))
            .sort(),
        )
        assert.equal(qualys.scans.length, launched.length)
      })
    }

    it('launches nothing twice when it is carried on', async () => {
      refuseUnknown('999', 'One or more IPs are not approved for your account')
      qualys.script.push(({ params }) => (params['ips'] ? { status: 404, headers: {}, text: '' } : undefined))
      const first = await run(message)
      const calls = qualys.calls.length
      assert.deepEqual(await run(message), first)
      assert.equal(qualys.calls.length, calls)
    })

    it('does not split for a refusal of another kind', async () => {
      qualys.script.push(() => error(400, '1905', 'parameter option_title has invalid value: fast'))
      const { scan } = await run(message)
      assert.equal(scan.status, 'refused')
      assert.equal(scan.launches.length, 1)
      assert.equal(qualys.calls.length, 1)
    })

    it('names all of them when it knows none, after two calls', async () => {
      qualys.approved = () => false
      qualys.script.push(subscription(''))
      const { scan } = await run(message)
      assert.equal(scan.status, 'refused')
      assert.equal(qualys.calls.length, 2)
    })
  })

  describe('with IPv6 mapped', () => {
    it('launches the mapped addresses from the appliance and says of whom it speaks', async () => {
      qualys.script.push(({ path }) =>
        path.endsWith('/v4_v6/')
          ? xml(
              '<IP_MAP_LIST_OUTPUT><RESPONSE><IP_MAP_LIST><IP_MAP><ID>1</ID><V4>0.0.0.7</V4><V6>2001:db8:0::1</V6></IP_MAP></IP_MAP_LIST></RESPONSE></IP_MAP_LIST_OUTPUT>',
            )
          : undefined,
      )
      const message = occurrence([change(['2001:db8::1', '2001:db8::2'])])
      const records = (await audit(message, { ipv6: 'map', appliances: ['dmz-1'] })).map(({ record }) => record)
      assert.deepEqual(launchedTargets(), ['0.0.0.7'])
      assert.equal(qualys.scans[0]?.scanner, 'dmz-1')
      assert.equal(records[0]?.status, 'scanned')
      assert.equal(records[0]?.address, '2001:db8::1')
      assert.equal(records[0]?.scannedAs, '0.0.0.7')
      assert.equal(records[1]?.code, 'IPV6_NO_MAPPING')
    })
  })

  describe('in a dry run', () => {
    it('sends nothing and leaves nothing behind, so that the real run scans', async () => {
      const message = occurrence([change(['198.51.100.7', '2001:db8::1'])])
      const { scan } = await run(message, { dryRun: true, ipv6: 'map', appliances: ['dmz-1'] })
      assert.equal(scan.status, 'dry-run')
      assert.deepEqual(scan.launches[0]?.addresses, ['198.51.100.7'])
      assert.equal(qualys.calls.length, 0)
      assert.equal((await run(message)).scan.status, 'launched')
    })
  })

  describe('the audit records', () => {
    const twoChanges = () =>
      batch([
        occurrence([change(['198.51.100.7', '10.0.0.5', '2001:db8::1'])]),
        occurrence(
          [
            change(['198.51.100.7'], {
              messageId: 'message-2',
              kind: 'sg_rule_del',
              scan: false,
              noScanReason: 'a rule was deleted',
            }),
          ],
          {
            messageId: 'message-2',
          },
        ),
        occurrence([change([], { messageId: 'message-3', resourceId: 'rule-3' })], { messageId: 'message-3' }),
        occurrence([], { messageId: 'message-4' }),
      ])

    it('are one for each change and address, scanned or not, and one where there is no address', async () => {
      const records = (await audit(twoChanges())).map(({ record }) => record)
      const reference = 'scan/1795168800.34567'
      assert.deepEqual(
        records.map(({ change: kind, address, status, scan, code, message }) => [
          kind,
          address,
          status,
          scan,
          code,
          message,
        ]),
        [
          ['sg_rule_add', '198.51.100.7', 'scanned', reference, undefined, 'Scan launched from External'],
          [
            'sg_rule_add',
            '10.0.0.5',
            'not-scanned',
            null,
            'PRIVATE_NO_APPLIANCE',
            'Not scanned: private address, no appliance',
          ],
          ['sg_rule_add', '2001:db8::1', 'not-scanned', null, 'IPV6_DROPPED', 'Not scanned: IPv6'],
          ['sg_rule_del', '198.51.100.7', 'not-scanned', null, 'NOT_NEEDED', 'Not scanned: a rule was deleted'],
          ['sg_rule_add', null, 'not-scanned', null, 'NO_ADDRESSES', 'Not scanned: the change touches no address'],
          [
            'security_group_rule.create.end',
            null,
            'not-scanned',
            null,
            'NO_CHANGE',
            'Not scanned: the event changes no exposure',
          ],
        ],
      )
    })

    it('carry the rule as Neutron has it', async () => {
      const rule = {
        id: 'rule-1',
        security_group_id: 'group-1',
        direction: 'ingress' as const,
        ethertype: 'IPv4' as const,
        protocol: 'tcp',
        port_range_min: 22,
        port_range_max: 22,
        remote_ip_prefix: '0.0.0.0/0',
        remote_group_id: null,
        remote_address_group_id: null,
      }
      const [audited] = await audit(occurrence([change(['198.51.100.7'], { rule })]))
      assert.deepEqual(audited?.record.rule, rule)
    })

    it('say that addresses are not known to be all, at the change or at the message', async () => {
      const incomplete = 'targets incomplete: Neutron answered 503'
      const records = await audit(occurrence([change(['198.51.100.7'], { incomplete }), change([], { incomplete })]))
      assert.equal(records[0]?.record.status, 'scanned')
      assert.equal(records[0]?.record.incomplete, incomplete)
      assert.equal(records[0]?.record.message, `Scan launched from External; ${incomplete}`)
      assert.equal(records[1]?.record.status, 'incomplete')
      const whole = await audit(occurrence([change(['198.51.100.8'])], { messageId: 'message-9', incomplete }))
      assert.equal(whole[0]?.record.incomplete, incomplete)
      const mixed = await audit(
        occurrence([change(['198.51.100.9'], { incomplete }), change(['198.51.100.10'])], {
          messageId: 'm-8',
          incomplete,
        }),
      )
      assert.deepEqual(
        mixed.map(({ record }) => record.incomplete),
        [incomplete, undefined],
        'a change that is known whole is not called incomplete for the sake of another',
      )
    })

    it("carry Qualys' code when it refuses, with its words", async () => {
      qualys.script.push(() => error(400, '1905', 'parameter option_title has invalid value: fast'))
      const [audited] = await audit(occurrence([change(['198.51.100.7'])]))
      assert.equal(audited?.record.status, 'refused')
      assert.equal(audited?.record.code, '1905')
      assert.equal(audited?.record.message, 'Not scanned: parameter option_title has invalid value: fast')
      assert.deepEqual(audited?.event.reason, { reasonType: 'Qualys', reasonCode: '1905' })
      assert.equal(audited?.event.outcome, 'failure')
    })

    it('say that a scan is possibly duplicated', async () => {
      qualys.script.push(cutConnection)
      const [audited] = await audit(occurrence([change(['198.51.100.7'])]))
      assert.equal(audited?.record.status, 'possibly-duplicated')
      assert.equal(audited?.record.scan, 'scan/1795168800.34567')
    })

    it('are CADF events: who made the change, the rule with the address, this node, a reason and tags', async () => {
      const message = occurrence([change(['198.51.100.7', '10.0.0.5'])])
      const [scanned, unscanned] = await audit(message)
      const key = scanKey(readScanRequest(message), settings)
      assert.deepEqual(scanned?.event.initiator, message.event.initiator)
      assert.deepEqual(scanned?.event.target, {
        id: 'rule-1',
        typeURI: 'network/security-group-rule',
        project_id: 'project-1',
        security_group_id: 'group-1',
        addresses: [{ url: '198.51.100.7', name: 'floating' }],
        port_id: 'port-1',
      })
      assert.deepEqual(scanned?.event.observer, { id: 'node', typeURI: 'service/security', name: 'qualys-scan' })
      assert.equal(scanned?.event.eventTime, '2026-11-20T10:00:00.000+00:00')
      assert.equal(scanned?.event.outcome, 'success')
      assert.deepEqual(scanned?.event.tags, [
        `correlation_id?value=${key}`,
        'change?value=sg_rule_add',
        'cause?value=message-1',
        'scan?value=scan/1795168800.34567',
      ])
      assert.deepEqual(scanned?.event.attachments?.[0]?.content, scanned?.record)
      assert.deepEqual(unscanned?.event.reason, { reasonType: 'qualys-scan', reasonCode: 'PRIVATE_NO_APPLIANCE' })
      assert.equal(unscanned?.event.outcome, 'failure')
    })

    it('have the same ids when the message comes again, and no two the same', async () => {
      const message = twoChanges()
      const ids = (await audit(message)).map(({ event }) => event.id)
      clock.advance(3_600_000)
      assert.deepEqual(
        (await audit(message)).map(({ event }) => event.id),
        ids,
      )
      assert.equal(new Set(ids).size, ids.length)
    })

    it('have ids of their own even where a bulk request names no rules', async () => {
      const nameless = change([], { resourceId: '', scan: false, noScanReason: 'it has only begun' })
      const records = await audit(occurrence([nameless, nameless, nameless]))
      assert.equal(new Set(records.map(({ event }) => event.id)).size, 3)
      assert.equal(records[0]?.event.target.id, 'unknown')
    })

    it('say "unknown" of an initiator that nobody named', async () => {
      const { event: _, ...bare } = occurrence([change(['198.51.100.7'])])
      const [audited] = await audit(bare)
      assert.equal(audited?.event.initiator.id, 'unknown')
      assert.deepEqual(audited?.event.added, ['initiator.id', 'initiator.typeURI'])
    })
  })
})
