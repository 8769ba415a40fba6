import { waitFor } from '../support/wait-for'
import type { RealOpenStack } from './cloud/real-openstack'

/** Waits until a source has bound its queue to every exchange; it leaves a mark then. */
export async function boundTo({ broker }: RealOpenStack, queue: string, said: () => string): Promise<void> {
  const connection = await broker.connect()
  try {
    await waitFor(
      () => `the queue ${queue} to be bound; ${said()}`,
      async () => {
        const channel = await connection.createChannel()
        channel.on('error', () => {})
        return channel.checkExchange(`${queue}.boot-mark`).then(
          () => true,
          () => false,
        )
      },
      { timeoutMs: 30_000 },
    )
  } finally {
    await connection.close()
  }
}
