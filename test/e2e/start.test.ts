import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { freePort } from '../support/free-port'
import { root } from '../support/palette'
import { sharedRabbit } from '../support/rabbitmq'
import { waitFor } from '../support/wait-for'

describe('npm start', function () {
  this.timeout(180_000)
  let directory: string
  let running: ChildProcess
  let output = ''

  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'start-'))
    output = ''
  })
  afterEach(async () => {
    if (running.exitCode === null) {
      const ended = new Promise((resolve) => running.once('exit', resolve))
      running.kill('SIGTERM')
      await ended
    }
    rmSync(directory, { recursive: true, force: true })
  })

  const ways: [way: string, options: () => Promise<string[]>][] = [
    ['without a broker', async () => []],
    // With a virtual host of its own: the exchange of the real Neutron has the same name.
    ['through a broker', async () => ['--rabbitmq', (await privateVhost()).url]],
  ]
  for (const [way, options] of ways) {
    it(`${way} prints where the editor is and how to open a port, and then what syslog received`, async () => {
      const port = await freePort()
      const more = ['--port', String(port), '--directory', join(directory, 'home'), ...(await options())]
      running = spawn(process.execPath, [join(root, 'scripts', 'start.mjs'), ...more], {
        stdio: ['ignore', 'pipe', 'pipe'],
      })
      for (const stream of [running.stdout, running.stderr]) {
        stream?.on('data', (chunk: Buffer) => {
          output += chunk.toString()
        })
      }
      const open = await waitFor(
        () => `the line of curl in ${output}`,
        () => /curl -X POST (\S+)/.exec(output)?.[1],
        { timeoutMs: 60_000 },
      )
      assert.match(output, new RegExp(`http://127\\.0\\.0\\.1:${port}/`))
      assert.match(await (await fetch(`http://127.0.0.1:${port}/`)).text(), /Node-RED/)
      const answer = (await (await fetch(open, { method: 'POST' })).json()) as {
        rule: { id: string }
        addresses: { floating: string[] }[]
      }
      const [address = ''] = answer.addresses.flatMap(({ floating }) => floating)
      assert.notEqual(address, '')
      const printed = () => output.split('\n').filter((line) => line.includes(answer.rule.id) && line.includes(address))
      await waitFor(
        () => `a syslog line with ${answer.rule.id}, ${address} and a scan reference in ${output}`,
        () => printed().some((line) => /scan\/\d+\.\d+/.test(line)),
        { timeoutMs: 120_000 },
      )
    })
  }
})

async function privateVhost(): Promise<{ url: string }> {
  const broker = await sharedRabbit()
  const vhost = `start-${process.pid}`
  await broker.addVhost(vhost)
  return { url: broker.transportUrl({ vhost }).replace(/^rabbit:/, 'amqp:') }
}
