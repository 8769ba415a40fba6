import assert from 'node:assert/strict'
import { describe, it } from 'mocha'
import { encode3164 } from '../../../src/syslog/encode-3164'
import type { SyslogMessage } from '../../../src/syslog/message'

const now = new Date(2026, 10, 3, 7, 4, 5)

function encode(changes: Partial<SyslogMessage>, limit = 0): string {
  const message: SyslogMessage = {
    facility: 16,
    severity: 4,
    time: now.toISOString(),
    hostname: 'controller1',
    appName: 'osel',
    procId: '12',
    msgId: 'ignored',
    structuredData: { enterpriseId: '32473', params: { eventId: 'ignored' } },
    text: 'hello',
    ...changes,
  }
  return encode3164(message, { limit, now }).bytes.toString('utf8')
}

describe('encoding as RFC 3164', () => {
  it('writes priority, local time with the day padded by a space, host, tag and text', () => {
    assert.equal(encode({}), '<132>Nov  3 07:04:05 controller1 osel[12]: hello')
  })

  it('takes the time of sending where the time does not read as one', () => {
    assert.ok(encode({ time: 'yesterday' }).startsWith('<132>Nov  3 07:04:05 '))
  })

  it('keeps the tag free of what would move the border to the text', () => {
    assert.ok(encode({ appName: 'a: b]\n', procId: '' }).includes(' a__b__: hello'))
    assert.ok(encode({ appName: 'x'.repeat(60) }).includes(` ${'x'.repeat(28)}[12]: `))
    assert.ok(encode({ appName: '' }).includes(' openstack[12]: '))
  })

  it('lets no text start another line', () => {
    assert.ok(encode({ text: 'a\n<13>b' }).endsWith(': a\\n<13>b'))
  })

  it('cuts at the limit and says so', () => {
    const line = encode({ text: 'x'.repeat(3000) }, 1024)
    assert.equal(line.length, 1024)
    assert.match(line, /x \.\.\.\[truncated, \d+ bytes\]$/)
  })
})
