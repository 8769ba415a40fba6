import assert from 'node:assert/strict'
import { PocketReplay } from '../support/pocket-replay'
import { type RecordedMessage, recordedExchange } from '../support/recorded-neutron'

/** Lines of the recording at whose point in time these REST answers were recorded. */
const readsAfterRules = [
  'neutron-security-group',
  'neutron-security-group-missing',
  'neutron-security-group-rules',
  'neutron-security-groups-fields',
]
const readsAfterForwarding = [
  'neutron-ports-filter-security_groups',
  'neutron-ports-filter-security_groups-two',
  'neutron-ports-filter-security_groups-admin',
  'neutron-ports-filter-security_groups-unknown-id',
  'neutron-ports-filter-security_group_ids',
  'neutron-ports-filter-security_group_id',
  'neutron-ports-filter-security_group',
  'neutron-ports-filter-security_groups-fields',
  'neutron-ports-marker-unknown',
  'neutron-ports-filter-fixed_ip',
  'neutron-ports-filter-device_owner',
  'neutron-ports-filter-project_id-admin',
  'neutron-port',
  'neutron-floatingips',
  'neutron-floatingips-filter-port_id',
  'neutron-routers',
  'neutron-networks-external',
  'neutron-network',
  'neutron-subnets',
]

describe('The pocket cloud’s Neutron, put through the recorded run', () => {
  let replay: PocketReplay
  before(async () => {
    replay = await PocketReplay.start()
  })
  after(() => replay.cloud.close())

  async function read(name: string): Promise<void> {
    const recorded = recordedExchange(name)
    const user = name.endsWith('-admin') ? 'admin' : 'member-11bc36'
    const answer = await replay.call(user, 'GET', replay.likeness.translatedText(recorded.request.path))
    assert.equal(answer.status, recorded.status, name)
    replay.likeness.same(answer.body, recorded.body, name)
    const type = Object.entries(recorded.headers).find(([header]) => header.toLowerCase() === 'content-type')
    assert.equal(answer.headers.get('content-type'), type?.[1])
    assert.match(answer.headers.get('x-openstack-request-id') ?? '', /^req-/)
  }

  it('publishes message for message what the real one published, and answers what it answered', async () => {
    const { messages, likeness, cloud } = replay
    for (let at = 0; at < messages.length; at++) {
      const recorded = messages[at]
      assert.ok(recorded !== undefined)
      const before = cloud.notifier.published.length
      const answer = await replay.request(recorded)
      // With the `.start` its `.end`, if the request was good; interfaces of routers have neither.
      const next = messages[at + 1]
      const ended = next?.event_type === recorded.event_type.replace(/start$/, 'end') && next !== recorded
      const expected = ended && next !== undefined ? [recorded, next] : [recorded]
      if (ended) at++
      const published = cloud.notifier.published.slice(before)
      const where = `line ${at + 1}, ${recorded.event_type}`
      assert.deepEqual(
        published.map((each) => each.eventType),
        expected.map((each) => each.event_type),
        where,
      )
      published.forEach((each, index) => {
        const { publisher_id: publisher, ...copy } = replay.message(each)
        const { publisher_id: _, ...original } = expected[index] as RecordedMessage
        assert.match(String(publisher), /^network\.[a-z]+$/)
        likeness.same(copy, original, `${where} ${each.eventType}`)
      })
      if (!recorded.event_type.includes('.interface.')) {
        assert.equal(
          answer.status < 300,
          ended,
          `${where} was answered with ${answer.status} ${JSON.stringify(answer.body)}`,
        )
      }
      if (at === 59) for (const name of readsAfterRules) await read(name)
      if (at === 99) for (const name of readsAfterForwarding) await read(name)
    }
  })

  it('has nothing left when everything was deleted', () => {
    const { world } = replay.cloud
    assert.deepEqual([world.ports.size, world.networks.size, world.subnets.size, world.floatingips.size], [0, 0, 0, 0])
  })
})
