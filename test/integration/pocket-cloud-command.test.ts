import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { type AddressInfo, connect, createServer } from 'node:net'
import { join } from 'node:path'
import { ask } from '../support/pocket-calls'
import { waitFor } from '../support/wait-for'

const command = join(__dirname, '../../lab/cli.ts')

describe('The command openstack-pocket-cloud', () => {
  let child: ChildProcess | undefined
  let output = ''
  afterEach(() => {
    child?.kill('SIGKILL')
    child = undefined
  })

  function run(...args: string[]): ChildProcess {
    output = ''
    child = spawn(process.execPath, ['--require', require.resolve('tsx/cjs'), command, ...args], {
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    for (const stream of [child.stdout, child.stderr])
      stream?.on('data', (chunk: Buffer) => (output += chunk.toString()))
    return child
  }

  it('prints where everything is and a curl line that opens a port, shows what happens, and ends cleanly', async function () {
    this.timeout(60_000)
    const running = run('--base-port', '0')
    await waitFor('the greeting', () => output.includes('End with Ctrl-C.'), { timeoutMs: 30_000 })
    const open = /curl -X POST (\S+)/.exec(output)?.[1] ?? ''
    const log = /written to (\S+)/.exec(output)?.[1] ?? ''
    const tcp = Number(/TCP (\d+)/.exec(output)?.[1])
    assert.match(output, /Application credential [0-9a-f]{32}, secret \S+/)
    assert.equal((await ask('POST', open)).status, 201)
    assert.ok(existsSync(log))

    const socket = connect(tcp, '127.0.0.1')
    socket.write('<13>1 - - - - - - \u001b[2Jhello\n')
    await waitFor('the syslog line', () => output.includes('hello'), { timeoutMs: 10_000 })
    // What came from outside cannot write over the terminal.
    assert.match(output, /syslog tcp: <13>1 - - - - - - \\u001b\[2Jhello/)
    socket.destroy()

    running.kill('SIGTERM')
    const [code] = await once(running, 'exit')
    assert.equal(code, 0)
    assert.equal(existsSync(log), false)
  })

  it('says what to do when a port is taken', async function () {
    this.timeout(60_000)
    const taken = createServer().listen(0, '127.0.0.1')
    await once(taken, 'listening')
    const { port } = taken.address() as AddressInfo
    const running = run('--no-tls', '--base-port', '0', '--qualys-port', String(port))
    const [code] = await once(running, 'exit')
    taken.close()
    assert.equal(code, 1)
    assert.match(output, new RegExp(`EADDRINUSE: address already in use 127\\.0\\.0\\.1:${port}\\. Choose other ports`))
  })

  it('ends with one sentence when it cannot start', async function () {
    this.timeout(60_000)
    const running = run('--no-tls', '--base-port', '0', '--keystone-port', 'five')
    const [code] = await once(running, 'exit')
    assert.equal(code, 1)
    assert.match(output.trim(), /^openstack-pocket-cloud: --keystone-port must be a port number, not "five"\.$/)
  })
})
