import assert from 'node:assert/strict'
import { connect } from 'amqplib'
import { sharedRabbit, uniqueName } from '../support/rabbitmq'

describe('the private RabbitMQ of the tests', function () {
  this.timeout(120_000)

  it('keeps a durable queue and its messages over a kill', async () => {
    const broker = await sharedRabbit()
    const queue = uniqueName('durable')
    const before = await broker.connect()
    const channel = await before.createConfirmChannel()
    await channel.assertQueue(queue, { durable: true })
    channel.sendToQueue(queue, Buffer.from('kept'), { persistent: true })
    await channel.waitForConfirms()
    await broker.declarationsOnDisk()
    await broker.restart()
    const after = await broker.connect()
    const message = await (await after.createChannel()).get(queue, { noAck: true })
    assert.equal(message === false ? undefined : message.content.toString(), 'kept')
    await after.close()
  })

  it('makes users with rights of their own', async () => {
    const broker = await sharedRabbit()
    const name = uniqueName('reader')
    await broker.addUser(name, 'pass-word', { configure: '^$', write: '^$', read: '.*' })
    const connection = await connect(broker.url({ user: name, password: 'pass-word' }))
    const channel = await connection.createChannel()
    channel.on('error', () => {})
    await assert.rejects(channel.assertQueue(uniqueName('forbidden')), /403/)
    await connection.close()
  })
})
