import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, it } from 'mocha'
import { type FlowNode, fillFlow } from '../../../src/osel/fill'
import { importOsel } from '../../../src/osel/import'
import type { OselVerdict } from '../../../src/osel/model'
import { OSEL_YAML } from '../../support/osel-yaml'

const verdicts = (yaml: string) => Object.fromEntries(importOsel(yaml).notes.map(({ key, verdict }) => [key, verdict]))
/** The sample with some lines replaced. */
const changed = (from: RegExp, to: string) => OSEL_YAML.replace(from, to)

describe("importing osel's configuration", () => {
  it('gives every node of the example its settings', () => {
    assert.deepEqual(importOsel(OSEL_YAML).settings, {
      'cadf-batch': { name: 'Collect for 2 min', window: '2', windowUnit: 'minutes' },
      'openstack-bus-config': {
        ...{ by: 'fields', hosts: 'rabbit.example:5672', vhost: 'neutron', username: 'osel', useTls: false },
      },
      'keystone-config': {
        ...{ authType: 'password', userBy: 'name', projectBy: 'name', scope: 'project', user: 'osel' },
        ...{ project: 'security', region: 'RegionOne', authUrl: 'https://keystone.example:5000/v3' },
      },
      'qualys-config': { platform: 'us1', url: '' },
      'http proxy': { name: 'Proxy for Qualys', url: 'http://proxy.example:3128', noproxy: [] },
      'qualys-scan': {
        ...{
          profileBy: 'title',
          profile: 'Initial Options',
          titlePrefix: 'osel',
          external: true,
          ipv6: 'drop',
          floor: '20',
        },
      },
      'syslog-out': {
        ...{ format: 'osel', protocol: 'rfc3164', framing: 'newline', appName: 'osel', facility: 'kern' },
        ...{ severityBy: 'fixed', severity: 'info', host: 'splunk.example', port: '1514', transport: 'tcp' },
      },
    })
  })

  it('keeps secrets apart, and out of every setting and note', () => {
    const { settings, credentials, notes } = importOsel(OSEL_YAML)
    assert.deepEqual(credentials, {
      'openstack-bus-config': { password: 'RabbitSecret' },
      'keystone-config': { password: 'KeystoneSecret' },
      'qualys-config': { username: 'scanner', password: 'QualysSecret' },
      'http proxy': { username: 'proxyuser', password: 'ProxySecret' },
    })
    assert.doesNotMatch(JSON.stringify([settings, notes]), /Secret/)
  })

  it('says of each key what becomes of it', () => {
    assert.deepEqual(verdicts(OSEL_YAML), {
      batch_interval: 'changed',
      rabbit_uri: 'changed',
      'openstack.identity_endpoint': 'changed',
      'openstack.user': 'changed',
      'openstack.password': 'taken',
      'openstack.tenant_name': 'changed',
      'openstack.region': 'taken',
      'qualys.username': 'taken',
      'qualys.password': 'taken',
      'qualys.url': 'taken',
      'qualys.proxy_url': 'taken',
      'qualys.option': 'taken',
      'qualys.drop6': 'taken',
      'qualys.min_remaining': 'changed',
      syslog_server: 'taken',
      syslog_port: 'taken',
      syslog_protocol: 'taken',
      debug: 'no-meaning',
      logfile: 'no-meaning',
      retry_syslog: 'no-meaning',
    })
  })

  it('gives every note a reason', () => {
    for (const { key, text } of importOsel(OSEL_YAML).notes) assert.match(text, /^[A-Z"o].*[.;]?.*\.$/s, key)
  })

  const endpoints: [string, string | undefined, OselVerdict][] = [
    ['http://k:5000/v2.0', 'http://k:5000/v3', 'changed'],
    ['http://k:5000/v2.0/', 'http://k:5000/v3', 'changed'],
    ['http://k/identity/v2.0/', 'http://k/identity/v3', 'changed'],
    ['http://k/identity', 'http://k/identity/v3', 'changed'],
    ['http://k:5000', 'http://k:5000/v3', 'changed'],
    ['http://k:5000/v3/', 'http://k:5000/v3', 'taken'],
    ['keystone:5000', undefined, 'unreadable'],
    ['http://user:EndpointSecret@k:5000/v3', undefined, 'unreadable'],
  ]
  for (const [given, authUrl, verdict] of endpoints) {
    it(`reads the identity endpoint ${given.replace('EndpointSecret', '…')} as ${authUrl ?? 'unreadable'}`, () => {
      const { settings, notes } = importOsel(changed(/identity_endpoint: .*/, `identity_endpoint: "${given}"`))
      assert.equal(settings['keystone-config']?.['authUrl'], authUrl)
      assert.equal(notes.find(({ key }) => key === 'openstack.identity_endpoint')?.verdict, verdict)
      assert.doesNotMatch(JSON.stringify(notes), /EndpointSecret/)
    })
  }

  const brokers: [string, object | undefined][] = [
    ['amqp://u:p@h', { hosts: 'h:5672', vhost: '/', username: 'u', useTls: false }],
    ['amqp://u:p@h/', { hosts: 'h:5672', vhost: '/', username: 'u', useTls: false }],
    ['amqp://u:p@h:1234/%2F', { hosts: 'h:1234', vhost: '/', username: 'u', useTls: false }],
    ['amqp://h/nova', { hosts: 'h:5672', vhost: 'nova', username: 'guest', useTls: false }],
    ['amqps://u:p@[2001:db8::1]/v', { hosts: '[2001:db8::1]:5671', vhost: 'v', username: 'u', useTls: true }],
    ['http://u:BrokerSecret@h', undefined],
  ]
  for (const [given, expected] of brokers) {
    it(`reads the broker ${given.replace('BrokerSecret', '…')}`, () => {
      const { settings, notes } = importOsel(changed(/rabbit_uri: .*/, `rabbit_uri: "${given}"`))
      assert.deepEqual(settings['openstack-bus-config'], expected && { by: 'fields', ...expected })
      assert.doesNotMatch(JSON.stringify(notes), /BrokerSecret/)
    })
  }

  const scanUrls: [string, object | undefined][] = [
    ['https://qualysapi.qualys.com/api/2.0/fo/scan/', { platform: 'us1', url: '' }],
    ['https://qualysapi.qualys.eu/api/2.0/fo/scan/?echo_request=1', { platform: 'eu1', url: '' }],
    [
      'https://qualysapi.qualys.com/api/4.0/fo/scan/',
      { platform: 'custom', url: 'https://qualysapi.qualys.com/api/4.0/fo/scan/' },
    ],
    ['https://qualys.example/api/2.0/fo/scan/', { platform: 'custom', url: 'https://qualys.example/api/2.0/fo/scan/' }],
    ['http://qualys.example/api/2.0/fo/scan/', undefined],
  ]
  for (const [given, expected] of scanUrls) {
    it(`reads the scan URL ${given}`, () => {
      const { settings } = importOsel(changed(/ url: .*/, ` url: "${given}"`))
      assert.deepEqual(settings['qualys-config'], expected)
    })
  }

  it('scans IPv6 through mapping records where osel scanned nothing', () => {
    const { settings, notes } = importOsel(changed(/drop6: true/, 'drop6: false'))
    assert.equal(settings['qualys-scan']?.['ipv6'], 'map')
    assert.equal(notes.find(({ key }) => key === 'qualys.drop6')?.verdict, 'changed')
  })

  it('needs no proxy', () => {
    const { settings, notes } = importOsel(changed(/ {2}proxy_url: .*\n/, ''))
    assert.equal(settings['http proxy'], undefined)
    assert.ok(!notes.some(({ key }) => key === 'qualys.proxy_url'))
  })

  it('names what is missing', () => {
    assert.deepEqual(
      Object.entries(verdicts('syslog_server: s'))
        .filter(([, verdict]) => verdict === 'missing')
        .map(([key]) => key),
      [
        ...['batch_interval', 'rabbit_uri', 'openstack.identity_endpoint', 'openstack.user', 'openstack.password'],
        ...['openstack.tenant_name', 'openstack.region', 'qualys.username', 'qualys.password', 'qualys.url'],
        ...['qualys.option', 'qualys.drop6', 'syslog_port', 'syslog_protocol'],
      ],
    )
  })

  const unreadable: [RegExp, string, string][] = [
    [/batch_interval: 2/, 'batch_interval: soon', 'batch_interval'],
    [/batch_interval: 2/, 'batch_interval: 0', 'batch_interval'],
    [/"1514"/, '"99999"', 'syslog_port'],
    [/syslog_protocol: tcp/, 'syslog_protocol: unix', 'syslog_protocol'],
    [/min_remaining: 20/, 'min_remaining: -1', 'qualys.min_remaining'],
    [/proxy_url: .*/, 'proxy_url: "socks://x:ProxySecret2@h"', 'qualys.proxy_url'],
  ]
  for (const [from, to, key] of unreadable) {
    it(`leaves ${key} to a person when the file says ${to.replace('ProxySecret2', '…')}`, () => {
      const yaml = changed(from, to)
      assert.equal(verdicts(yaml)[key], 'unreadable')
      assert.doesNotMatch(JSON.stringify(importOsel(yaml).notes), /Secret/)
    })
  }

  it('reads keys in any case, and names those that osel did not know', () => {
    const { settings, notes } = importOsel(
      'Syslog_Server: s\nOpenStack:\n  User: u\nsurprise: 1\nqualys:\n  more:\n    - 1\n',
    )
    assert.equal(settings['syslog-out']?.['host'], 's')
    assert.equal(settings['keystone-config']?.['user'], 'u')
    assert.deepEqual(
      notes.filter(({ text }) => /did not know/.test(text)).map(({ key }) => key),
      ['surprise', 'qualys.more'],
    )
  })

  const refused: [string, string][] = [
    ['nothing', ''],
    ['a list', '- a\n- b'],
    ['a text', 'hello'],
    ['another file', 'clouds:\n  a: 1\n'],
    ['broken YAML', 'qualys:\n  password: "BrokenSecret\n'],
    [
      'a bomb',
      `a: &a [x,x,x,x,x,x,x,x,x,x]\n${'bcdefg'.replace(/./g, (c) => `${c}: &${c} [${`*${String.fromCharCode(c.charCodeAt(0) - 1)},`.repeat(9)}1]\n`)}`,
    ],
    ['a huge text', `syslog_server: ${'x'.repeat(300_000)}`],
  ]
  for (const [what, text] of refused) {
    it(`refuses ${what}, without repeating it`, () => {
      assert.throws(
        () => importOsel(text),
        (error: Error & { code?: string }) => {
          assert.equal(error.code, 'OSEL_CONFIGURATION')
          assert.doesNotMatch(error.message, /BrokenSecret|xxxx/)
          return true
        },
      )
    })
  }
})

describe('filling the main example in', () => {
  const folder = join(__dirname, '../../../examples/security-group-scan')
  const example = JSON.parse(
    readFileSync(join(folder, '01 - From a security-group change to a Qualys scan.json'), 'utf8'),
  ) as FlowNode[]
  let number = 0
  const newId = () => {
    number += 1
    return `new${number}`
  }
  const fill = (yaml = OSEL_YAML) => fillFlow(example, importOsel(yaml), newId)
  const byType = (flow: readonly FlowNode[], type: string) => flow.filter((node) => node.type === type)

  it('has a node in the example for everything that is set', () => {
    for (const type of Object.keys(importOsel(OSEL_YAML).settings)) {
      if (type !== 'http proxy') assert.ok(byType(example, type).length > 0, `the example has no ${type}`)
    }
  })

  it('sets only properties that the example has, so that a renamed one is noticed', () => {
    for (const [type, properties] of Object.entries(importOsel(OSEL_YAML).settings)) {
      if (type === 'http proxy') continue
      const [node = {}] = byType(example, type)
      assert.deepEqual(
        Object.keys(properties).filter((name) => !(name in node)),
        [],
        type,
      )
    }
  })

  it('puts the settings into the nodes and leaves everything else', () => {
    const { flow } = fill()
    assert.equal(byType(flow, 'cadf-batch')[0]?.['window'], '2')
    assert.equal(byType(flow, 'syslog-out')[0]?.['host'], 'splunk.example')
    assert.equal(byType(flow, 'comment').length, byType(example, 'comment').length)
    assert.equal(flow.length, example.length + 1)
  })

  it('gives every node a new id and keeps every connection', () => {
    const { flow } = fill()
    const text = JSON.stringify(flow)
    for (const { id } of example) assert.ok(!text.includes(id), id)
    const ids = new Set(flow.map(({ id }) => id))
    assert.equal(ids.size, flow.length)
    const wires = flow.flatMap((node) => (node['wires'] as string[][] | undefined)?.flat() ?? [])
    assert.equal(
      wires.length,
      example.flatMap((node) => (node['wires'] as string[][] | undefined)?.flat() ?? []).length,
    )
    assert.ok(wires.every((id) => ids.has(id)))
    const [account] = byType(flow, 'qualys-config')
    assert.equal(byType(flow, 'qualys-scan')[0]?.['account'], account?.id)
    assert.equal(byType(flow, 'http proxy')[0]?.id, account?.['proxy'])
  })

  it('gives credentials by node, and none in the flow', () => {
    const { flow, credentials } = fill()
    const of = (type: string) => credentials[byType(flow, type)[0]?.id ?? '']
    assert.deepEqual(of('openstack-bus-config'), { password: 'RabbitSecret' })
    assert.deepEqual(of('keystone-config'), { password: 'KeystoneSecret' })
    assert.deepEqual(of('qualys-config'), { username: 'scanner', password: 'QualysSecret' })
    assert.deepEqual(of('http proxy'), { username: 'proxyuser', password: 'ProxySecret' })
    assert.doesNotMatch(JSON.stringify(flow), /Secret/)
  })
})
