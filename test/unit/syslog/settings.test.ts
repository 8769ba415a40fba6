import assert from 'node:assert/strict'
import { describe, it } from 'mocha'
import { readSettings } from '../../../src/syslog/settings'

describe('the settings of the syslog node', () => {
  it('need a server only', () => {
    assert.deepEqual(readSettings({ host: ' syslog.example ' }, 'me'), {
      ...{ host: 'syslog.example', port: 514, transport: 'tcp', framing: 'octet-counting', protocol: 'rfc5424' },
      ...{
        format: 'json',
        facility: 13,
        hostname: 'me',
        appName: 'openstack-events',
        enterpriseId: '32473',
        bom: true,
      },
      severity: { by: 'outcome', map: { success: 6, failure: 4, unknown: 5, pending: 6 } },
      ...{ limit: 0, time: 'event', hold: 10_000, once: true },
    })
  })

  it('have the ports and limits of their transport', () => {
    assert.equal(readSettings({ host: 'h', transport: 'tls' }, 'me').port, 6514)
    assert.equal(readSettings({ host: 'h', transport: 'udp' }, 'me').limit, 2048)
    assert.equal(readSettings({ host: 'h', limit: '0' }, 'me').limit, 0)
  })

  const wrong: [string, Record<string, unknown>][] = [
    ['host', { host: '' }],
    ['port', { host: 'h', port: '70000' }],
    ['port', { host: 'h', port: 'syslog' }],
    ['transport', { host: 'h', transport: 'sctp' }],
    ['framing', { host: 'h', framing: 'nul' }],
    ['facility', { host: 'h', facility: 'nonsense' }],
    ['severity', { host: 'h', severityBy: 'fixed', severity: '8' }],
    ['severityFailure', { host: 'h', severityFailure: 'bad' }],
    ['enterpriseId', { host: 'h', enterpriseId: '1] x="' }],
    ['limit', { host: 'h', limit: '100' }],
    ['limit', { host: 'h', transport: 'udp', limit: '0' }],
    ['limit', { host: 'h', transport: 'udp', limit: '65536' }],
    ['hold', { host: 'h', hold: '0' }],
  ]
  for (const [name, config] of wrong) {
    it(`refuse ${name} = ${JSON.stringify(config[name])} and name it`, () => {
      assert.throws(() => readSettings(config, 'me'), { code: 'SYSLOG_CONFIG', message: new RegExp(`"${name}"`) })
    })
  }
})
