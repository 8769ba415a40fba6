import assert from 'node:assert/strict'
import { DEMO_SLACK, type Slack, slackVendor } from '../../lab/slack/service'
import register from '../../nodes/audit-notify-slack/audit-notify-slack'
import { arrived, errorOf, notifyNodeTests } from '../support/notify-node'
import { occurrence } from '../support/occurrence'
import { type RunningVendor, startVendor } from '../support/vendor'

const SECRET = /pocket-slack-token/

describe('the audit-notify-slack node', function () {
  this.timeout(60_000)
  const nodes = notifyNodeTests('audit-notify-slack', register)
  let lab: RunningVendor<Slack>

  beforeEach(async () => {
    lab = await startVendor('slack', slackVendor)
  })
  afterEach(() => lab.close())

  const load = (changes: Record<string, unknown> = {}) =>
    nodes.load(
      { ...{ way: 'bot', channel: DEMO_SLACK.channel, api: `${lab.url}/api` }, ...changes },
      { botToken: DEMO_SLACK.token },
    )
  const posted = () => lab.vendor.messages.map(({ text }) => text)

  it('tells Slack, and hands on what it answered', async () => {
    const { node, sent, showed, said } = await load()
    node.receive(occurrence('e1'))
    const [msg] = await arrived('the message', sent)
    assert.deepEqual(msg?.['sent'], { did: 'sent', id: lab.vendor.messages[0]?.ts, channel: 'C0POCKET' })
    assert.equal(msg?.['topic'], 'security_group_rule.create.end')
    assert.deepEqual(posted(), ['dana created security group rule rule-e1'])
    await showed(/^1 sent$/)
    assert.doesNotMatch(said(), SECRET)
  })

  it('uses the title of its template', async () => {
    const { node, sent } = await load({ template_title: 'By {{ event.initiator.name }}' })
    node.receive(occurrence('e1'))
    await arrived('the message', sent)
    assert.deepEqual(posted(), ['By dana'])
  })

  it('names at deploy all settings that are missing', async () => {
    const { node, caught, shown } = await nodes.load({}, {})
    assert.deepEqual([shown().fill, shown().shape], ['red', 'dot'])
    node.receive(occurrence('e1'))
    const [msg] = await arrived('the error', caught)
    assert.equal(errorOf(msg).code, 'NOTIFY_CONFIG')
    assert.match(errorOf(msg).message, /"channel" is missing; the credential "botToken" is missing/)
  })

  it('waits while Slack is away and while a person must act, and shows which', async () => {
    lab.faults.add({ service: 'slack', status: 503, headers: { 'retry-after': '1' }, times: 1 })
    const { node, sent, showed, said } = await load()
    node.receive(occurrence('e1'))
    const away = await showed(/^away, 1 held/)
    assert.deepEqual([away.fill, away.shape], ['red', 'ring'])
    await arrived('the message', sent)
    lab.faults.add({ service: 'slack', body: '{"ok":false,"error":"not_in_channel"}', times: 1 })
    node.receive(occurrence('e2'))
    const refused = await showed(/not_in_channel/)
    assert.deepEqual([refused.fill, refused.shape], ['red', 'dot'])
    assert.equal(sent.length, 1)
    assert.doesNotMatch(said(), SECRET)
  })

  it('gives an error, without a secret, for what Slack will never take', async () => {
    lab.faults.add({ service: 'slack', body: '{"ok":false,"error":"invalid_blocks"}', times: 1 })
    const { node, caught, said } = await load()
    node.receive(occurrence('e1'))
    const [msg] = await arrived('the error', caught)
    assert.equal(errorOf(msg).code, 'NOTIFY_INVALID')
    assert.doesNotMatch(JSON.stringify(msg) + said(), SECRET)
    assert.deepEqual(posted(), [])
  })
})
