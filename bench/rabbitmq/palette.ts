import { startFlow } from './flow'
import { finish, Meter, readTask } from './task'

/** This palette: RabbitMQ → openstack-notification-in → cadf-filter → end, tracked. */
async function main(): Promise<void> {
  const task = readTask()
  let meter: Meter | undefined
  const current = () => {
    meter ??= new Meter(task, finish)
    return meter
  }
  await startFlow(task, current)
}

void main()
