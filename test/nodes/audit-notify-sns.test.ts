import assert from 'node:assert/strict'
import { after, afterEach, before, beforeEach, describe, it } from 'mocha'
import { demoSns, snsVendor } from '../../lab/sns/service'
import register from '../../nodes/audit-notify-sns/audit-notify-sns'
import type { Sent } from '../../src/notify/channel'
import { NotifyFlows } from '../support/notify-flow'
import { occurrence } from '../support/occurrence'
import { type RunningVendor, startVendor } from '../support/vendor'
import { waitFor } from '../support/wait-for'

describe('audit-notify-sns', function () {
  this.timeout(60_000)
  const flows = new NotifyFlows()
  let sns: RunningVendor<ReturnType<typeof snsVendor>>

  before(() => flows.start())
  after(() => flows.stop())
  beforeEach(async () => {
    sns = await startVendor('sns', snsVendor)
  })
  afterEach(async () => {
    await flows.unload()
    await sns.close()
  })

  const keys = { accessKeyId: demoSns.accessKeyId, secretAccessKey: demoSns.secretAccessKey }
  const load = (changes: Record<string, unknown> = {}, credentials: Record<string, string> = keys) =>
    flows.load(
      'audit-notify-sns',
      register,
      { way: 'topic', topic: demoSns.topic, api: sns.url, ...changes },
      credentials,
    )

  it('publishes an event, and hands on its message id', async () => {
    const { node, sent } = await load()
    node.receive(occurrence('e1'))
    await waitFor('the message', () => sent.length === 1)
    const [published] = sns.vendor.world.published
    assert.ok(published !== undefined)
    assert.deepEqual(sent[0]?.['sent'] as Sent, { did: 'sent', id: published.messageId })
    assert.equal(published.attributes['event_type'], 'security_group_rule.create.end')
  })

  it('waits while AWS throttles', async () => {
    const body = '<ErrorResponse><Error><Code>Throttled</Code><Message>Rate exceeded</Message></Error></ErrorResponse>'
    sns.faults.add({ service: 'sns', status: 429, body, times: 1 })
    const { node, sent, status } = await load()
    node.receive(occurrence('e1'))
    await waitFor('the status', () => /Throttled/.test(status().text ?? '') || sent.length === 1)
    await waitFor('the message', () => sent.length === 1)
    assert.equal(sns.received.length, 2)
  })

  it('waits for a person while the keys are wrong, and shows them nowhere', async () => {
    const { node, sent, status } = await load({}, { ...keys, secretAccessKey: 'hunter22-hunter22' })
    node.receive(occurrence('e1'))
    await waitFor('the status', () => /SignatureDoesNotMatch/.test(status().text ?? ''))
    assert.deepEqual([status().fill, status().shape, sent.length], ['red', 'dot', 0])
    const said = node as unknown as Record<'warn' | 'log' | 'error' | 'status', { args: unknown[] }>
    const texts = JSON.stringify([said.warn.args, said.log.args, said.error.args, said.status.args])
    assert.doesNotMatch(texts, /hunter22/)
  })

  it('names at deploy all that is missing', async () => {
    const { node, caught, status } = await load({ topic: '' }, { accessKeyId: 'A' })
    assert.deepEqual([status().fill, status().shape], ['red', 'dot'])
    node.receive(occurrence('e1'))
    await waitFor('the error', () => caught.length > 0)
    const error = caught[0]?.['error'] as { message: string }
    assert.match(error.message, /"topic" is missing; "region" is missing; the credential "secretAccessKey" is missing/)
  })
})
