import assert from 'node:assert/strict'
import { compileTemplate } from '../../../src/notify/templates/engine'

const render = (text: string, data: object, target: Parameters<typeof compileTemplate>[1] = 'none') =>
  compileTemplate(text, target, 'test').render(data)

const HOSTILE = `o'neil & <b>"x"</b> <!channel> {{ 7 | times: 6 }}`

describe('a template', () => {
  it('puts in what an event holds', () => {
    assert.equal(
      render('{{ event.action }} by {{ event.initiator.name | default: "nobody" }}', {
        event: { action: 'create', initiator: {} },
      }),
      'create by nobody',
    )
  })

  it('escapes for its target, and has no way to leave that out', () => {
    const data = { name: HOSTILE }
    assert.equal(
      render('{{ name }}', data, 'html'),
      'o&#39;neil &amp; &lt;b&gt;&quot;x&quot;&lt;/b&gt; &lt;!channel&gt; {{ 7 | times: 6 }}',
    )
    assert.equal(render('{{ name | raw }}', data, 'html'), render('{{ name }}', data, 'html'))
    assert.equal(
      render('{{ name }}', data, 'slack'),
      `o'neil &amp; &lt;b&gt;"x"&lt;/b&gt; &lt;!channel&gt; {{ 7 | times: 6 }}`,
    )
  })

  it('never takes what an event says for a template', () => {
    assert.equal(render('{{ name }}', { name: '{{ 7 | times: 6 }}' }), '{{ 7 | times: 6 }}')
    assert.equal(
      render('{% assign x = name %}{{ x }}', { name: '{% if true %}yes{% endif %}' }),
      '{% if true %}yes{% endif %}',
    )
  })

  it('reaches no prototype', () => {
    assert.equal(render('{{ event.constructor.name }}{{ event.__proto__ }}{{ event.toString }}', { event: {} }), '')
  })

  it('reads no file', () => {
    for (const tag of ['{% include "/etc/passwd" %}', '{% render "/etc/passwd" %}', '{% layout "/etc/passwd" %}']) {
      assert.throws(() => render(tag, {}), { code: 'NOTIFY_TEMPLATE' }, tag)
    }
  })

  it('says where it is broken before it is used', () => {
    assert.throws(
      () => compileTemplate('line one\n{% if x %}', 'none', 'mail'),
      (thrown: Error) => {
        assert.match(thrown.message, /"mail" cannot be used.*line:2/)
        return true
      },
    )
    assert.throws(() => compileTemplate('{{ x | nofilter }}', 'none', 'mail'), { code: 'NOTIFY_TEMPLATE' })
  })

  it('ends when it takes too long or too much', () => {
    assert.throws(() => render('{% for i in (1..10000000) %}{{ i }}{% endfor %}', {}), { code: 'NOTIFY_TEMPLATE' })
    assert.throws(
      () =>
        render('{% for i in list %}{% for j in list %}{% for k in list %}x{% endfor %}{% endfor %}{% endfor %}', {
          list: Array(2000).fill(1),
        }),
      { code: 'NOTIFY_TEMPLATE' },
    )
  })

  it('cuts at whole characters', () => {
    assert.equal(render('{{ name | truncate: 4 }}', { name: 'ab👩‍👩‍👧cd' }), 'ab…')
  })
})
