import { randomInt } from 'node:crypto'
import { createServer } from 'node:net'

/** Below the ports that the kernel takes for connections that go out (32768 and up on Linux). */
const LOWEST = 15_000
const HIGHEST = 32_000
let next = randomInt(LOWEST, HIGHEST)

/**
 * A TCP port on loopback that nobody listens on, and that no connection takes by chance before it is listened on, or while
 * what listens on it is restarted. Each is given once in a process.
 */
export async function freePort(): Promise<number> {
  for (let tries = 0; tries < 1000; tries += 1) {
    next = next === HIGHEST ? LOWEST : next + 1
    const port = next
    if (await isFree(port)) return port
  }
  throw new Error(`No port between ${LOWEST} and ${HIGHEST} is free.`)
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer()
    server.once('error', () => resolve(false))
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)))
  })
}
