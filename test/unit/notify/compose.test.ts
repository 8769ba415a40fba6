import assert from 'node:assert/strict'
import type { ChannelDefinition } from '../../../src/notify/channel'
import { composer } from '../../../src/notify/compose'
import type { Occurrence } from '../../../src/notify/model'
import { readNotifySettings } from '../../../src/notify/settings'
import { occurrence } from '../../support/occurrence'

const definition = (tickets: boolean) =>
  ({ name: 'test', fields: [{ name: 'title', escape: 'none' }], tickets }) as unknown as ChannelDefinition

const words = (settings: Record<string, unknown>, tickets = true) =>
  composer(readNotifySettings(settings, definition(tickets)), definition(tickets), undefined, () => '#soc')

/** Something happened to a host, on the minute. */
function about(topic: string, host: string, minute: number, outcome: 'success' | 'failure' = 'success'): Occurrence {
  const { event, ...rest } = occurrence(`${topic} ${host} ${minute}`, { topic })
  const eventTime = new Date(Date.parse('2026-11-21T07:00:00Z') + minute * 60_000).toISOString()
  return { ...rest, topic, event: { ...event, eventTime, outcome, target: { ...event.target, id: host } } }
}

describe('a report', () => {
  it('ends what another began at the same target', () => {
    const { compose } = words({ closedBy: 'agent.activate' })
    const began = compose([about('agent.offline', 'db-04', 0)])
    const ended = compose([about('agent.activate', 'db-04', 1)])
    assert.deepEqual([began.closes, ended.closes], [false, true])
    assert.equal(began.ticketKey, ended.ticketKey)
    assert.notEqual(compose([about('agent.activate', 'db-05', 1)]).ticketKey, ended.ticketKey)
  })

  it('is one matter for each event type where nothing ends it, or as a template says', () => {
    assert.equal(words({}).compose([about('agent.offline', 'db-04', 0)]).ticketKey, 'agent.offline:db-04')
    const own = words({ closedBy: 'agent.activate', ticketKey: 'agents of {{ event.observer.id }}' })
    assert.equal(own.compose([about('agent.offline', 'db-04', 0)]).ticketKey, 'agents of network.controller1')
  })

  it('of a group ends a matter when the latest of its events does, in whatever order they came', () => {
    const { compose } = words({ closedBy: 'agent.activate' })
    const offline = about('agent.offline', 'db-04', 0)
    const online = about('agent.activate', 'db-04', 1)
    const offlineAgain = about('agent.offline', 'db-04', 2)
    assert.equal(compose([offline, online]).closes, true)
    assert.equal(compose([online, offline]).closes, true)
    assert.equal(compose([offline, online, offlineAgain]).closes, false)
  })

  it('of tickets concerns one matter, so that a group opens and ends no other', () => {
    const [first, second] = [about('agent.offline', 'db-04', 0), about('agent.offline', 'db-05', 0)]
    const ended = about('agent.activate', 'db-04', 1)
    const tickets = words({ closedBy: 'agent.activate' })
    assert.notEqual(tickets.groupKey(first), tickets.groupKey(second))
    assert.equal(tickets.groupKey(first), tickets.groupKey(ended))
    const own = words({ ticketKey: '{{ topic }}' })
    assert.equal(own.groupKey(first), own.groupKey(second))
    const chat = words({}, false)
    assert.equal(chat.groupKey(first), chat.groupKey(second))
  })

  it('of a group shows a failure among successes, a second actor and the worst severity', () => {
    const { event, ...rest } = about('user.login', 'pce', 1, 'failure')
    const failure = { ...rest, event: { ...event, severity: 'crit', initiator: { ...event.initiator, name: 'lee' } } }
    const logins = [about('user.login', 'pce', 0), failure, about('user.login', 'pce', 2)]
    const report = words({}).compose(logins, 'group-1')
    assert.deepEqual([report.outcome, report.severity, report.id], ['failure', 'crit', 'group-1'])
    assert.match(report.title, /^3 × user\.login: dana, lee$/)
    assert.match(report.text, /lee/)
    assert.equal(report.facts.find(({ label }) => label === 'Outcome')?.value, '2 success, 1 failure')
  })
})
