import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, it } from 'mocha'
import { compileRules } from '../../../src/cadf/rules/compile'
import { router } from '../../../src/cadf/rules/route'
import { messageOfPceEvent } from '../../../src/illumio/message'
import type { ChannelDefinition } from '../../../src/notify/channel'
import { emailChannel } from '../../../src/notify/email/email'
import { gitHubChannel } from '../../../src/notify/github/github'
import { jiraChannel } from '../../../src/notify/jira/jira'
import { mattermostChannel } from '../../../src/notify/mattermost/mattermost'
import { serviceNowChannel } from '../../../src/notify/servicenow/servicenow'
import { readNotifySettings } from '../../../src/notify/settings'
import { slackChannel } from '../../../src/notify/slack/slack'
import { readSnsSettings } from '../../../src/notify/sns/settings'
import { teamsChannel } from '../../../src/notify/teams/teams'
import { telegramChannel } from '../../../src/notify/telegram/telegram'
import { webhookChannel } from '../../../src/notify/webhook/webhook'
import { readSettings } from '../../../src/syslog/settings'
import { importWatchers } from '../../../src/watchers/import'
import type { FlowNode } from '../../../src/watchers/model'
import recorded from '../../fixtures/illumio/events.json'

type Fields = Record<string, unknown>

const fixtures = join(__dirname, '../../fixtures/watchers')
const FIRST = readFileSync(join(fixtures, 'first.yaml'), 'utf8')
const CURRENT = readFileSync(join(fixtures, 'current.yaml'), 'utf8')
const DEFINITIONS: Readonly<Record<string, ChannelDefinition>> = {
  'audit-notify-email': emailChannel,
  'audit-notify-github': gitHubChannel,
  'audit-notify-jira': jiraChannel,
  'audit-notify-mattermost': mattermostChannel,
  'audit-notify-servicenow': serviceNowChannel,
  'audit-notify-slack': slackChannel,
  'audit-notify-teams': teamsChannel,
  'audit-notify-telegram': telegramChannel,
  'audit-notify-webhook': webhookChannel,
}
const tools = {
  http: { request: () => Promise.reject(new Error('nobody is asked')), close: async () => {} },
  tls: () => undefined,
  now: () => 0,
}

function imported(text: string, template = '') {
  let last = 0
  return importWatchers(text, template, () => (++last).toString(16).padStart(16, '0'))
}
const ofType = (flow: readonly FlowNode[], type: string) => flow.filter((node) => node.type === type)
const only = (flow: readonly FlowNode[], type: string) => {
  const [node, ...more] = ofType(flow, type)
  assert.ok(node !== undefined && more.length === 0, `one ${type}`)
  return node
}

/** Where the flow would send an event of the PCE: types and targets of the nodes behind the filter. */
function targetsOf(flow: readonly FlowNode[], event: Fields): string[] {
  const filter = only(flow, 'cadf-filter')
  const route = router(compileRules(filter['rules']), { mode: 'all', otherwise: false })
  const wires = filter['wires'] as string[][]
  const sent = route(messageOfPceEvent(event, 'pce.example.net') as never)
  const ids = sent.flatMap((message, output) => (message === null ? [] : (wires[output] ?? [])))
  return ids.map((id) => {
    const node = flow.find((one) => one.id === id)
    return `${node?.type} ${String(node?.['channel'] ?? node?.['to'] ?? node?.['phone'] ?? '')}`.trim()
  })
}

const event = (type: string, status: string | null, more: Fields = {}) => ({
  ...(recorded[0] as unknown as Fields),
  ...{ event_type: type, status, ...more },
})

