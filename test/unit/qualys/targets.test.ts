import assert from 'node:assert/strict'
import { readScanRequest } from '../../../src/qualys/scan-request'
import { assignTargets, type ScannerChoice, wantedAddresses } from '../../../src/qualys/targets'
import { address, batch, change, occurrence } from './exposures'

const external: ScannerChoice = { external: true, appliances: [], ipv6: 'drop' }
const both: ScannerChoice = { external: true, appliances: ['dmz-1', 'dmz-2'], ipv6: 'drop' }
const everything = ['198.51.100.7', '10.0.0.5', '2001:db8::1'].map((text) => address(text))
const isPublic = (text: string) => !text.startsWith('10.')
const assign = (choice: ScannerChoice, wanted = everything, mappings = new Map<string, string>()) =>
  assignTargets(wanted, choice, isPublic, mappings)

describe('the scanner for an address', () => {
  it('is External for globally routable addresses, and nobody for private ones without an appliance', () => {
    const { scanners, notScanned } = assign(external)
    assert.deepEqual(scanners, [{ scanner: 'External', plain: ['198.51.100.7'], mapped: {} }])
    assert.deepEqual(notScanned['10.0.0.5'], {
      code: 'PRIVATE_NO_APPLIANCE',
      message: 'Not scanned: private address, no appliance',
    })
  })

  it('is the named appliances for private ones', () => {
    const { scanners, notScanned } = assign(both)
    assert.deepEqual(scanners, [
      { scanner: 'External', plain: ['198.51.100.7'], mapped: {} },
      { scanner: 'dmz-1,dmz-2', plain: ['10.0.0.5'], mapped: {} },
    ])
    assert.deepEqual(Object.keys(notScanned), ['2001:db8::1'])
  })

  it('is the appliances for all when External is not used, and nobody when there is neither', () => {
    assert.deepEqual(assign({ ...both, external: false }).scanners, [
      { scanner: 'dmz-1,dmz-2', plain: ['198.51.100.7', '10.0.0.5'], mapped: {} },
    ])
    const none = assign({ ...external, external: false })
    assert.deepEqual(none.scanners, [])
    assert.equal(none.notScanned['198.51.100.7']?.code, 'PUBLIC_NO_SCANNER')
  })

  it('is never External when message and registries disagree on whether the address is public', () => {
    const claimed = [address('10.0.0.5', { global: true }), address('198.51.100.8', { global: false })]
    const { scanners, notScanned } = assign(external, claimed)
    assert.deepEqual(scanners, [])
    assert.deepEqual(Object.keys(notScanned), ['10.0.0.5', '198.51.100.8'])
  })

  it('is nobody for what is no address', () => {
    const { scanners, notScanned } = assign(both, [address('1.2.3.4,5.6.7.8'), address('1.2.3.4-9.9.9.9')])
    assert.deepEqual(scanners, [])
    for (const { code } of Object.values(notScanned)) assert.equal(code, 'NOT_AN_ADDRESS')
  })
})

describe('an IPv6 address', () => {
  const wanted = ['2001:DB8::1', '2001:db8::2'].map((text) => address(text))
  const mappings = new Map([['2001:db8::1', '0.0.0.7']])

  it('is dropped, with a reason', () => {
    const { scanners, notScanned } = assign(both, wanted)
    assert.deepEqual(scanners, [])
    assert.deepEqual(notScanned['2001:db8::2'], { code: 'IPV6_DROPPED', message: 'Not scanned: IPv6' })
  })

  it('goes as its mapped IPv4 address to the appliances, never to External', () => {
    const { scanners, notScanned } = assign({ ...both, ipv6: 'map' }, wanted, mappings)
    assert.deepEqual(scanners, [{ scanner: 'dmz-1,dmz-2', plain: [], mapped: { '2001:DB8::1': '0.0.0.7' } }])
    assert.equal(notScanned['2001:db8::2']?.code, 'IPV6_NO_MAPPING')
  })

  it('needs an appliance to be mapped', () => {
    const { scanners, notScanned } = assign({ ...external, ipv6: 'map' }, wanted, mappings)
    assert.deepEqual(scanners, [])
    assert.equal(notScanned['2001:DB8::1']?.code, 'IPV6_NO_APPLIANCE')
  })

  it('is named when it is set to fail', () => {
    assert.equal(assign({ ...both, ipv6: 'fail' }, wanted).notScanned['2001:db8::2']?.code, 'IPV6_REFUSED')
  })
})

