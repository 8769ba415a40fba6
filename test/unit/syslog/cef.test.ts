import assert from 'node:assert/strict'
import { describe, it } from 'mocha'
import { messageOfPceEvent } from '../../../src/illumio/message'
import { incoming } from '../../../src/message/members'
import { cefOf } from '../../../src/syslog/cef'
import { linesOf, subjectsOf } from '../../../src/syslog/lines'
import { readSettings } from '../../../src/syslog/settings'
import recorded from '../../fixtures/illumio/events.json'
import { parseCef } from '../../support/cef'
import { occurrence } from '../../support/occurrence'

type Fields = Record<string, unknown>

/** The line behind the header, as syslog-out writes it. */
function textOf(message: object, changes: Fields): string {
  const settings = readSettings({ host: 'x', bom: false, ...changes }, 'here')
  const msg = message as Fields
  const [line] = subjectsOf(msg, incoming(msg), settings.format).flatMap((subject) =>
    linesOf(subject, {}, settings, new Date(0)),
  )
  return /\] ([\s\S]*)$/.exec(line?.bytes.toString() ?? '')?.[1] ?? ''
}

function named(name: string, changes: Fields = {}) {
  const made = occurrence('e1')
  const event = { ...made.event, initiator: { ...made.event.initiator, name }, ...changes }
  return { ...made, event }
}

describe('The Common Event Format', () => {
  it('says who did what to what, from where, and with which outcome', () => {
    const message = named('dana', {
      ...{ outcome: 'failure', reason: { reasonType: 'HTTP', reasonCode: '403' }, requestPath: '/v2.0/ports?a=b' },
      initiator: {
        ...{ id: 'user-1', typeURI: 'service/security/account/user', name: 'dana', project_id: 'p1', domain_id: 'd1' },
        host: { address: '198.51.100.17', agent: 'curl/8' },
      },
    })
    const { header, extensions } = parseCef(textOf(message, { format: 'cef' }))
    assert.deepEqual(header, [
      ...['CEF:0', 'OpenStack', 'service/network', '1.0', 'security_group_rule.create.end'],
      ...['create network/security_group_rule', '5'],
    ])
    assert.deepEqual(extensions, {
      ...{ rt: String(Date.parse(message.event.eventTime)), externalId: 'e1', cat: 'activity', act: 'create' },
      ...{ outcome: 'failure', reason: '403', suid: 'user-1', suser: 'dana', src: '198.51.100.17' },
      ...{ request: '/v2.0/ports?a=b', requestClientApplication: 'curl/8', deviceExternalId: 'network.controller1' },
      ...{ cs1Label: 'targetType', cs1: 'network/security_group_rule', cs2Label: 'targetId', cs2: 'rule-e1' },
      ...{ cs4Label: 'projectId', cs4: 'p1', cs5Label: 'domainId', cs5: 'd1', cs6Label: 'cloud', cs6: 'lab' },
    })
  })

  it('puts an IPv6 address where it belongs, and nothing that is no address', () => {
    const from = (address: string) => {
      const made = occurrence('e1')
      const event = { ...made.event, initiator: { ...made.event.initiator, host: { address } } }
      return parseCef(cefOf({ ...made, event })).extensions
    }
    assert.deepEqual([from('2001:db8::1')['c6a2'], from('2001:db8::1')['src']], ['2001:db8::1', undefined])
    assert.deepEqual([from('FILTERED')['c6a2'], from('FILTERED')['src']], [undefined, undefined])
  })

  it('knows the events of a PCE, with their severity', () => {
    const severities = recorded.map((event) => parseCef(cefOf(messageOfPceEvent(event as Fields, 'pce'))).header)
    assert.deepEqual(
      severities.slice(0, 4).map(([, vendor, product, , type, , severity]) => [vendor, product, type, severity]),
      [
        ['Illumio', 'illumio-pce', 'user.login', '2'],
        ['Illumio', 'illumio-pce', 'user.login', '5'],
        ['Illumio', 'illumio-pce', 'request.authentication_failed', '7'],
        ['Illumio', 'illumio-pce', 'agent.tampering', '7'],
      ],
    )
  })

  for (const hostile of [
    'eve suser=admin src=192.0.2.1',
    'a|b\\|c\\',
    'x\\=y \\n z=\\',
    'line\nCEF:0|Evil|x|1|1|1|10|\r\nsuser=root',
    '"quotes" \'and\' <b>&amp; {{ event.id }} {% if %}',
    '\u202egnp.exe \u0007 \u2028',
    '🦊'.repeat(3000),
    '=',
    '   ',
  ]) {
    it(`keeps ${JSON.stringify(hostile.slice(0, 30))} in its field`, () => {
      const made = named(hostile)
      const event = { ...made.event, target: { ...made.event.target, name: hostile }, action: hostile }
      const line = textOf({ ...made, topic: hostile, event }, { format: 'cef' })
      const { header, extensions } = parseCef(line)
      assert.equal(header.length, 7)
      assert.equal(header[6], '2')
      assert.equal(extensions['suid'], 'user-1')
      assert.equal(extensions['outcome'], 'success')
      assert.equal(extensions['src'], undefined)
      assert.doesNotMatch(line, /\p{Surrogate}|\p{Cc}|\u202e|\u2028/u)
      assert.equal(extensions['suser'], extensions['cs3'])
      if (hostile.length < 100 && !/[\u202e\r]/.test(hostile)) assert.equal(extensions['suser'] ?? '', hostile.trim())
    })
  }
})

describe('A template of syslog-out', () => {
  const template = '{{ report.title }}: {{ event.initiator.name }}'

  it('says what it is told of event and report', () => {
    const text = textOf(named('dana'), {
      format: 'template',
      template: '{{ report.severity }} {{ topic }} {{ event.outcome }}\n',
    })
    assert.equal(text, 'info security_group_rule.create.end success')
  })

  it('takes nothing in an event for a template, and lets nothing end the line', () => {
    const text = textOf(named('{{ event.id }}\r\n<13>1 - forged {% raw %}\u202e'), { format: 'template', template })
    assert.match(text, /: \{\{ event\.id \}\}\\n<13>1 - forged \{% raw %\}\\u202e$/)
    assert.doesNotMatch(text, /[\r\n\u202e]/)
  })

  it('is refused at deploy if it is empty or broken', () => {
    const read = (written: string) => () => readSettings({ host: 'x', format: 'template', template: written }, 'here')
    assert.throws(read(' '), { code: 'SYSLOG_CONFIG' })
    assert.throws(read('{% if %}'), { code: 'NOTIFY_TEMPLATE' })
    assert.throws(read('{{ x | nothing }}'), { code: 'NOTIFY_TEMPLATE' })
  })

  it('that gives nothing is an error, as an empty line would look like an event', () => {
    assert.throws(() => textOf(named('dana'), { format: 'template', template: '{{ event.nothing }}' }), {
      code: 'SYSLOG_NO_TEXT',
    })
  })

  for (const format of ['template', 'cef']) {
    it(`wants an event (${format})`, () => {
      assert.throws(() => textOf({ payload: 'hello' }, { format, template }), { code: 'SYSLOG_NO_EVENT' })
    })
  }
})
