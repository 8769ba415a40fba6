import assert from 'node:assert/strict'
import { type LabClock, labClock } from '../../../lab/clock'
import { ServiceNowInstance } from '../../../lab/servicenow/instance'
import { serviceNowService } from '../../../lab/servicenow/service'
import { undiciClient } from '../../../src/http/undici-client'
import type { Channel, ChannelMemory, NotifyError } from '../../../src/notify/channel'
import { JournalMemory } from '../../../src/notify/channel-memory'
import type { Report } from '../../../src/notify/model'
import { reportOf } from '../../../src/notify/report'
import { correlationId } from '../../../src/notify/servicenow/correlation'
import { serviceNowChannel } from '../../../src/notify/servicenow/servicenow'
import { markOf } from '../../../src/notify/tickets/marks'
import { HOSTILE, hostileReport } from '../../support/hostile-report'
import { labService, type RunningService } from '../../support/lab-service'
import { occurrence } from '../../support/occurrence'

const KEY = 'security_group_rule.create.end:rule-1'

/** Of one matter, whatever its event. */
function report(id: string, changes: Partial<Report> = {}): Report {
  return { ...reportOf([occurrence(id)]), ticketKey: KEY, ...changes }
}

describe('the ServiceNow channel', () => {
  let clock: LabClock
  let instance: ServiceNowInstance
  let service: RunningService
  let memory: ChannelMemory
  const open: Channel[] = []

  beforeEach(async () => {
    clock = labClock(() => Date.parse('2026-11-21T06:51:16Z'))
    instance = new ServiceNowInstance(clock)
    service = await labService('servicenow', serviceNowService(instance), clock)
    memory = new JournalMemory(now)
  })
  afterEach(async () => {
    for (const channel of open.splice(0)) await channel.close()
    await service.close()
  })

  const now = () => clock.now().getTime()

  function channel(settings: Record<string, unknown> = {}, credentials: Record<string, string> = {}): Channel {
    const opened = serviceNowChannel.open(
      {
        settings: { instance: service.url, user: instance.user, ...settings },
        credentials: { password: instance.password, clientSecret: instance.clientSecret, ...credentials },
      },
      { http: undiciClient({}), now, memory },
    )
    open.push(opened)
    return opened
  }

  const calls = () => service.received.map(({ request, status }) => `${status} ${request.method} ${request.path}`)
  const requestOf = (index: number) => service.received.at(index)?.request
  const bodyOf = (index: number) => JSON.parse(requestOf(index)?.body ?? '') as Record<string, unknown>
  const first = () => instance.records[0]?.values ?? {}
  const urlOf = (values: Readonly<Record<string, string>>) => `${service.url}/incident.do?sys_id=${values['sys_id']}`

  it('opens an incident, looked for before by its correlation id', async () => {
    const link = { label: 'Open', url: 'https://horizon.example.net/x' }
    const sent = await channel({ fields: '{"category": "network"}' }).send(
      report('e1', { text: 'Rule: tcp 22.', facts: [{ label: 'Who', value: 'dana' }], link, severity: 'crit' }),
    )
    assert.deepEqual(sent, { did: 'opened', id: 'INC0010001', url: urlOf(first()) })
    assert.deepEqual(calls(), ['200 GET /api/now/table/incident', '201 POST /api/now/table/incident'])
    assert.deepEqual(Object.fromEntries(requestOf(0)?.query ?? []), {
      sysparm_query: `correlation_id=${KEY}^active=true^ORDERBYDESCsys_created_on`,
      sysparm_fields: 'sys_id,number,active,state,correlation_id,description,work_notes',
      sysparm_display_value: 'all',
      sysparm_limit: '10',
    })
    assert.equal(requestOf(1)?.query.toString(), 'sysparm_exclude_reference_link=true')
    assert.deepEqual(bodyOf(1), {
      category: 'network',
      short_description: 'dana created security group rule rule-e1',
      description: `Rule: tcp 22.\n\nWho: dana\n\nOpen: ${link.url}\n\nreport-${markOf('e1')}`,
      urgency: '1',
      impact: '1',
      correlation_id: KEY,
      correlation_display: 'openstack-events',
    })
    const { authorization, accept, 'content-type': type } = requestOf(1)?.headers ?? {}
    const basic = Buffer.from(`${instance.user}:${instance.password}`).toString('base64')
    assert.deepEqual([authorization, accept, type], [`Basic ${basic}`, 'application/json', 'application/json'])
  })

  it('adds work notes to the active incident instead of opening another, also in another process', async () => {
    await channel().send(report('e1'))
    assert.deepEqual(await channel().send(report('e2')), { did: 'commented', id: 'INC0010001', url: urlOf(first()) })
    memory = new JournalMemory(now)
    assert.equal((await channel().send(report('e3'))).did, 'commented')
    assert.equal(instance.records.length, 1)
    assert.equal(instance.records[0]?.notes.length, 2)
    assert.equal(requestOf(-1)?.method, 'PATCH')
    assert.deepEqual(Object.keys(bodyOf(-1)), ['work_notes'])
    assert.match(String(bodyOf(-1)['work_notes']), /^dana created security group rule rule-e3\n\nEvent: /)
  })

  it('has no second effect when a report is repeated, also when no answer came', async () => {
    const sending = channel()
    service.faults.add({ service: 'servicenow', method: 'POST', disconnect: 'after', times: 1 })
    await assert.rejects(sending.send(report('e1')), { kind: 'unknown' })
    assert.equal((await sending.send(report('e1'))).did, 'repeated')
    service.faults.add({ service: 'servicenow', method: 'PATCH', disconnect: 'after', times: 1 })
    await assert.rejects(sending.send(report('e2')), { kind: 'unknown' })
    assert.equal((await sending.send(report('e2'))).did, 'repeated')
    assert.deepEqual([instance.records.length, instance.records[0]?.notes.length], [1, 1])
  })

  it('opens no second incident for a report whose incident was closed before the answer came', async () => {
    service.faults.add({ service: 'servicenow', method: 'POST', disconnect: 'after', times: 1 })
    await assert.rejects(channel().send(report('e1')), { kind: 'unknown' })
    const [record] = instance.records
    assert.ok(record)
    instance.update(record, { state: '7', close_code: 'x', close_notes: 'x' })
    assert.equal((await channel().send(report('e1'))).did, 'repeated')
    assert.equal((await channel().send(report('e2'))).did, 'opened')
  })

  it('resolves with code and notes when what closes comes, and opens another afterwards', async () => {
    const sending = channel({ closeCode: 'Resolved by request', closeNotes: 'Closed by {{ event.initiator.name }}' })
    await sending.send(report('e1'))
    const sent = await sending.send(report('e2', { closes: true }))
    assert.deepEqual(sent, { did: 'resolved', id: 'INC0010001', url: urlOf(first()) })
    assert.deepEqual(bodyOf(-1), { state: '6', close_code: 'Resolved by request', close_notes: 'Closed by dana' })
    assert.equal((await sending.send(report('e2', { closes: true }))).did, 'repeated')
    assert.deepEqual(await sending.send(report('e3', { closes: true })), { did: 'nothing' })
    assert.equal((await sending.send(report('e4'))).id, 'INC0010002')
  })

  it('finishes a resolving that failed, without further notes', async () => {
    const sending = channel()
    await sending.send(report('e1'))
    const failing = { service: 'servicenow', bodyMatches: 'close_code', status: 503, times: 1 } as const
    service.faults.add({ ...failing, headers: { 'retry-after': '3' } })
    await assert.rejects(sending.send(report('e2', { closes: true })), { kind: 'transient', retryAfterMs: 3000 })
    assert.equal((await sending.send(report('e2', { closes: true }))).did, 'resolved')
    assert.equal(instance.records[0]?.notes.length, 1)
  })

  describe('tells of fields that an access rule dropped without a word', () => {
    it('when it opens', async () => {
      instance.droppedFields = ['urgency', 'category']
      const { did, incomplete } = await channel({ fields: '{"category": "network"}' }).send(report('e1'))
      assert.equal(did, 'opened')
      assert.match(incomplete ?? '', /did not store: category, urgency \(an access rule/)
    })

    it('when it adds notes', async () => {
      await channel().send(report('e1'))
      instance.droppedFields = ['work_notes']
      const { did, incomplete } = await channel().send(report('e2'))
      assert.deepEqual([did, incomplete], ['commented', 'ServiceNow did not give back: work_notes'])
    })

    it('when it resolves: what is not resolved is not called so', async () => {
      await channel().send(report('e1'))
      instance.droppedFields = ['state']
      const { did, incomplete } = await channel().send(report('e2', { closes: true }))
      assert.equal(did, 'commented')
      assert.match(incomplete ?? '', /did not store: state/)
    })
  })

  it('lets no key become part of the query', async () => {
    for (const key of ['a^active=false', 'a\nb', 'javascript:gs.getUserID()', ' a', 'a ', 'x'.repeat(101), 'ä', '']) {
      assert.match(correlationId(key), /^audit-[0-9a-f]{20}$/)
    }
    assert.equal(correlationId('illumio:7:5f0a 0004'), 'illumio:7:5f0a 0004')
    await channel().send(report('e1', { ticketKey: 'a' }))
    await channel().send(report('e2', { ticketKey: 'x^ORcorrelation_id=a' }))
    await channel().send(report('e3', { ticketKey: 'x^ORcorrelation_id=a' }))
    assert.equal(instance.records.length, 2)
    assert.equal(instance.records[0]?.notes.length, 0)
  })

  it('comments no record of which it did not ask: keys that differ in their case are two', async () => {
    await channel().send(report('e1', { ticketKey: 'Rule' }))
    await channel().send(report('e2', { ticketKey: 'rule' }))
    assert.equal(instance.records.length, 2)
  })

  it('keeps hostile names within their fields, and cuts what the columns do not hold', async () => {
    await channel().send({ ...hostileReport('long', 100_000), text: HOSTILE.repeat(1000) })
    await channel().send({ ...hostileReport('long-2', 100_000), closes: true })
    assert.equal(instance.records.length, 1)
    const { short_description: title = '', description = '', state, correlation_id } = first()
    assert.ok(title.length <= 160 && description.length <= 4000)
    assert.doesNotMatch(title, /[\r\n\u202e]/)
    assert.ok(description.endsWith(`report-${markOf('long')}`))
    assert.match(correlation_id ?? '', /^audit-/)
    assert.equal(state, '6')
  })

  for (const [login, grant] of [
    ['client', 'client_credentials'],
    ['password', 'password'],
  ] as const) {
    it(`logs in by OAuth (${grant}), once until the token ends`, async () => {
      const sending = channel({ login, clientId: instance.clientId })
      await sending.send(report('e1'))
      await sending.send(report('e2'))
      const tokens = () => service.received.filter(({ request }) => request.path === '/oauth_token.do')
      assert.equal(tokens().length, 1)
      assert.equal(new URLSearchParams(tokens()[0]?.request.body).get('grant_type'), grant)
      clock.advance(1_799_000)
      await sending.send(report('e3'))
      assert.equal(tokens().length, 2)
      instance.tokens.clear()
      assert.equal((await sending.send(report('e4'))).did, 'commented')
      assert.equal(tokens().length, 3)
    })
  }

  it('is held for a person where the log-in is wrong', async () => {
    const oauth = channel({ login: 'client', clientId: 'other' })
    await assert.rejects(oauth.send(report('e1')), { kind: 'auth' })
    await assert.rejects(channel({}, { password: 'wrong' }).send(report('e1')), { kind: 'auth' })
  })

  it('waits until the hour of the rate rule ends', async () => {
    instance.hourly = 0
    await assert.rejects(channel().send(report('e1')), (error: NotifyError) => {
      assert.equal(error.kind, 'rate_limited')
      const left = 3_600_000 - (now() % 3_600_000)
      assert.ok(Math.abs((error.retryAfterMs ?? 0) - left) <= 2_000)
      return true
    })
  })

  for (const [status, kind, error] of [
    [400, 'invalid', { message: 'Exception while reading request', detail: null }],
    [400, 'config', { message: 'Invalid table incidents', detail: null }],
    [401, 'auth', { message: 'User Not Authenticated', detail: 'x' }],
    [403, 'auth', { message: 'Operation Failed', detail: 'ACL Exception Insert Failed due to security constraints' }],
    [403, 'config', { message: 'Operation Failed', detail: 'Data Policy Exception: mandatory: Caller' }],
    [404, 'not_found', { message: 'Requested URI does not represent any resource', detail: null }],
    [413, 'too_large', {}],
    [429, 'rate_limited', {}],
    [500, 'unknown', {}],
    [503, 'transient', {}],
  ] as const) {
    it(`calls an answer ${status} (${'detail' in error ? (error.detail ?? error.message) : ''}) to a create ${kind}`, async () => {
      const headers = { 'retry-after': '7', 'content-type': 'application/json' }
      service.faults.add({ service: 'servicenow', method: 'POST', status, headers, body: JSON.stringify({ error }) })
      await assert.rejects(channel().send(report('e1')), (thrown: NotifyError) => {
        assert.deepEqual([thrown.kind, thrown.retryAfterMs], [kind, 7000])
        return true
      })
    })
  }

  it('waits for an instance that sleeps', async () => {
    service.faults.add({ service: 'servicenow', status: 200, body: '<html>Hibernating</html>' })
    await assert.rejects(channel().send(report('e1')), { kind: 'transient' })
  })

  it('shows no secret in any error', async () => {
    const secrets = { password: 'pass-nobody-sees', clientSecret: 'secret-nobody-sees' }
    const basic = Buffer.from(`${instance.user}:${secrets.password}`).toString('base64')
    const said = `${secrets.password} ${secrets.clientSecret} ${basic}`
    const body = JSON.stringify({ error: { message: said } })
    service.faults.add({ service: 'servicenow', status: 400, body, headers: { 'content-type': 'application/json' } })
    for (const login of ['basic', 'client', 'password']) {
      const sending = channel({ login, clientId: 'c' }, secrets)
      for (const call of [() => sending.send(report('e1')), () => sending.test()]) {
        await assert.rejects(call(), (error: Error) => {
          const hidden = login === 'basic' ? [secrets.password, basic] : [secrets.clientSecret]
          for (const secret of hidden) assert.ok(!error.message.includes(secret))
          return true
        })
      }
    }
  })

  it('takes the name of an instance, a host, or an address', () => {
    const target = (written: string) => channel({ instance: written }).target
    assert.equal(target('acme'), 'acme.service-now.com incident')
    assert.equal(target('acme.service-now.com'), 'acme.service-now.com incident')
    assert.equal(target('https://snow.example.net/nav_to.do'), 'snow.example.net incident')
  })

  for (const [settings, credentials, complaint] of [
    [{ instance: '', user: '' }, { password: '' }, /"instance" is missing; "user" is missing; .*"password" is missing/],
    [{ login: 'client' }, { clientSecret: '' }, /"clientId" is missing; .*"clientSecret" is missing/],
    [{ table: 'in cident' }, {}, /"table" is no name/],
    [{ resolvedState: 'done' }, {}, /"resolvedState" must be a whole number/],
    [{ fields: '{"correlation_id": "x"}' }, {}, /must not name correlation_id/],
    [{ closeNotes: '{% if %}' }, {}, /template "closeNotes"/],
  ] as const) {
    it(`says at deploy what is wrong with ${JSON.stringify(settings)}`, () => {
      assert.throws(() => channel(settings, credentials), complaint)
    })
  }

  it('tries its settings without creating anything', async () => {
    assert.match(await channel().test(), /may read incident/)
    await assert.rejects(channel({ table: 'incidents' }).test(), { kind: 'config' })
    assert.equal(instance.records.length, 0)
  })
})