describe('A configuration of the first version of pretty-cool-events', () => {
  const { flow, credentials, notes } = imported(FIRST)

  it('becomes a wired flow', () => {
    const source = only(flow, 'illumio-events-in')
    const filter = only(flow, 'cadf-filter')
    assert.deepEqual(source['wires'], [[filter.id]])
    assert.equal(source['interval'], '5')
    const account = only(flow, 'illumio-config')
    assert.equal(source['account'], account.id)
    assert.deepEqual([account['address'], account['org']], ['pce.example.net:8443', '7'])
    assert.equal((filter['wires'] as unknown[]).length, filter['outputs'])
    const ids = new Set(flow.map(({ id }) => id))
    assert.equal(ids.size, flow.length)
    for (const id of (filter['wires'] as string[][]).flat()) assert.ok(ids.has(id), id)
  })

  it('sends the same events to the same people', () => {
    const cases: [Fields, string[]][] = [
      [
        event('user.login', 'success'),
        ['audit-notify-slack #general', 'audit-notify-email alex@example.net', 'audit-notify-sns +4930123456'],
      ],
      [event('user.logout', 'success'), ['audit-notify-slack #random', 'function']],
      [event('user.login', 'failure'), []],
      [event('users.auth_token', 'success'), []],
      [event('request.authentication_failed', 'failure'), ['audit-notify-slack #general', 'syslog-out']],
      [event('sec_policy.create', 'success'), ['audit-notify-jira', 'audit-notify-servicenow', 'audit-notify-teams']],
      [event('agent.tampering', null), ['audit-notify-email soc@example.net']],
      [event('agent.tampering', 'success'), []],
    ]
    for (const [given, targets] of cases) {
      assert.deepEqual(targetsOf(flow, given), targets, `${given['event_type']} ${given['status']}`)
    }
  })

  it('makes one node for one target', () => {
    assert.equal(ofType(flow, 'audit-notify-slack').length, 2)
    assert.equal(ofType(flow, 'audit-notify-email').length, 2)
  })

  it('checks the certificate of a syslog server that the file of an authority is given for', () => {
    const node = only(flow, 'syslog-out')
    const tls = only(flow, 'tls-config')
    assert.deepEqual([node['transport'], node['tls'], tls['ca']], ['tls', tls.id, '/etc/ssl/ca.pem'])
    assert.equal(tls['verifyservercert'], true)
  })

  it('puts secrets into credentials and nowhere else', () => {
    assert.doesNotMatch(JSON.stringify([flow, notes]), /Secret/)
    const stored = JSON.stringify(credentials)
    for (const secret of [
      'PceSecret',
      'AwsSecret',
      'MailSecret',
      'SlackSecret',
      'JiraSecret',
      'SnowSecret',
      'TeamsSecret',
    ]) {
      assert.ok(stored.includes(secret), secret)
    }
  })

  it('says of every key what became of it', () => {
    const verdict = (key: string) => notes.find((note) => note.key === key)?.verdict
    assert.equal(verdict('config.colour'), 'no-meaning')
    assert.equal(verdict('config.pce_poll_interval'), 'changed')
    assert.equal(verdict('config.httpd'), 'no-meaning')
    assert.equal(verdict('config.plugin_config.PCEWebhook.url'), 'no-meaning')
    assert.equal(verdict('config.plugin_config.PCESlack.app_id'), 'no-meaning')
    assert.equal(verdict('watchers["user."]'), 'taken')
    assert.equal(verdict('watchers["user.login"]'), 'changed')
    assert.deepEqual(unmentioned(FIRST, notes), [])
  })
})

