import assert from 'node:assert/strict'
import { describe, it } from 'mocha'
import { encode5424 } from '../../../src/syslog/encode-5424'
import type { SyslogMessage } from '../../../src/syslog/message'

const now = new Date('2026-11-21T07:00:00.000Z')

function message(changes: Partial<SyslogMessage> = {}): SyslogMessage {
  return {
    facility: 13,
    severity: 6,
    time: '2026-11-21T06:51:16.590561+00:00',
    hostname: 'controller1',
    appName: 'openstack-events',
    procId: '4711',
    msgId: 'security_group_rule.create.end',
    structuredData: { enterpriseId: '32473', params: { eventId: 'e1' } },
    text: 'a rule was added',
    ...changes,
  }
}

function encode(changes: Partial<SyslogMessage>, options: { bom?: boolean; limit?: number } = {}): string {
  return encode5424(message(changes), { bom: true, limit: 0, now, ...options }).bytes.toString('utf8')
}

describe('encoding as RFC 5424', () => {
  it('writes priority, version, time, the four names, structured data and text', () => {
    assert.equal(
      encode({}),
      '<110>1 2026-11-21T06:51:16.590561+00:00 controller1 openstack-events 4711 security_group_rule.create.end ' +
        '[openstack@32473 eventId="e1"] a rule was added',
    )
  })

  it('writes a hyphen for what is empty', () => {
    const line = encode({
      hostname: '',
      procId: '',
      msgId: '',
      structuredData: { enterpriseId: '1', params: { eventId: undefined } },
    })
    assert.match(line, /^<110>1 \S+ - openstack-events - - - a rule was added$/)
  })

  it('keeps header fields to printable ASCII and to their lengths', () => {
    const line = encode({ hostname: 'h\nst 名', appName: 'a'.repeat(60), procId: '\u0000', msgId: 'm'.repeat(40) })
    assert.match(line, new RegExp(`^<110>1 \\S+ h_st__ ${'a'.repeat(48)} _ ${'m'.repeat(32)} \\[`))
  })

  const times: [string, string, string][] = [
    ['keeps microseconds and zone', '2026-11-21T06:51:16.590561+05:30', '2026-11-21T06:51:16.590561+05:30'],
    ['cuts nanoseconds to six digits', '2026-11-21T06:51:16.590561789Z', '2026-11-21T06:51:16.590561Z'],
    ['replaces a time without a zone', '2026-11-21 06:51:16', '2026-11-21T07:00:00.000Z'],
    ['replaces a day that does not exist', '2026-13-41T06:51:16Z', '2026-11-21T07:00:00.000Z'],
    ['replaces a forgery', '2026-11-21T06:51:16Z x <13>1', '2026-11-21T07:00:00.000Z'],
  ]
  for (const [what, time, expected] of times) {
    it(`${what}`, () => assert.equal(encode({ time }).split(' ')[1], expected))
  }

  it('escapes quote, backslash and bracket in structured data', () => {
    const line = encode({ structuredData: { enterpriseId: '32473', params: { eventId: 'a"b\\c]d' } } })
    assert.ok(line.includes('[openstack@32473 eventId="a\\"b\\\\c\\]d"] '), line)
  })

  it('makes control characters in structured data visible before it escapes', () => {
    const line = encode({ structuredData: { enterpriseId: '32473', params: { eventId: 'a\n<13>1\u0000' } } })
    assert.ok(line.includes('eventId="a\\\\n<13>1\\\\u0000"'), line)
  })

  it('cuts a long parameter, as it must not crowd out the text', () => {
    const line = encode({ structuredData: { enterpriseId: '32473', params: { eventId: 'x'.repeat(5000) } } })
    assert.ok(line.includes(`"${'x'.repeat(252)}..."`))
  })

  it('lets no text end the line or start another', () => {
    const line = encode({ text: 'one\n<13>1 - - - - - - two\r\nthree\u0000\u001b[2J\u0085\u2028' })
    // biome-ignore lint/suspicious/noControlCharactersInRegex: none of them may be left
    assert.doesNotMatch(line, /[\u0000-\u001f\u007f-\u009f\u2028]/)
    assert.ok(line.endsWith('one\\n<13>1 - - - - - - two\\r\\nthree\\u0000\\u001b[2J\\u0085\\u2028'))
  })

  it('keeps letters of every script and shows characters that turn the order round', () => {
    const line = encode({ text: 'שלום 日本 😀 \u202egnp.exe \ufeff' })
    assert.ok(line.endsWith('\ufeffשלום 日本 😀 \\u202egnp.exe \\ufeff'), line)
  })

  it('starts a text beyond ASCII with a byte order mark, and only such a text', () => {
    assert.ok(encode({ text: 'José' }).includes('] \ufeffJosé'))
    assert.ok(!encode({ text: 'Jose' }).includes('\ufeff'))
    assert.ok(!encode({ text: 'José' }, { bom: false }).includes('\ufeff'))
  })

  it('replaces half a character, which UTF-8 cannot carry', () => {
    assert.ok(encode({ text: 'a\ud83db' }).endsWith('a\ufffdb'))
  })

  it('cuts what is longer than the limit and says so in the structured data and in the text', () => {
    const whole = encode5424(message({ text: '日'.repeat(1000) }), { bom: true, limit: 0, now })
    const cut = encode5424(message({ text: '日'.repeat(1000) }), { bom: true, limit: 1024, now })
    const line = cut.bytes.toString('utf8')
    assert.equal(cut.truncatedFrom, whole.bytes.length)
    assert.ok(cut.bytes.length <= 1024 && cut.bytes.length > 1018, String(cut.bytes.length))
    assert.ok(line.includes(`eventId="e1" truncated="${whole.bytes.length}"]`), line)
    assert.ok(line.endsWith(` ...[truncated, ${whole.bytes.length} bytes]`), line)
    assert.ok(!line.includes('\ufffd'), 'no character was cut in two')
  })

  it('leaves a message of exactly the limit alone', () => {
    const whole = encode5424(message(), { bom: true, limit: 0, now })
    const same = encode5424(message(), { bom: true, limit: whole.bytes.length, now })
    assert.equal(same.truncatedFrom, undefined)
    assert.deepEqual(same.bytes, whole.bytes)
  })

  it('gives up other parameters before the message id when there is no room', () => {
    const params = { eventId: 'x'.repeat(250), eventType: 'y'.repeat(250), messageId: 'm1' }
    const line = encode({ structuredData: { enterpriseId: '32473', params }, text: 't'.repeat(900) }, { limit: 480 })
    assert.match(line, /\[openstack@32473 messageId="m1" truncated="\d+"\] t+ \.\.\.\[truncated, \d+ bytes\]$/)
  })

  it('refuses a limit that not even the header fits', () => {
    assert.throws(() => encode({ hostname: 'h'.repeat(255) }, { limit: 200 }), { code: 'SYSLOG_LIMIT' })
  })
})
