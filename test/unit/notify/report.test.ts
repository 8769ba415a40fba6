import assert from 'node:assert/strict'
import type { CadfEvent } from '../../../src/cadf/event'
import type { OccurrenceMessage } from '../../../src/message/model'
import { cut } from '../../../src/notify/cut'
import { cutEscaped, escapedWithin } from '../../../src/notify/cut-escaped'
import { escapeText } from '../../../src/notify/escape'
import { reportOf, ticketKeyOf } from '../../../src/notify/report'
import { sampleOccurrence } from '../../../src/notify/sample'
import { addressesText, ruleText, sentenceOf } from '../../../src/notify/wording'
import { hostileReport } from '../../support/hostile-report'
import { occurrence } from '../../support/occurrence'

function about(id: string, changes: Partial<CadfEvent>, more: Partial<OccurrenceMessage> = {}) {
  const message = occurrence(id, more)
  return { ...message, event: { ...message.event, ...changes } }
}
const user = (name: string) => ({ ...occurrence('x').event.initiator, name })

describe('a report', () => {
  it('tells who did what to what, when, from where, with which outcome, and what it exposed', () => {
    const { title, text, facts, severity, outcome, eventType, id, closes } = reportOf([sampleOccurrence()])
    assert.equal(title, "dana o'neil & <sons> created security group rule 3f1c0f5e-6b52-4b0a-9c55-0d6a1f2e7b11")
    assert.equal(text, 'Rule: tcp 22 from 0.0.0.0/0.')
    assert.deepEqual(
      [severity, outcome, eventType, id, closes],
      ['info', 'success', 'security_group_rule.create.end', '5d0f6d8e-2d1c-4c1f-8a55-2b1a7f0e9c33', false],
    )
    assert.deepEqual(Object.fromEntries(facts.map(({ label, value }) => [label, value])), {
      Event: 'security_group_rule.create.end',
      Who: "dana o'neil & <sons>",
      From: '198.51.100.17 (as the client claims)',
      Action: 'create',
      Target: 'security group rule 3f1c0f5e-6b52-4b0a-9c55-0d6a1f2e7b11',
      Outcome: 'success',
      When: '2026-11-21T06:51:16.590561+00:00',
      Project: '7c0e2e6c1f7a4a0c9e0b3d2a1f5e6d44',
      Exposed: '203.0.113.10',
      'Reported by': 'neutron',
    })
  })

  it('says that an attempt failed, and why', () => {
    const failed = about('e1', { outcome: 'failure', reason: { reasonType: 'quota', reasonCode: '409' } })
    const { title, text, facts, severity } = reportOf([failed])
    assert.equal(title, 'dana failed: create security group rule rule-e1')
    assert.equal(text, 'Reason: quota.')
    assert.equal(facts.find(({ label }) => label === 'Outcome')?.value, 'failure (quota 409)')
    assert.equal(severity, 'warning')
  })

  for (const [severity, outcome, code, expected] of [
    ['crit', 'success', undefined, 'crit'],
    ['CRITICAL', 'success', undefined, 'crit'],
    [undefined, 'failure', undefined, 'warning'],
    [undefined, 'success', '403', 'warning'],
    [undefined, 'unknown', undefined, 'notice'],
    [undefined, 'pending', undefined, 'info'],
  ] as const) {
    it(`is ${expected} for an event of severity ${severity}, outcome ${outcome}, code ${code}`, () => {
      const reason = code === undefined ? {} : { reason: { reasonType: 'HTTP', reasonCode: code } }
      const event = about('e1', { outcome, ...(severity === undefined ? {} : { severity }), ...reason })
      assert.equal(reportOf([event]).severity, expected)
    })
  }

  describe('of a group', () => {
    const group = reportOf([
      about('g1', { initiator: user('dana') }),
      about('g2', { initiator: user('dana') }),
      about('g3', { initiator: user('eve'), outcome: 'failure', eventTime: '2026-11-21T06:50:00.000000+00:00' }),
    ])
    const fact = (label: string) => group.facts.find((one) => one.label === label)?.value

    it('hides neither a failure among successes nor a second actor', () => {
      assert.equal(group.title, '3 × security_group_rule.create.end: dana, eve')
      assert.deepEqual([group.outcome, group.severity], ['failure', 'warning'])
      assert.equal(fact('Outcome'), '2 success, 1 failure')
      assert.match(group.text, /eve failed: create security group rule rule-g3/)
    })

    it('begins with the earliest, in whatever order they came', () => {
      assert.deepEqual(
        [fact('First'), fact('Last')],
        ['2026-11-21T06:50:00.000000+00:00', '2026-11-21T06:51:16.590561+00:00'],
      )
    })

    it('counts what happened more than once, and says how many kinds it leaves out', () => {
      const same = Array.from({ length: 3 }, () => about('s', {}))
      const others = Array.from({ length: 14 }, (_, number) => about(`o${number}`, {}))
      const lines = reportOf([...same, ...others]).text.split('\n')
      assert.equal(lines[0], '3 × dana created security group rule rule-s')
      assert.equal(lines.at(-1), 'and 5 more kinds')
    })

    it('names at most three actors', () => {
      const many = ['a', 'b', 'c', 'd', 'e'].map((name) => about(name, { initiator: user(name) }))
      assert.match(reportOf(many).title, /: a, b, c and 2 more$/)
    })
  })

  it('holds no line end in titles and facts, whatever the names hold', () => {
    for (const length of [200, 100_000]) {
      const { title, facts, text } = hostileReport('h', length)
      assert.ok(title.length <= 250)
      for (const shown of [title, ...facts.map(({ value }) => value)]) assert.doesNotMatch(shown, /[\r\n\u2028]/)
      for (const { value } of facts) assert.ok(value.length <= 500)
      assert.ok(text.split('\n').length <= 10)
    }
  })

  it('has one ticket key for one matter, cut at a whole character', () => {
    assert.equal(ticketKeyOf(occurrence('e1')), 'security_group_rule.create.end:rule-e1')
    const target = { ...occurrence('x').event.target, id: '👩‍👩‍👧'.repeat(100) }
    const key = ticketKeyOf(about('e1', { target }))
    assert.ok(key.length <= 200)
    assert.doesNotMatch(key, /\p{Surrogate}|\u200d…/u)
  })
})

