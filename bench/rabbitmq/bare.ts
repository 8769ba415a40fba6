import { connect } from 'amqplib'
import { finish, Meter, readTask } from './task'

/** What one would write by hand: amqplib, both parses, and `multiple` up to the lowest message that is not finished. */
async function main(): Promise<void> {
  const task = readTask()
  const model = await connect(task.url)
  const channel = await model.createChannel()
  await channel.prefetch(task.prefetch)
  const open = new Set<number>()
  let acknowledged = 0
  let highest = 0
  const acknowledge = (tag: number) => {
    channel.ack({ fields: { deliveryTag: tag } } as never, true)
    acknowledged = tag
  }
  const meter = new Meter(task, (result) => {
    acknowledge(highest)
    finish(result)
  })
  const finished = (tag: number) => {
    open.delete(tag)
    const [lowest = highest + 1] = open
    if (lowest - 1 - acknowledged >= 50) acknowledge(lowest - 1)
    meter.finished()
  }
  await channel.consume(task.queue, (message) => {
    if (message === null) throw new Error('cancelled')
    meter.received()
    const outer = JSON.parse(message.content.toString()) as Record<string, string>
    const inner = JSON.parse(outer['oslo.message'] ?? '') as Record<string, unknown>
    if (inner['event_type'] === undefined) throw new Error('no event type')
    const tag = message.fields.deliveryTag
    highest = tag
    open.add(tag)
    if (task.slowEvery > 0 && tag % task.slowEvery === 0) setTimeout(() => finished(tag), task.slowMs)
    else finished(tag)
  })
}

void main()
