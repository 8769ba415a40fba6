import assert from 'node:assert/strict'
import { createServer, type Server } from 'node:net'
import { join } from 'node:path'
import type { ConnectionOptions } from 'node:tls'
import { systemClock } from '../../src/notification/rabbitmq/backoff'
import { BrokerConnection, type Link } from '../../src/notification/rabbitmq/connection'
import { existingExchanges, testHosts } from '../../src/notification/rabbitmq/connection-test'
import { parseTransportUrl } from '../../src/notification/rabbitmq/transport-url'
import { type Certificates, makeCertificates } from '../support/certificates'
import { freePort } from '../support/free-port'
import { type PrivateRabbit, startRabbit, until } from '../support/rabbitmq'

describe('the connection to a real broker', function () {
  this.timeout(90_000)
  let certificates: Certificates
  let broker: PrivateRabbit
  let open: BrokerConnection | undefined

  before(async () => {
    certificates = makeCertificates()
    const file = (name: string) => join(certificates.directory, name)
    broker = await startRabbit({
      tls: { caFile: file('ca.pem'), certFile: file('server.pem'), keyFile: file('server.key') },
    })
  })
  after(async () => {
    await broker.stop()
    certificates.remove()
  })
  afterEach(async () => {
    await open?.close(0)
    open = undefined
  })

  const secure = (host: string) => `amqps://${broker.user}:${broker.password}@${host}:${broker.tlsPort}/`
  function connect(url: string, tls?: ConnectionOptions) {
    const log: string[] = []
    const links: Link[] = []
    const keep = (text: string) => log.push(text)
    open = new BrokerConnection(
      {
        address: parseTransportUrl(url),
        ...(tls === undefined ? {} : { tls }),
        backoff: { firstMs: 50, longestMs: 200 },
      },
      { clock: systemClock, log: { info: keep, warn: keep, error: keep } },
    )
    const connection = open
    connection.use({ connected: (link) => links.push(link), lost: () => {} })
    const refusal = () => until('it is refused', () => connection.state.kind === 'waiting' && connection.state.error)
    return { connection, log, links, refusal }
  }

  it('is encrypted where the address says so, and trusts the given CA', async () => {
    const { links } = connect(secure('localhost'), { ca: certificates.ca })
    await until('it is open', () => links.length === 1)
    assert.ok((links[0]?.version[0] ?? 0) >= 3)
  })

  it('is refused by us if nobody we trust signed the certificate', async () => {
    const { refusal } = connect(secure('localhost'))
    const error = await refusal()
    assert.equal(error.code, 'BUS_TLS')
    assert.equal(error.retryable, false)
  })

  it('is refused by us if the certificate is for another server name', async () => {
    const { refusal } = connect(secure('127.0.0.1'), { ca: certificates.ca, servername: 'rabbit.example.org' })
    assert.equal((await refusal()).code, 'BUS_TLS')
    await open?.close(0)
    const named = connect(secure('127.0.0.1'), { ca: certificates.ca, servername: 'localhost' })
    await until('it is open', () => named.links.length === 1)
  })

  it('says so if the port does not speak TLS, or only TLS', async () => {
    const plainPort = connect(`amqps://u:p@127.0.0.1:${broker.port}/`)
    assert.equal((await plainPort.refusal()).code, 'BUS_TLS')
    await open?.close(0)
    const tlsPort = connect(`amqp://u:p@127.0.0.1:${broker.tlsPort}/`)
    assert.match((await tlsPort.refusal()).code, /^BUS_(HANDSHAKE|UNREACHABLE)$/)
  })

  it('goes on to the next host if one is away, and to the next credentials if one refuses', async () => {
    const dead = await freePort()
    const { links } = connect(
      `rabbit://u:p@127.0.0.1:${dead},wrong:wrong@127.0.0.1:${broker.port},${broker.user}:${broker.password}@127.0.0.1:${broker.port}/`,
    )
    await until('it is open', () => links.length === 1)
    assert.equal(links[0]?.user, broker.user)
  })

  it('gives up on a host that accepts and says nothing', async () => {
    const silent: Server = createServer(() => {})
    const port = await freePort()
    await new Promise<void>((resolve) => silent.listen(port, '127.0.0.1', resolve))
    try {
      open = new BrokerConnection(
        { address: parseTransportUrl(`amqp://u:p@127.0.0.1:${port}/`), openMs: 200 },
        { clock: systemClock, log: { info: () => {}, warn: () => {}, error: () => {} } },
      )
      const connection = open
      connection.use({ connected: () => {}, lost: () => {} })
      const error = await until('it is given up', () => connection.state.kind === 'waiting' && connection.state.error)
      assert.equal(error.code, 'BUS_UNREACHABLE')
    } finally {
      silent.close()
    }
  })

  it('is tested host by host for the dialog', async () => {
    const dead = await freePort()
    const credentials = `${broker.user}:${broker.password}`
    const address = parseTransportUrl(
      `rabbit://${credentials}@127.0.0.1:${broker.port},${credentials}@127.0.0.1:${dead},${broker.user}:wrong@127.0.0.1:${broker.port}/`,
    )
    const [good, away, refused] = await testHosts(address)
    assert.equal(good?.ok, true)
    assert.match(good?.text ?? '', /^RabbitMQ \d+\.\d+/)
    assert.equal(away?.code, 'BUS_UNREACHABLE')
    assert.equal(refused?.code, 'BUS_LOGIN_REFUSED')
  })

  it('tells which services publish', async () => {
    const model = await broker.connect()
    await (await model.createChannel()).assertExchange('neutron', 'topic', { durable: false })
    await model.close()
    assert.deepEqual(await existingExchanges(parseTransportUrl(broker.transportUrl()), ['nova', 'neutron', 'glance']), [
      'neutron',
    ])
  })
})
