import assert from 'node:assert/strict'
import { describe, it } from 'mocha'
import { compileTemplate } from '../../../src/notify/templates/engine'
import { liquidOfJinja } from '../../../src/watchers/jinja'
import recorded from '../../fixtures/illumio/events.json'

const [login, failed] = recorded
const render = (jinja: string, payload: unknown = login) => {
  const { text, problems } = liquidOfJinja(jinja)
  assert.deepEqual(problems, [])
  return compileTemplate(text ?? '', 'none', 'test').render({ payload })
}

describe('A Jinja2 template', () => {
  const cases: readonly [jinja: string, rendered: string][] = [
    ['{{ event_type }}', 'user.login'],
    ['{{ event.event_type }} {{ event["created_by"]["user"]["username"] }}', 'user.login dana@example.net'],
    ['{{ created_by.user.username | upper }}', 'DANA@EXAMPLE.NET'],
    ["{{ missing_here | default('x') }}".replace('missing_here', 'action.info'), 'x'],
    [
      '{% if created_by.user is defined %}by {{ created_by.user.username }}{% else %}?{% endif %}',
      'by dana@example.net',
    ],
    ['{% if created_by.agent is not defined %}no agent{% endif %}', 'no agent'],
    ["{% if status == 'failure' %}bad{% elif status == 'success' %}good{% endif %}", 'good'],
    ['{% if not resource_changes %}nothing{% endif %}{% if notifications %} some{% endif %}', 'nothing some'],
    ["{% if 'user' in event_type %}user{% endif %}", 'user'],
    [
      '{% for n in notifications %}{{ loop.index }} {{ n.notification_type }}{% if not loop.last %},{% endif %}{% endfor %}',
      '1 user.pce_session_created',
    ],
    ['{% set who = created_by.user.username %}{{ who | replace("@", " at ") }}', 'dana at example.net'],
    ['{# a remark #}{{- status -}}  !', 'success!'],
    ['{{ severity | safe }}{{ severity | e }}', 'infoinfo'],
    ['{{ href | replace("/orgs/7", "") | truncate(9) }}', '/events/…'],
  ]
  for (const [jinja, rendered] of cases) {
    it(`says the same: ${jinja}`, () => assert.equal(render(jinja), rendered))
  }

  it('never takes what an event holds for a template', () => {
    const hostile = { ...failed, event_type: '{{ payload.href }}{% if x %}' }
    assert.equal(render('{{ event_type }}', hostile), '{{ payload.href }}{% if x %}')
  })

  for (const jinja of [
    '{% macro a() %}{% endmacro %}',
    "{% include 'x' %}",
    '{{ created_by.items() }}',
    '{% for k, v in created_by.items() %}{% endfor %}',
    '{{ status if status else "none" }}',
    '{{ a ~ b }}',
    '{{ pce_org }}',
    '{{ severity | frobnicate }}',
    "{% if a == 'x' and (b or c) %}{% endif %}",
    "{% if status == 'x' and status or severity %}{% endif %}",
    '{% if status is iterable %}{% endif %}',
    '{{ "a\\n" }}',
    '{% for x in notifications %}',
    '{{ __class__ }}',
  ]) {
    it(`is not converted by halves: ${jinja}`, () => {
      const { text, problems } = liquidOfJinja(jinja)
      assert.equal(text, undefined)
      assert.equal(problems.length > 0, true)
    })
  }
})