describe('A configuration of the current version', () => {
  const { flow, credentials, notes } = imported(CURRENT)
  const verdict = (key: string) => notes.find((note) => note.key === key)?.verdict

  it('sends the same events to the same people', () => {
    const from = (ip: string) => ({ action: { src_ip: ip }, severity: 'err' })
    const agents = ['pagerduty', 'mattermost soc', 'webhook', 'teams'].map((name) => `audit-notify-${name}`)
    const cases: [Fields, string[]][] = [
      [event('user.login', 'success'), ['function', 'audit-notify-email soc@example.net']],
      [
        event('user.login', 'failure', from('203.0.113.9')),
        ['function', 'audit-notify-slack C0123456789', 'audit-notify-telegram'],
      ],
      [event('user.login', 'failure', from('10.1.2.3')), ['function', 'audit-notify-telegram']],
      [
        event('user.login', 'failure', { ...from('203.0.113.9'), severity: 'info' }),
        ['function', 'audit-notify-telegram'],
      ],
      [event('user.login', null), ['function', 'audit-notify-telegram']],
      [
        event('sec_rule.update', 'failure'),
        ['function', 'audit-notify-github', 'audit-notify-jira', 'audit-notify-servicenow'],
      ],
      [event('sec_rule.update', null), ['function', 'audit-notify-jira', 'audit-notify-servicenow']],
      [event('agent.tampering', null), ['function', ...agents, 'syslog-out']],
      [event('ven_software.upgrade', 'success'), ['function']],
      // Both ends bind every alternative.
      [event('my_sec_rule.update', 'success'), ['function']],
      [event('rule_set.created', 'success'), ['function']],
    ]
    for (const [given, targets] of cases) {
      assert.deepEqual(targetsOf(flow, given), targets, JSON.stringify([given['event_type'], given['status']]))
    }
  })

  it('takes throttles: of a watcher, of all, and none that is none', () => {
    const throttle = (type: string) => only(flow, type)['throttle']
    assert.equal(throttle('audit-notify-slack'), '5/10m')
    assert.equal(throttle('audit-notify-telegram'), '20/1h')
    assert.equal(throttle('audit-notify-email'), '20/1h')
    assert.equal(verdict('watchers["user.login"][2].extra_data.throttle'), 'unreadable')
  })

  it('takes texts of a watcher as they are, not as templates', () => {
    assert.equal(only(flow, 'audit-notify-email')['template_subject'], '{% raw %}PCE {{ event_type }}{% endraw %}')
    assert.equal(only(flow, 'audit-notify-jira')['template_title'], 'Policy changed')
  })

  it('leaves out a watcher that cannot be a rule, keeps one whose plugin is unknown, and says so', () => {
    assert.equal(verdict('watchers["system_task.(?=agent)"][0].plugin'), 'unreadable')
    const filter = only(flow, 'cadf-filter')
    const wires = filter['wires'] as string[][]
    assert.deepEqual(wires.slice(-3), [[], [], []])
    for (const index of [0, 1, 2]) assert.equal(verdict(`watchers["ven.*"][${index}].plugin`), 'missing')
    assert.deepEqual(unmentioned(CURRENT, notes), [])
  })

  it('puts no secret into the flow or a note', () => {
    assert.doesNotMatch(JSON.stringify([flow, notes]), /(?<!urlIs)Secret/)
    assert.match(JSON.stringify(credentials), /MattermostSecret.*HookSecret.*BearerSecret/)
  })

  it('refuses the address of a retired connector', () => {
    assert.equal(verdict('config.plugin_config.PCETeams.webhook'), 'unreadable')
    assert.doesNotMatch(JSON.stringify(credentials), /ConnectorSecret/)
  })
})

describe('Each node of an imported flow', () => {
  for (const [which, text] of [
    ['first', FIRST],
    ['current', CURRENT],
  ] as const) {
    const { flow, credentials } = imported(text)
    for (const node of flow) {
      const definition = DEFINITIONS[node.type]
      const given = credentials[node.id] ?? {}
      if (definition !== undefined && !(which === 'current' && node.type === 'audit-notify-teams')) {
        it(`has settings that ${node.type} takes (${which})`, async () => {
          readNotifySettings(node, definition)
          await definition.open({ settings: node, credentials: given }, tools as never).close()
        })
      }
      if (node.type === 'audit-notify-sns') {
        it('has settings that audit-notify-sns takes', () => {
          assert.ok(readSnsSettings({ settings: node, credentials: given }))
        })
      }
      if (node.type === 'syslog-out') {
        it(`has settings that syslog-out takes (${which})`, () => assert.ok(readSettings(node, 'here')))
      }
    }
  }
})

