import { type RealOpenStack, startRealOpenStack } from './cloud/real-openstack'
import { Recorder } from './recorder'

export interface SharedOpenStack {
  readonly cloud: RealOpenStack
  /** Hears all that the cloud says from its start on. */
  readonly recorder: Recorder
}

let shared: Promise<SharedOpenStack> | undefined

/** The cloud that all test files share: started by the first that asks, stopped after the last test. */
export function sharedOpenStack(): Promise<SharedOpenStack> {
  shared ??= start()
  return shared
}

/** For the hook that asks first. */
export const STARTUP_MS = 300_000

async function start(): Promise<SharedOpenStack> {
  // By themselves these end the process without the hooks that end what it has started.
  process.once('SIGINT', () => process.exit(130))
  process.once('SIGTERM', () => process.exit(143))
  const cloud = await startRealOpenStack((line) => console.log(`    ${line}`))
  try {
    // A service's exchange appears with its first message; what comes before it is bound, the broker throws away.
    await cloud.admin.list(`${cloud.urls.neutron}/v2.0/networks`)
    await cloud.admin.list(`${cloud.urls.octavia}/v2/lbaas/loadbalancers`)
    return { cloud, recorder: await Recorder.start(cloud) }
  } catch (error) {
    await cloud.stop()
    throw error
  }
}

// A root hook: mocha runs it once, after all files.
after(async function () {
  this.timeout(120_000)
  const running = await shared?.catch(() => undefined)
  await running?.recorder.stop()
  await running?.cloud.stop()
})