describe('a sentence', () => {
  for (const [action, outcome, expected] of [
    ['create', 'success', 'dana created security group rule rule-e1'],
    ['created.project', 'success', 'dana created security group rule rule-e1'],
    ['update/x', 'success', 'dana updated security group rule rule-e1'],
    ['authenticate', 'success', 'dana logged in'],
    ['authenticate', 'failure', 'dana failed to log in'],
    ['delete', 'failure', 'dana failed: delete security group rule rule-e1'],
    ['frobnicate', 'success', 'dana did frobnicate to security group rule rule-e1'],
    ['constructor', 'success', 'dana did constructor to security group rule rule-e1'],
  ] as const) {
    it(`of ${action} (${outcome}) is "${expected}"`, () => {
      assert.equal(sentenceOf(about('e1', { action, outcome }).event), expected)
    })
  }

  it('says what is not known', () => {
    const initiator = { id: 'unknown', typeURI: 'unknown' }
    const target = { id: 'unknown', typeURI: 'unknown' }
    assert.equal(sentenceOf(about('e1', { initiator, target }).event), 'Somebody created something unnamed')
  })
})

describe('a rule in words', () => {
  const base = { id: 'r', direction: 'ingress', ethertype: 'IPv4' } as const
  for (const [rule, expected] of [
    [
      { protocol: 'tcp', port_range_min: 22, port_range_max: 22, remote_ip_prefix: '10.0.0.0/8' },
      'tcp 22 from 10.0.0.0/8',
    ],
    [{ protocol: 'udp', port_range_min: 1, port_range_max: 99 }, 'udp 1-99 from 0.0.0.0/0'],
    [{ ethertype: 'IPv6' }, 'any protocol from ::/0'],
    [{ direction: 'egress', remote_group_id: 'g1' }, 'any protocol to g1'],
  ] as const) {
    it(`is "${expected}"`, () => assert.equal(ruleText({ ...base, ...rule } as never), expected))
  }

  it('puts addresses that the Internet reaches first, and says how many it leaves out', () => {
    const addresses = Array.from({ length: 25 }, (_, number) => ({
      ...{ address: `10.0.0.${number}`, family: 4, kind: 'fixed', global: number === 24 },
    }))
    assert.match(addressesText(addresses as never), /^10\.0\.0\.24, 10\.0\.0\.0, .* and 5 more$/)
  })
})

