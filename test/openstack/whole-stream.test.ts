import assert from 'node:assert/strict'
import { cadfViolations } from '../../src/cadf/validate'
import type { OccurrenceMessage } from '../../src/message/model'
import { waitFor } from '../support/wait-for'
import { assertAgree, type Recorder } from './recorder'
import { type SharedOpenStack, STARTUP_MS, sharedOpenStack } from './shared-openstack'

/** Comes last by its name: looks at all that the other tests made the cloud say. */
describe('All that the cloud has said', function () {
  this.timeout(60_000)
  let cloud: SharedOpenStack['cloud']
  let recorder: Recorder

  before(async function () {
    this.timeout(STARTUP_MS)
    ;({ cloud, recorder } = await sharedOpenStack())
    await quiet()
  })

  /** The last change of all is heard of by both ways. */
  async function quiet(): Promise<void> {
    const { id } = await cloud.admin.ask('POST', `${cloud.urls.keystone}/roles`, { role: { name: 'the-last' } })
    await recorder.hears('the last change', ({ event }) => event.target.id === id)
    // The services write their files one by one.
    await waitFor('the log files to be read', () => missing(recorder.byBus, recorder.byLogFile).length === 0)
  }

  it('is valid CADF by the rules of the standard', () => {
    for (const message of [...recorder.byBus, ...recorder.byLogFile]) {
      assert.deepEqual(cadfViolations(message.event), [], `${message.topic}: ${JSON.stringify(message.event)}`)
    }
  })

  it('came by the broker and by the log files alike, each message once', () => {
    const { byBus, byLogFile } = recorder
    assert.ok(byBus.length > 0)
    for (const messages of [byBus, byLogFile]) assert.equal(new Set(messages.map(idOf)).size, messages.length)
    const logged = new Map(byLogFile.map((message) => [idOf(message), message]))
    for (const message of byBus) {
      const same = logged.get(idOf(message))
      assert.ok(same, `${message.topic} came by the broker only`)
      assertAgree(same, message)
    }
    // What came before the queue was bound is in the log files alone.
    const since = byBus.map(({ notification }) => notification.timestamp).sort()[0] ?? ''
    for (const { topic, notification } of missing(byLogFile, byBus)) {
      assert.ok(notification.timestamp < since, `${topic} came by the log file only`)
    }
  })

  it('holds no token', () => {
    for (const message of [...recorder.byBus, ...recorder.byLogFile]) {
      assert.doesNotMatch(JSON.stringify(message), /gAAAA[\w-]{20}/)
    }
  })
})

const idOf = ({ notification }: OccurrenceMessage) => notification.messageId

function missing(of: readonly OccurrenceMessage[], among: readonly OccurrenceMessage[]): OccurrenceMessage[] {
  const there = new Set(among.map(idOf))
  return of.filter((message) => !there.has(idOf(message)))
}