describe('A template of the default', () => {
  it('that is pasted becomes a template node that every notifying node uses', () => {
    const text = '{{ event_type }} by {{ created_by.user.username | default("nobody") }}'
    const { flow } = imported(CURRENT, text)
    const template = only(flow, 'audit-template')
    assert.equal(
      template['text'],
      '{{ payload.event_type }} by {{ payload.created_by.user.username | default: "nobody" }}',
    )
    for (const node of flow) {
      if (node.type.startsWith('audit-notify-')) assert.equal(node['template'], template.id, node.type)
    }
    assert.equal(only(flow, 'syslog-out')['format'], 'template')
  })

  it('that cannot be converted is left out, with each reason', () => {
    const { flow, notes } = imported(CURRENT, 'x\n{% macro a() %}{% endmacro %}{{ event.items() }}')
    assert.deepEqual(ofType(flow, 'audit-template'), [])
    const { verdict, text } = notes.find(({ key }) => key === 'config.default_template') ?? {}
    assert.equal(verdict, 'unreadable')
    assert.match(text ?? '', /line 2: .*macro.*; .*items/)
  })
})

describe('What is no such configuration', () => {
  const bomb = [
    'a: &a [x,x,x,x,x,x,x,x,x]',
    ...'bcdefghi'.split('').map((c, i) => {
      const before = 'abcdefgh'[i]
      return `${c}: &${c} [${`*${before},`.repeat(9)}]`
    }),
  ].join('\n')
  for (const [what, text] of [
    ['nothing', ''],
    ['a list', '- a\n- b'],
    ['another file', 'clouds: {}'],
    ['broken YAML, whose text is not repeated', 'config: {pce_api_secret: "PceSecret'],
    ['a bomb of aliases', `config: {pce: p}\n${bomb}\nwatchers: *i`],
    ['too much', `config: {pce: ${'x'.repeat(300_000)}}`],
    ['deep brackets', `watchers: ${'['.repeat(100_000)}`],
    ['more watchers than anybody writes', `watchers:\n  a:\n${'    - {plugin: PCEStdout}\n'.repeat(501)}`],
  ] as const) {
    it(`is refused: ${what}`, () => {
      assert.throws(
        () => imported(text),
        (thrown: { code?: string; message: string }) =>
          thrown.code === 'WATCHERS_CONFIGURATION' && !thrown.message.includes('PceSecret'),
      )
    })
  }

  it('may hold members of any name and kind', () => {
    const text = [
      'config: {pce: p, __proto__: {x: 1}, constructor: 7, plugin_config: {PCESlack: 5, __proto__: {a: b}, toString: {}}}',
      'watchers: {__proto__: [{plugin: PCESlack}], a: 5, b: [7, {plugin: [1]}, {plugin: toString, extra_data: 3}], "x\\ny": [{plugin: PCEStdout}]}',
    ].join('\n')
    const { flow, notes } = imported(text)
    assert.equal(({} as Fields)['x'], undefined)
    assert.ok(only(flow, 'cadf-filter'))
    for (const note of notes) assert.doesNotMatch(JSON.stringify(note), /\\n/)
  })
})

/** Keys of the file that no note is about; headings say nothing. */
function unmentioned(text: string, notes: readonly { readonly key: string }[]): string[] {
  const keys = [...text.matchAll(/^ *(?:- )?([\w'.*|()?=]+):|[{,] *(\w+):/gm)].map(
    ([, block, inline]) => block ?? inline ?? '',
  )
  const headings = new Set(['config', 'plugin_config', 'watchers', 'extra_data', 'match_fields', 'name', 'plugin'])
  return keys
    .map((key) => key.replace(/'/g, ''))
    .filter((key) => !headings.has(key) && !/^PCE/.test(key))
    .filter((key) => !notes.some((note) => note.key.includes(key)))
}
