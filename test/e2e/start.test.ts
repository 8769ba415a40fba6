import assert from 'node:assert/strict'
import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { freePort } from '../support/free-port'
import { root } from '../support/palette'
import { sharedRabbit } from '../support/rabbitmq'
import { waitFor } from '../support/wait-for'

describe('npm start', function () {
  this.timeout(180_000)
  let directory: string
  let running: ChildProcess | undefined
  let output = ''

  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'start-'))
    output = ''
  })
  afterEach(async () => {
    const started = running
    running = undefined
    if (started?.exitCode === null) {
      const ended = new Promise((resolve) => started.once('exit', resolve))
      started.kill('SIGTERM')
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
      // The example claims nothing about its account: that the answer is whole must come from the account's role.
      assert.doesNotMatch(output, /targets incomplete/)
    })
  }
})

describe('npm start with an example by its name', function () {
  this.timeout(180_000)
  let directory: string
  let running: ChildProcess | undefined
  let output = ''

  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'start-'))
    output = ''
  })
  afterEach(async () => {
    const started = running
    running = undefined
    if (started?.exitCode === null) {
      const ended = new Promise((resolve) => started.once('exit', resolve))
      started.kill('SIGTERM')
      await ended
    }
    rmSync(directory, { recursive: true, force: true })
  })

  const cases: [name: string, command: RegExp, arrives: RegExp][] = [
    ['tampering', /curl -X POST (\S+) -d '(\{"what": "tampering"\})'/, /^webhook 202: .*agent\.tampering/m],
    ['illumio/01', /curl -X POST (\S+) -d '(\{"what": "login"\})'/, /^mail to soc@example\.net: .*logged in/m],
    ['failed logins to teams', /curl -X POST (\S+failed-login)/, /^teams 202: .*identity\.authenticate/m],
  ]
  for (const [name, command, arrives] of cases) {
    it(`${name}: prints how to make something happen, and then what arrived`, async () => {
      const port = await freePort()
      const more = ['--flow', name, '--port', String(port), '--directory', join(directory, 'home')]
      running = spawn(process.execPath, [join(root, 'scripts', 'start.mjs'), ...more], {
        stdio: ['ignore', 'pipe', 'pipe'],
      })
      for (const stream of [running.stdout, running.stderr]) {
        stream?.on('data', (chunk: Buffer) => {
          output += chunk.toString()
        })
      }
      const [, url = '', body = ''] = await waitFor(
        () => `the line of curl in ${output}`,
        () => command.exec(output),
        { timeoutMs: 60_000 },
      )
      // The sources begin with what happens after they have begun.
      const again = setInterval(() => void fetch(url, { method: 'POST', body }).catch(() => {}), 5000)
      try {
        await waitFor(
          () => `${arrives} in ${output}`,
          () => arrives.test(output),
          { timeoutMs: 90_000 },
        )
      } finally {
        clearInterval(again)
      }
    })
  }
})

describe('npm start with options that cannot be used', function () {
  this.timeout(60_000)
  let directory: string

  before(() => {
    directory = mkdtempSync(join(tmpdir(), 'start-'))
  })
  after(() => rmSync(directory, { recursive: true, force: true }))

  function refusal(...options: string[]): string {
    const script = join(root, 'scripts', 'start.mjs')
    const { status, stderr } = spawnSync(process.execPath, [script, ...options], { encoding: 'utf8' })
    assert.equal(status, 1)
    assert.match(stderr, /^npm start: /)
    assert.doesNotMatch(stderr, /\n {4}at /, 'a stack is of no use to who mistyped')
    return stderr
  }

  it('says what is wrong in a sentence', async () => {
    assert.match(refusal('--nonsense'), /'--nonsense'/)
    assert.match(refusal('--port', 'editor'), /--port must be a port number, not "editor"/)
    const closed = await freePort()
    const broker = `amqp://guest:guest@127.0.0.1:${closed}/`
    const home = join(directory, 'home')
    assert.match(refusal('--rabbitmq', broker, '--directory', home), /The broker cannot be used: .*ECONNREFUSED/)
  })

  it('lists the examples when none has the name, and those that fit when several do', () => {
    assert.match(
      refusal('--flow', 'nonsense'),
      /No example has that name\. There are:\n[\s\S]* {2}illumio\/06 - Agent tampering/,
    )
    const several = refusal('--flow', 'failed logins')
    assert.match(several, /Several examples/)
    assert.doesNotMatch(several, /tampering/)
  })

  it('empties no directory that it did not make', () => {
    const letter = join(directory, 'letter.txt')
    writeFileSync(letter, 'mine')
    assert.match(refusal('--directory', directory), /is not empty, and not of an earlier start/)
    assert.ok(existsSync(letter))
  })
})

async function privateVhost(): Promise<{ url: string }> {
  const broker = await sharedRabbit()
  const vhost = `start-${process.pid}`
  await broker.addVhost(vhost)
  return { url: broker.transportUrl({ vhost }).replace(/^rabbit:/, 'amqp:') }
}
