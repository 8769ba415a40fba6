import { randomBytes } from 'node:crypto'
import { freePort } from '../../support/free-port'
import { type PrivateRabbit, startRabbit } from '../../support/rabbitmq'
import { startDatabase } from './database'
import { Grounds } from './grounds'
import { Keystone, type NotificationFormat } from './keystone'
import { Neutron } from './neutron'
import { Octavia } from './octavia'
import type { Person } from './person'
import { administrator, register } from './register'
import type { Setting } from './setting'

/** Keystone, Neutron and Octavia with RabbitMQ and MariaDB, all private and on loopback. */
export interface RealOpenStack {
  readonly broker: PrivateRabbit
  readonly admin: Person
  readonly urls: {
    /** With `/v3`. */
    readonly keystone: string
    /** Without a version, as in the catalog. */
    readonly neutron: string
    readonly octavia: string
  }
  /** The log files that notifications are written to as well. */
  readonly logs: {
    readonly keystone: string
    readonly neutron: string
    readonly octaviaApi: string
    readonly octaviaWorker: string
  }
  /** Starts Keystone again, to send its notifications in this format from now on. */
  speak(format: NotificationFormat): Promise<void>
  stop(): Promise<void>
}

/** Starts everything; half a minute on two idle cores, most of it database migrations. */
export async function startRealOpenStack(say: (line: string) => void = () => {}): Promise<RealOpenStack> {
  const grounds = new Grounds()
  const stops: (() => Promise<void>)[] = []
  const stop = async () => {
    for (const one of stops.splice(0).reverse()) await one()
    grounds.remove()
  }
  try {
    return await start(grounds, stops, stop, say)
  } catch (error) {
    await stop()
    throw error
  }
}

async function start(
  grounds: Grounds,
  stops: (() => Promise<void>)[],
  stop: () => Promise<void>,
  say: (line: string) => void,
): Promise<RealOpenStack> {
  const began = Date.now()
  const timed = (what: string) => say(`${what} after ${((Date.now() - began) / 1000).toFixed(0)} s`)
  const password = randomBytes(12).toString('hex')
  const ports = await distinctPorts(4)
  const [broker, database] = await all([
    startRabbit().then((started) => {
      stops.push(() => started.stop())
      return started
    }),
    startDatabase(grounds, { port: ports[3], password, names: ['keystone', 'neutron', 'octavia'] }).then((started) => {
      stops.push(() => started.stop())
      return started
    }),
  ])
  timed('RabbitMQ and MariaDB run')
  const setting: Setting = {
    grounds,
    broker,
    database,
    password,
    ports: { keystone: ports[0], neutron: ports[1], octavia: ports[2] },
  }
  const keystone = new Keystone(setting)
  const neutron = new Neutron(setting)
  const octavia = new Octavia(setting)
  stops.push(() => all([keystone.stop(), neutron.stop(), octavia.stop()]).then(() => {}))
  const raise = async (service: Keystone | Neutron | Octavia) => {
    await service.prepare()
    await service.start('cadf')
    timed(`${service.constructor.name} runs`)
  }
  await all([raise(keystone), raise(neutron), raise(octavia)])
  const admin = await administrator(keystone.url, password)
  await register(admin, {
    keystone: keystone.url,
    password,
    services: [
      { user: 'neutron', type: 'network', url: neutron.url },
      { user: 'octavia', type: 'load-balancer', url: octavia.url },
    ],
  })
  timed('all services are registered')
  return {
    broker,
    admin,
    urls: { keystone: keystone.url, neutron: neutron.url, octavia: octavia.url },
    logs: {
      keystone: keystone.log,
      neutron: neutron.log,
      octaviaApi: octavia.apiLog,
      octaviaWorker: octavia.workerLog,
    },
    speak: (format) => keystone.start(format),
    stop,
  }
}

/** As Promise.all, but a failure is reported when none of the others is under way any more and all can be stopped. */
async function all<T extends readonly unknown[]>(
  promises: {
    readonly [K in keyof T]: Promise<T[K]>
  },
): Promise<T> {
  const results = await Promise.allSettled(promises)
  const failed = results.find((one) => one.status === 'rejected')
  if (failed !== undefined) throw failed.reason
  return Promise.all(promises) as unknown as Promise<T>
}

async function distinctPorts(count: 4): Promise<[number, number, number, number]>
async function distinctPorts(count: number): Promise<number[]> {
  const ports = new Set<number>()
  while (ports.size < count) ports.add(await freePort())
  return [...ports]
}