describe('what a message asks to have scanned', () => {
  it('is read from a single occurrence', () => {
    const request = readScanRequest(occurrence([change(['198.51.100.7'])]))
    assert.equal(request.occasion, 'message-1')
    assert.equal(request.cloud, 'prod-1')
    assert.deepEqual(
      wantedAddresses(request).map((wanted) => wanted.address),
      ['198.51.100.7'],
    )
  })

  it('is read from a batch, each change with the notification that reported it', () => {
    const second = change(['198.51.100.8'], { messageId: 'message-2', resourceId: 'rule-2' })
    const message = batch([
      occurrence([change(['198.51.100.7'])]),
      occurrence([second], { messageId: 'message-2' }),
      occurrence([], { messageId: 'message-3' }),
    ])
    const request = readScanRequest(message)
    assert.equal(request.occasion, 'batch-1')
    assert.deepEqual(
      request.occurrences.map(({ notification, changes }) => [
        notification?.messageId,
        changes.map(({ resourceId }) => resourceId),
      ]),
      [
        ['message-1', ['rule-1']],
        ['message-2', ['rule-2']],
        ['message-3', []],
      ],
    )
  })

  it('is read from a batch with the exposure at the members only, or at the message only', () => {
    const message = batch([occurrence([change(['198.51.100.7'])])])
    const { exposure: _, ...atMembers } = message
    const payload = message.payload.map(({ exposure: __, ...member }) => member)
    const whole = readScanRequest(message).occurrences.map(({ changes }) => changes)
    assert.deepEqual(
      readScanRequest(atMembers).occurrences.map(({ changes }) => changes),
      whole,
    )
    assert.deepEqual(
      readScanRequest({ ...message, payload }).occurrences.map(({ changes }) => changes),
      whole,
    )
  })

  it('keeps changes whose notification is not in the batch', () => {
    const message = batch([occurrence([]), occurrence([], { messageId: 'message-2' })])
    const stray = {
      ...message,
      exposure: { changes: [change(['198.51.100.7'], { messageId: 'gone' })], addresses: [] },
    }
    const last = readScanRequest(stray).occurrences.at(-1)
    assert.equal(last?.changes.length, 1)
    assert.equal(last?.notification, undefined)
  })

  it('leaves out changes that want no scan, and has each address once', () => {
    const request = readScanRequest(
      occurrence([
        change(['198.51.100.7', '198.51.100.8']),
        change(['198.51.100.8', '198.51.100.9'], { scan: false, noScanReason: 'a rule was deleted' }),
        change(['198.51.100.7'], { resourceId: 'rule-2' }),
      ]),
    )
    assert.deepEqual(
      wantedAddresses(request).map((wanted) => wanted.address),
      ['198.51.100.7', '198.51.100.8'],
    )
  })

  it('takes an address as private when one of two changes says so', () => {
    const request = readScanRequest(
      occurrence([
        change([], { addresses: [address('198.51.100.7')] }),
        change([], { addresses: [address('198.51.100.7', { global: false })] }),
      ]),
    )
    assert.equal(wantedAddresses(request)[0]?.global, false)
  })

  it('takes the id that Node-RED gave where there is neither batch nor notification', () => {
    const { notification: _, ...bare } = occurrence([change(['198.51.100.7'])])
    const request = readScanRequest(bare)
    assert.equal(request.occasion, 'abc')
    assert.equal(request.cloud, 'unknown')
  })

  const good = occurrence([change(['198.51.100.7'])])
  const wrong: Record<string, [message: object, says: RegExp]> = {
    'no exposure': [{ ...good, exposure: undefined }, /openstack-port-lookup/],
    'an exposure that is a text': [{ ...good, exposure: 'all' }, /msg\.exposure must be an object/],
    'no changes': [{ ...good, exposure: {} }, /msg\.exposure\.changes must be a list/],
    'a change without id': [
      { ...good, exposure: { changes: [{ ...change([]), resourceId: 7 }] } },
      /changes\[0\]\.resourceId must be a text/,
    ],
    'a change that does not say whether to scan': [
      { ...good, exposure: { changes: [{ ...change([]), scan: 'yes' }] } },
      /changes\[0\]\.scan must be true or false/,
    ],
    'an address that does not say whether it is public': [
      { ...good, exposure: { changes: [{ ...change([]), addresses: [{ address: '1.2.3.4', family: 4 }] }] } },
      /addresses\[0\]\.global must be true or false/,
    ],
    'a member that is no object': [{ ...batch([good]), payload: ['x'] }, /payload\[0\] must be an object/],
  }
  for (const [what, [message, says]] of Object.entries(wrong)) {
    it(`is refused with ${what}`, () => {
      assert.throws(
        () => readScanRequest(message),
        (error: Error & { code?: string }) => error.code === 'QUALYS_MESSAGE' && says.test(error.message),
      )
    })
  }
})
