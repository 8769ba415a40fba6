import assert from 'node:assert/strict'
import { Acknowledger, type SettlingChannel, type Tag } from '../../../../src/notification/rabbitmq/acknowledger'
import { HandClock } from './clock'

/** Behaves like RabbitMQ's channel: a tag it does not know closes it. */
class Channel implements SettlingChannel {
  readonly unacknowledged = new Set<number>()
  readonly calls: string[] = []

  ack(tag: number, multiple: boolean): void {
    this.calls.push(multiple ? `up to ${tag}` : `${tag}`)
    if (!this.unacknowledged.has(tag)) throw new Error(`PRECONDITION_FAILED - unknown delivery tag ${tag}`)
    for (const known of [...this.unacknowledged]) {
      if (known === tag || (multiple && known < tag)) this.unacknowledged.delete(known)
    }
  }

  requeue(tag: number): void {
    this.calls.push(`back ${tag}`)
    if (!this.unacknowledged.delete(tag)) throw new Error(`PRECONDITION_FAILED - unknown delivery tag ${tag}`)
  }
}

function scene(prefetch = 250) {
  const channel = new Channel()
  const clock = new HandClock()
  const acknowledger = new Acknowledger(channel, clock, { prefetch })
  let next = 1
  const deliver = (count: number): Tag[] =>
    Array.from({ length: count }, () => {
      channel.unacknowledged.add(next)
      return acknowledger.opened(next++)
    })
  return { channel, clock, acknowledger, deliver }
}

const tagOf = (tags: Tag[], number: number): Tag => {
  const found = tags.find((entry) => entry.tag === number)
  assert.ok(found)
  return found
}

describe('acknowledging', () => {
  it('gathers 50 finished messages in one acknowledgement', () => {
    const { channel, acknowledger, deliver } = scene()
    for (const tag of deliver(120)) acknowledger.done(tag)
    assert.deepEqual(channel.calls, ['up to 50', 'up to 100'])
    assert.equal(acknowledger.open, 0)
  })

  it('waits at most 10 ms for others to join', () => {
    const { channel, clock, acknowledger, deliver } = scene()
    for (const tag of deliver(3)) acknowledger.done(tag)
    assert.deepEqual(channel.calls, [])
    clock.pass(10)
    assert.deepEqual(channel.calls, ['up to 3'])
  })

  it('acknowledges each message at once with a prefetch of one', () => {
    const { channel, acknowledger, deliver } = scene(1)
    for (const tag of deliver(2)) acknowledger.done(tag)
    assert.deepEqual(channel.calls, ['1', '2'])
  })

  it('never acknowledges past an open message', () => {
    const { channel, clock, acknowledger, deliver } = scene()
    const tags = deliver(5)
    for (const number of [1, 2, 4, 5]) acknowledger.done(tagOf(tags, number))
    clock.pass(10)
    assert.deepEqual(channel.calls, ['up to 2'])
    assert.deepEqual([...channel.unacknowledged], [3, 4, 5])
  })

  it('acknowledges singly what has waited 100 ms above an open message', () => {
    const { channel, clock, acknowledger, deliver } = scene()
    const tags = deliver(4)
    acknowledger.done(tagOf(tags, 2))
    clock.pass(60)
    acknowledger.done(tagOf(tags, 3))
    clock.pass(40)
    assert.deepEqual(channel.calls, ['2'])
    clock.pass(100)
    assert.deepEqual(channel.calls, ['2', '3'])
    acknowledger.done(tagOf(tags, 1))
    acknowledger.done(tagOf(tags, 4))
    clock.pass(10)
    assert.deepEqual(channel.calls, ['2', '3', 'up to 4'])
    assert.equal(channel.unacknowledged.size, 0)
  })

  it('names with `multiple` only a tag that is unacknowledged', () => {
    const { channel, clock, acknowledger, deliver } = scene()
    const tags = deliver(3)
    acknowledger.done(tagOf(tags, 2))
    acknowledger.done(tagOf(tags, 3))
    clock.pass(200)
    acknowledger.done(tagOf(tags, 1))
    clock.pass(10)
    assert.deepEqual(channel.calls, ['2', '3', '1'])
  })

  it('overtakes a slow message before the window closes', () => {
    const { channel, acknowledger, deliver } = scene(100)
    const [, ...others] = deliver(100)
    for (const tag of others.slice(0, 74)) acknowledger.done(tag)
    assert.deepEqual(channel.calls, [])
    acknowledger.done(others[74] as Tag)
    assert.equal(channel.calls.length, 25)
    assert.equal(channel.unacknowledged.size, 75)
  })

  it('keeps no memory of what overtook a slow message', () => {
    const { channel, acknowledger, deliver } = scene(100)
    const [slow] = deliver(1)
    for (let i = 0; i < 5000; i++) for (const tag of deliver(10)) acknowledger.done(tag)
    assert.ok(channel.unacknowledged.size < 100)
    acknowledger.done(slow as Tag)
    acknowledger.finish()
    assert.equal(channel.unacknowledged.size, 0)
  })

  it('gives a message back at once and goes on above it', () => {
    const { channel, clock, acknowledger, deliver } = scene()
    const tags = deliver(3)
    acknowledger.done(tagOf(tags, 2))
    acknowledger.giveBack(tagOf(tags, 1))
    acknowledger.done(tagOf(tags, 3))
    clock.pass(10)
    assert.deepEqual(channel.calls, ['back 1', 'up to 3'])
  })

  it('does not name a message that went back', () => {
    const { channel, clock, acknowledger, deliver } = scene()
    const tags = deliver(3)
    acknowledger.giveBack(tagOf(tags, 3))
    acknowledger.done(tagOf(tags, 1))
    acknowledger.done(tagOf(tags, 2))
    clock.pass(10)
    assert.deepEqual(channel.calls, ['back 3', 'up to 2'])
  })

  it('settles each message once', () => {
    const { channel, clock, acknowledger, deliver } = scene()
    const [tag] = deliver(1)
    acknowledger.done(tag as Tag)
    acknowledger.done(tag as Tag)
    acknowledger.giveBack(tag as Tag)
    clock.pass(10)
    assert.deepEqual(channel.calls, ['1'])
    assert.equal(acknowledger.open, 0)
  })

  it('uses no tag of a channel that is gone', () => {
    const { channel, clock, acknowledger, deliver } = scene()
    const tags = deliver(60)
    for (const tag of tags.slice(0, 10)) acknowledger.done(tag)
    acknowledger.abandon()
    for (const tag of tags) acknowledger.done(tag)
    clock.pass(1000)
    acknowledger.finish()
    assert.deepEqual(channel.calls, [])
  })

  it('holds together under any order', () => {
    let seed = 7
    const random = () => {
      seed = (seed * 1103515245 + 12345) % 2147483648
      return seed / 2147483648
    }
    const { channel, clock, acknowledger, deliver } = scene(50)
    let held: Tag[] = []
    for (let round = 0; round < 20_000; round++) {
      if (channel.unacknowledged.size < 50 && random() < 0.6) held.push(...deliver(1))
      if (held.length > 0 && random() < 0.5) {
        const [tag] = held.splice(Math.floor(random() * held.length), 1)
        if (random() < 0.05) acknowledger.giveBack(tag as Tag)
        else acknowledger.done(tag as Tag)
      }
      if (random() < 0.1) clock.pass(Math.floor(random() * 40))
      assert.equal(acknowledger.open, held.length)
    }
    for (const tag of held) acknowledger.done(tag)
    held = []
    clock.pass(1000)
    assert.equal(channel.unacknowledged.size, 0)
  })
})
