import assert from 'node:assert/strict'
import { DEMO_ROUTING_KEY, type PagerDuty, pagerDutyVendor } from '../../../lab/pagerduty/service'
import { undiciClient } from '../../../src/http/undici-client'
import type { Channel, NotifyError } from '../../../src/notify/channel'
import { SEVERITIES } from '../../../src/notify/model'
import { pagerDutyChannel } from '../../../src/notify/pagerduty/pagerduty'
import { reportOf } from '../../../src/notify/report'
import { HOSTILE, hostileReport } from '../../support/hostile-report'
import { labService, type RunningService } from '../../support/lab-service'
import { occurrence } from '../../support/occurrence'

const KEY = 'security_group_rule.create.end:rule-1'
const report = (id: string) => ({ ...reportOf([occurrence(id)]), ticketKey: KEY })

describe('the PagerDuty channel', () => {
  let pagerDuty: PagerDuty
  let service: RunningService
  const open: Channel[] = []

  beforeEach(async () => {
    pagerDuty = pagerDutyVendor()
    service = await labService('pagerduty', pagerDuty.handler)
  })
  afterEach(async () => {
    for (const channel of open.splice(0)) await channel.close()
    await service.close()
  })

  function channel(settings: Record<string, unknown> = {}, routingKey = DEMO_ROUTING_KEY): Channel {
    const opened = pagerDutyChannel.open(
      { settings: { region: 'other', host: service.url, ...settings }, credentials: { routingKey } },
      { http: undiciClient({}), now: () => 0 },
    )
    open.push(opened)
    return opened
  }

  const bodyOf = (index: number) =>
    JSON.parse(service.received.at(index)?.request.body ?? '') as Record<string, unknown>

  it('triggers an alert by the key of the matter', async () => {
    const link = { label: 'Open', url: 'https://horizon.example.net/x' }
    const suppressed = { count: 3, since: '2026-11-21T06:00:00Z' }
    const facts = [{ label: 'Who', value: 'dana' }]
    const settings = { component: '{{ event.target.id }}', alertGroup: 'cloud', details: '{"rank": 1}' }
    const sent = await channel(settings).send({ ...report('e1'), text: 'Rule: tcp 22.', facts, link, suppressed })
    assert.deepEqual(sent, { did: 'opened', id: KEY })
    const { method, path, headers } = service.received[0]?.request ?? {}
    assert.deepEqual([method, path, headers?.['content-type']], ['POST', '/v2/enqueue', 'application/json'])
    assert.equal(headers?.['authorization'], undefined)
    assert.deepEqual(bodyOf(0), {
      routing_key: DEMO_ROUTING_KEY,
      dedup_key: KEY,
      event_action: 'trigger',
      client: 'node-red-contrib-openstack-events',
      payload: {
        summary: 'dana created security group rule rule-e1',
        source: 'network.controller1',
        severity: 'info',
        timestamp: '2026-11-21T06:51:16.590561+00:00',
        class: 'security_group_rule.create.end',
        component: 'rule-e1',
        group: 'cloud',
        custom_details: {
          Who: 'dana',
          Text: 'Rule: tcp 22.',
          'Held back': '3 since 2026-11-21T06:00:00Z',
          rank: 1,
        },
      },
      links: [{ href: link.url, text: 'Open' }],
    })
  })

  it('joins what concerns the same matter, and a repetition, to the alert that is open', async () => {
    service.faults.add({ service: 'pagerduty', disconnect: 'after', times: 1 })
    await assert.rejects(channel().send(report('e1')), { kind: 'unknown' })
    await channel().send(report('e1'))
    await channel().send(report('e2'))
    assert.deepEqual(
      pagerDuty.alerts.map(({ dedupKey, events }) => [dedupKey, events]),
      [[KEY, 3]],
    )
  })

  it('resolves the alert when what closes comes', async () => {
    await channel().send(report('e1'))
    assert.deepEqual(await channel().send({ ...report('e2'), closes: true }), { did: 'resolved', id: KEY })
    assert.deepEqual(bodyOf(-1), { routing_key: DEMO_ROUTING_KEY, dedup_key: KEY, event_action: 'resolve' })
    assert.equal(pagerDuty.alerts[0]?.status, 'resolved')
  })

  it('has a severity for each', async () => {
    for (const severity of SEVERITIES) await channel().send({ ...report('e1'), severity, ticketKey: severity })
    assert.deepEqual(
      pagerDuty.alerts.map(({ payload }) => payload['severity']),
      ['critical', 'critical', 'critical', 'error', 'warning', 'info', 'info', 'info'],
    )
  })

  it('takes hostile names as data, and cuts what PagerDuty does not take', async () => {
    const long = hostileReport('long', 100_000)
    const odd = { ...long, text: HOSTILE.repeat(1000), filled: { title: '👩‍👩‍👧'.repeat(500) }, time: 'yesterday' }
    assert.equal((await channel().send({ ...odd, ticketKey: HOSTILE.repeat(10) })).did, 'opened')
    const { summary, timestamp } = pagerDuty.alerts[0]?.payload ?? {}
    assert.ok(String(summary).endsWith('👧…') && String(summary).length <= 1024)
    assert.equal(timestamp, undefined)
    assert.match(pagerDuty.alerts[0]?.dedupKey ?? '', /^audit-/)
  })

  it('leaves out details before the 512 KB are exceeded, and says so', async () => {
    const details = JSON.stringify({ all: 'x'.repeat(600_000) })
    const sent = await channel({ details }).send(report('e1'))
    assert.match(sent.incomplete ?? '', /details were left out/)
    assert.equal(pagerDuty.alerts.length, 1)
  })

  for (const [status, kind, body] of [
    [400, 'invalid', { errors: ["'payload.summary' is missing or blank"] }],
    [400, 'auth', { errors: ["Length of 'routing_key' is incorrect (should be 32 characters)"] }],
    [403, 'auth', {}],
    [404, 'not_found', {}],
    [413, 'too_large', {}],
    [429, 'rate_limited', {}],
    [500, 'transient', {}],
    [503, 'transient', {}],
  ] as const) {
    it(`calls an answer ${status} ${kind}`, async () => {
      const headers = { 'retry-after': '7', 'content-type': 'application/json' }
      service.faults.add({ service: 'pagerduty', status, headers, body: JSON.stringify(body) })
      await assert.rejects(channel().send(report('e1')), (error: NotifyError) => {
        assert.deepEqual([error.kind, error.retryAfterMs], [kind, 7000])
        return true
      })
    })
  }

  it('shows no secret in any error', async () => {
    const body = JSON.stringify({ message: `routing_key ${DEMO_ROUTING_KEY} is wrong` })
    service.faults.add({ service: 'pagerduty', status: 400, body })
    for (const call of [() => channel().send(report('e1')), () => channel().test()]) {
      await assert.rejects(call(), (error: Error) => {
        assert.ok(!error.message.includes(DEMO_ROUTING_KEY))
        return true
      })
    }
    assert.ok(!channel().target.includes(DEMO_ROUTING_KEY))
  })

  it('goes to the United States, to Europe, or elsewhere', () => {
    const target = (settings: Record<string, unknown>) => channel(settings).target
    assert.equal(target({ region: 'us' }), 'events.pagerduty.com …0000')
    assert.equal(target({ region: 'eu' }), 'events.eu.pagerduty.com …0000')
    assert.equal(target({ host: 'pd.example.net' }), 'pd.example.net …0000')
  })

  for (const [settings, key, complaint] of [
    [{ host: '' }, '', /"host" is missing; the credential "routingKey" is missing/],
    [{}, 'too short', /"routingKey" is none: it is 32 letters/],
    [{ details: '[]' }, DEMO_ROUTING_KEY, /"details" must be a JSON object/],
  ] as const) {
    it(`says at deploy what is wrong with ${JSON.stringify(settings)} and a key of ${key.length}`, () => {
      assert.throws(() => channel(settings, key), complaint)
    })
  }

  it('tries its settings without telling anybody', async () => {
    assert.match(await channel().test(), /takes events.*none was opened/)
    assert.deepEqual([bodyOf(0)['event_action'], pagerDuty.alerts.length], ['resolve', 0])
  })
})