describe('escaping', () => {
  for (const [target, text, expected] of [
    ['none', 'a\u202eb\u0007c\r\nd', 'a\\u202eb\\u0007c\nd'],
    ['none', 'half \ud83d of a pair', 'half \ufffd of a pair'],
    ['html', `<a href="x">'&`, '&lt;a href=&quot;x&quot;&gt;&#39;&amp;'],
    ['slack', '<!channel> & "x"', '&lt;!channel&gt; &amp; "x"'],
    ['teams', '*a* [b](c) `d` #e', '\\*a\\* \\[b\\]\\(c\\) \\`d\\` \\#e'],
    ['teams', '- a\n1. b\nc-d 1.5', '\\- a\n1\\. b\nc-d 1.5'],
    ['markdown', '@all #1 <x> a_b', '@\u200ball #\u200b1 &lt;x\\> a\\_b'],
    ['markdown', '# h\n  - i\n1. j', '\\# h\n  \\- i\n1\\. j'],
    ['telegram', '<b>&"@dana', '&lt;b&gt;&amp;&quot;@\u200bdana'],
    ['wiki', '{code}[x|y]*', '\\{code\\}\\[x\\|y\\]\\*'],
  ] as const) {
    it(`for ${target} makes ${JSON.stringify(expected)} of ${JSON.stringify(text)}`, () => {
      assert.equal(escapeText(text, target), expected)
    })
  }

  it('takes no longer for a text made to take long', () => {
    const begun = performance.now()
    for (const target of ['teams', 'markdown', 'telegram', 'wiki'] as const) {
      for (const piece of ['\n', ' ', '\n ', '1', '\\', '@']) escapeText(piece.repeat(100_000), target)
    }
    assert.ok(performance.now() - begun < 10_000)
  })

  for (const [text, limit, target, expected] of [
    ['a&amp;b', 4, 'slack', 'a…'],
    ['a&amp;b', 7, 'slack', 'a&amp;b'],
    ['a&amp;bcd', 7, 'slack', 'a&amp;…'],
    ['see <https://x|y> z', 8, 'slack', 'see …'],
    ['ab\\*c', 4, 'teams', 'ab…'],
    ['a\\\\bc', 4, 'teams', 'a\\\\…'],
    ['abcd', 3, 'none', 'ab…'],
  ] as const) {
    it(`is cut whole: ${text} at ${limit} for ${target} is ${expected}`, () => {
      assert.equal(cutEscaped(text, limit, target), expected)
      assert.ok(expected.length <= limit)
    })
  }

  it('counts escapes in the limit', () => {
    for (const target of ['html', 'slack', 'teams', 'markdown', 'telegram', 'wiki'] as const) {
      for (const limit of [1, 5, 50])
        assert.ok(escapedWithin('<*@a&[]'.repeat(50), limit, target).length <= limit, target)
    }
  })

  it('cuts what is one endless character all the same', () => {
    const zalgo = `a${'\u0301'.repeat(1000)}`
    assert.equal(cut(zalgo, 10).length, 10)
    assert.equal(cut('👩‍👩‍👧', 4), '👩\u200d…')
  })
})
