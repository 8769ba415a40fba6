import assert from 'node:assert/strict'
import { DEMO_TEAMS, type Teams, teamsVendor } from '../../lab/teams/service'
import register from '../../nodes/audit-notify-teams/audit-notify-teams'
import { arrived, errorOf, notifyNodeTests } from '../support/notify-node'
import { occurrence } from '../support/occurrence'
import { type RunningVendor, startVendor } from '../support/vendor'

const SECRET = /pocket-Teams_signature/

describe('the audit-notify-teams node', function () {
  this.timeout(60_000)
  const nodes = notifyNodeTests('audit-notify-teams', register)
  let lab: RunningVendor<Teams>

  beforeEach(async () => {
    lab = await startVendor('teams', teamsVendor)
  })
  afterEach(() => lab.close())

  const load = (changes: Record<string, unknown> = {}) =>
    nodes.load({ ...{ channel: 'SOC' }, ...changes }, { webhookUrl: `${lab.url}${DEMO_TEAMS.hook}` })
  const posted = () => lab.vendor.runs.map(({ card }) => titleOf(card))

  it('tells Teams, and hands on what it answered', async () => {
    const { node, sent, showed, said } = await load()
    node.receive(occurrence('e1'))
    const [msg] = await arrived('the message', sent)
    assert.deepEqual(msg?.['sent'], {
      did: 'sent',
      accepted: true,
      shown: 'unknown',
      id: `0858${'1'.padStart(28, '0')}CU00`,
    })
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
    assert.match(errorOf(msg).message, /"webhookUrl" is missing/)
  })

  it('waits while Teams is away and while a person must act, and shows which', async () => {
    lab.faults.add({ service: 'teams', status: 503, headers: { 'retry-after': '1' }, times: 1 })
    const { node, sent, showed, said } = await load()
    node.receive(occurrence('e1'))
    const away = await showed(/^away, 1 held/)
    assert.deepEqual([away.fill, away.shape], ['red', 'ring'])
    await arrived('the message', sent)
    lab.faults.add({ service: 'teams', status: 401, times: 1 })
    node.receive(occurrence('e2'))
    const refused = await showed(/answered 401/)
    assert.deepEqual([refused.fill, refused.shape], ['red', 'dot'])
    assert.equal(sent.length, 1)
    assert.doesNotMatch(said(), SECRET)
  })

  it('gives an error, without a secret, for what Teams will never take', async () => {
    lab.faults.add({ service: 'teams', status: 400, times: 1 })
    const { node, caught, said } = await load()
    node.receive(occurrence('e1'))
    const [msg] = await arrived('the error', caught)
    assert.equal(errorOf(msg).code, 'NOTIFY_INVALID')
    assert.doesNotMatch(JSON.stringify(msg) + said(), SECRET)
    assert.deepEqual(posted(), [])
  })
})

function titleOf(card: Readonly<Record<string, unknown>>): unknown {
  const [container] = card['body'] as { items: { text: string }[] }[]
  return container?.items[0]?.text
}
