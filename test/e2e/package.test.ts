import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fillInExample } from '../../lab/examples/fill-in'
import { startPocketCloud } from '../../lab/pocket-cloud'
import { MAIN_EXAMPLE } from '../support/example'
import { type FlowNode, type NodeRedLine, startNodeRed } from '../support/node-red'
import { waitFor } from '../support/wait-for'

const root = dirname(dirname(__dirname))
const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
  name: string
  'node-red': { nodes: Record<string, string> }
}
const TYPES = Object.keys(manifest['node-red'].nodes)

interface NodeSet {
  module: string
  name: string
  types: string[]
  enabled: boolean
  err?: unknown
}

function npm(directory: string, ...args: string[]): string {
  return execFileSync('npm', [...args, '--no-audit', '--no-fund', '--loglevel=error'], {
    cwd: directory,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
  })
}

/** The oldest Node that Node-RED 5 accepts; it has no SQLite yet. Kept between runs. */
function oldestNode(): string {
  const directory = join(root, 'node_modules', '.cache', 'node-22.9.0')
  const name = `node-${process.platform}-${process.arch}`
  const binary = join(directory, 'node_modules', name, 'bin', 'node')
  if (!existsSync(binary)) {
    mkdirSync(directory, { recursive: true })
    writeFileSync(join(directory, 'package.json'), '{}')
    npm(directory, 'install', `${name}@22.9.0`)
  }
  return binary
}

describe('the packed package, installed into an empty user directory', function () {
  this.timeout(180_000)
  let userDir: string

  before(() => {
    userDir = mkdtempSync(join(tmpdir(), 'packed-'))
    const [{ filename }] = JSON.parse(npm(root, 'pack', '--ignore-scripts', '--json', '--pack-destination', userDir))
    writeFileSync(join(userDir, 'package.json'), '{"name":"node-red-project","private":true,"version":"0.0.1"}')
    npm(userDir, 'install', '--prefer-offline', '--omit=dev', join(userDir, filename))
  })
  after(() => rmSync(userDir, { recursive: true, force: true }))

  async function nodeSets(line: NodeRedLine, nodeBinary?: string): Promise<NodeSet[]> {
    const nodeRed = await startNodeRed({
      line,
      userDir,
      link: false,
      flows: [
        { id: 'tab1', type: 'tab', label: 'packed' },
        { id: 'batch1', type: 'cadf-batch', z: 'tab1', version: 1, name: '', x: 200, y: 100, wires: [[]] },
      ],
      ...(nodeBinary === undefined ? {} : { nodeBinary }),
    })
    try {
      if (nodeBinary !== undefined) await nodeRed.waitForLog(/needs Node 22\.13/)
      const answer = await nodeRed.admin('/nodes', { headers: { accept: 'application/json' } })
      return ((await answer.json()) as NodeSet[]).filter((set) => set.module === manifest.name)
    } finally {
      await nodeRed.stop()
    }
  }

  function assertAllLoaded(sets: NodeSet[]): void {
    assert.deepEqual(
      sets.filter((set) => set.err !== undefined || !set.enabled).map((set) => [set.name, set.err]),
      [],
    )
    assert.deepEqual(sets.flatMap((set) => set.types).sort(), [...TYPES].sort())
  }

  for (const line of ['5', '4.1'] as const) {
    it(`loads every node in Node-RED ${line}`, async () => {
      assertAllLoaded(await nodeSets(line))
    })
  }

  it('loads every node on Node 22.9, and those that need SQLite say so', async () => {
    assertAllLoaded(await nodeSets('5', oldestNode()))
  })

  it('brings the examples, the icons and the licence, and no tests', () => {
    const installed = join(userDir, 'node_modules', manifest.name)
    assert.ok(existsSync(join(installed, 'examples')))
    assert.ok(existsSync(join(installed, 'dist', 'nodes', 'keystone-config', 'icons', 'syslog-out.svg')))
    assert.ok(existsSync(join(installed, 'LICENSE')))
    assert.ok(!existsSync(join(installed, 'test')))
  })

  for (const line of ['5', '4.1'] as const) {
    it(`hands the example to the import menu of Node-RED ${line}, and it runs`, async () => {
      const logFile = join(userDir, `neutron-${line}.log`)
      const cloud = await startPocketCloud({ certificate: false, notifications: { logFile } })
      const nodeRed = await startNodeRed({ line, userDir, link: false, flows: [] })
      try {
        const [, theme = '', file = ''] = MAIN_EXAMPLE.split('/')
        // The menu leaves out the ending.
        const path = ['flows', manifest.name, theme, file.replace(/\.json$/, '')].map(encodeURIComponent).join('/')
        const example = await (await nodeRed.admin(`/library/examples/${path}`)).json()
        const filled = fillInExample(example as FlowNode[], { cloud, logFile, windowSeconds: 1 })
        await nodeRed.deploy(
          filled.flows.map((node) => ({ ...node, credentials: filled.credentials[node.id] })) as FlowNode[],
        )
        await fetch(`${cloud.urls.control}/demo/open-port`, { method: 'POST' })
        const reference = await waitFor(
          () => `the scan in\n${nodeRed.log().slice(-1500)}`,
          () => cloud.qualys.subscription.scans[0]?.reference,
          { timeoutMs: 60_000 },
        )
        await waitFor('its audit line', () => cloud.syslog.lines.some((one) => one.line.includes(reference)))
      } finally {
        await nodeRed.stop()
        await cloud.close()
      }
    })
  }

  it('offers the pocket cloud as a command', () => {
    const command = join(userDir, 'node_modules', '.bin', 'openstack-pocket-cloud')
    assert.match(execFileSync(command, ['--help'], { encoding: 'utf8' }), /openstack-pocket-cloud/)
  })
})
