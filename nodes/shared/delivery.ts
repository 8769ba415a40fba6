import { randomBytes } from 'node:crypto'
import type { NodeAPI } from 'node-red'
import { type Clock, DeliveryTracker, type Runtime } from '../../src/delivery'
import type { DeliveryService, DeliverySource, SourceOptions } from '../../src/delivery/service'
import { describeError, OperatorError } from '../../src/errors/operator-error'
import { quote } from '../../src/errors/redact'
import { addHooks, hooksOf, removeHooks } from './delivery-hooks'
import { WireWalks } from './delivery-walk'

/** One service per runtime; a process can hold several (tests do). */
const services = new WeakMap<object, DeliveryService>()

/** The delivery service of the runtime that this `RED` belongs to. */
export function deliveryService(RED: NodeAPI): DeliveryService {
  // Each node type is given a RED of its own; these two are the same for all of a runtime.
  const runtime: object = hooksOf(RED) ?? RED.events
  let service = services.get(runtime)
  if (service === undefined) {
    service = bind(RED)
    services.set(runtime, service)
  }
  return service
}

function bind(RED: NodeAPI): DeliveryService {
  const hooks = hooksOf(RED)
  const told = new Set<string>()
  const onFault = (thrown: unknown) => {
    const text = quote(describeError(thrown))
    // A fault in a hook comes with every message.
    if (told.has(text) || told.size > 100) return
    told.add(text)
    RED.log.error(`openstack-events delivery: ${text}`)
  }
  const tracker = new DeliveryTracker(
    { clock, runtime: runtimeOf(RED), randomKey: () => randomBytes(6).toString('hex'), onFault },
    hooks !== undefined,
  )
  const walks = new WireWalks(RED)
  const walkWires = () => {
    try {
      if (hooks !== undefined) walks.run(tracker.sourcesEndingWithTheFlow)
    } catch (thrown) {
      onFault(thrown)
    }
  }
  let walkIsDue = false
  /** Many sources that come in one turn are one walk. */
  const walkSoon = () => {
    if (walkIsDue) return
    walkIsDue = true
    setImmediate(() => {
      walkIsDue = false
      walkWires()
    })
  }
  let flowsAreUp = false
  RED.events.on('flows:stopping', () => {
    flowsAreUp = false
    tracker.flowsStopping()
  })
  RED.events.on('flows:stopped', () => tracker.flowsStopped())
  const started = () => {
    flowsAreUp = true
    tracker.flowsStarted()
    walkWires()
  }
  // Every source asks for the service while the palette is loaded, so that it hears of the first start.
  RED.events.on('flows:started', started)

  let warned = false
  return {
    tracks: tracker.tracks,
    source: (options: SourceOptions): DeliverySource => {
      if (hooks === undefined) {
        if (!warned) RED.log.warn(NO_HOOKS)
        warned = true
        return tracker.source(options)
      }
      if (!tracker.hasSources && !addHooks(hooks, tracker, onFault)) throw secondCopy()
      const source = tracker.source(options)
      // One that comes later, as it waited for something.
      if (flowsAreUp) walkSoon()
      return {
        open: (onSettled) => source.open(onSettled),
        get inFlight() {
          return source.inFlight
        },
        drain: (timeoutMs) => source.drain(timeoutMs),
        close: () => {
          source.close()
          if (!tracker.hasSources) removeHooks(hooks)
        },
      }
    },
    signal: (token) => tracker.signal(token),
    begin: (token, nodeId, message) => tracker.begin(token, nodeId, message),
    away: (token, nodeId, reason) => tracker.away(token, nodeId, reason),
    back: (nodeId) => tracker.back(nodeId),
    settle: (token, settlement, nodeId) => tracker.settle(token, settlement, nodeId),
  }
}

const NO_HOOKS =
  'openstack-events: this runtime has no message hooks, so a message counts as delivered as soon as it is sent into the flow.'

function secondCopy(): OperatorError {
  return new OperatorError(
    'SECOND_COPY',
    'Another copy of node-red-contrib-openstack-events already tracks messages in this Node-RED.',
    { remedy: 'Remove one of them from the palette (look into node_modules and nodesDir) and restart.' },
  )
}

const clock: Clock = {
  now: () => performance.now(),
  setTimeout: (callback, ms) => {
    const timer = setTimeout(callback, ms)
    timer.unref()
    return () => clearTimeout(timer)
  },
  setImmediate: (callback) => {
    setImmediate(callback)
  },
}

function runtimeOf(RED: NodeAPI): Runtime {
  const nodeOf = (id: string): unknown => RED.nodes.getNode(id)
  return {
    isDeployed: (id, node) => nodeOf(id) === node,
    destination: (id) => {
      const running = nodeOf(id)
      if (running !== null && running !== undefined) return 'running'
      return isOff(RED, id) ? 'off' : 'failed'
    },
    hasWires: (id) => {
      const node = nodeOf(id) as { wires?: unknown[][] } | null | undefined
      return node?.wires?.some((port) => port.length > 0) ?? false
    },
    describe: (id) => {
      const node = nodeOf(id) as { type?: string; name?: string } | null | undefined
      const config = node ?? configOf(RED, id)
      if (config === undefined) return `node ${id}`
      return quote(config.name ? `${config.type} "${config.name}" (${id})` : `${config.type} (${id})`)
    },
  }
}

interface FlowConfig {
  readonly id: string
  readonly type?: string
  readonly name?: string
  readonly z?: string
  readonly d?: boolean
  readonly disabled?: boolean
}

function configOf(RED: NodeAPI, id: string): FlowConfig | undefined {
  let found: FlowConfig | undefined
  RED.nodes.eachNode((config) => {
    if (config.id === id) found = config as FlowConfig
  })
  return found
}

/** Disabled, on a disabled tab, or not in the flows at all: nobody expects it to take a message. */
function isOff(RED: NodeAPI, id: string): boolean {
  const config = configOf(RED, id)
  if (config === undefined || config.d === true) return true
  return config.z !== undefined && configOf(RED, config.z)?.disabled === true
}
