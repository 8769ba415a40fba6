import assert from 'node:assert/strict'
import { generateKeyPairSync } from 'node:crypto'
import { checkpointOf, checkpointText } from '../../../../src/audit/chain/checkpoint'
import type { ChainRow, VerifyReport } from '../../../../src/audit/chain/model'
import { signerOf } from '../../../../src/audit/chain/signing'
import { verifyChain } from '../../../../src/audit/chain/verify'
import { findCheckpoints } from '../../../../src/audit/verify/checkpoint-lines'
import { verifyCommand } from '../../../../src/audit/verify/command'
import { record, WrittenChain } from '../chain/written'

const at = new Date('2026-11-21T12:00:00Z')
const secret = 'a secret of the operator'
const signer = signerOf({ kind: 'hmac', secret })

interface Surroundings {
  readonly files?: Readonly<Record<string, string>>
  readonly environment?: Readonly<Record<string, string>>
  readonly rows?: readonly ChainRow[] | Error
}

async function run(
  args: string[],
  { files = {}, environment = {}, rows = new WrittenChain().events(5).rows }: Surroundings = {},
) {
  let out = ''
  let error = ''
  const asked: string[] = []
  const file = (path: string) => {
    const text = files[path]
    if (text === undefined) throw new Error(`ENOENT: no such file, open '${path}'`)
    return text
  }
  const code = await verifyCommand(args, {
    environment,
    readFile: async (path) => file(path),
    async *stream(path) {
      const text = file(path)
      for (let begin = 0; begin < text.length; begin += 100) yield text.slice(begin, begin + 100)
    },
    rows(database) {
      asked.push(database)
      if (rows instanceof Error) throw rows
      return [rows]
    },
    async cluster(at) {
      asked.push(JSON.stringify(at))
      return verifyChain([new WrittenChain().events(5).rows], { known: [], verifiers: [] })
    },
    out: (text) => {
      out += text
    },
    error: (text) => {
      error += text
    },
  })
  return { code, out, error, asked }
}

function changed(): ChainRow[] {
  const chain = new WrittenChain().events(5)
  chain.change(3, (row) => ({ ...row, kind: 'event', record: { ...record(3), body: '{}', id: 'a\u001b[2J\nb' } }))
  return chain.rows
}

describe('the command openstack-audit-verify', () => {
  it('ends with 0 when nothing was found, and says what that is worth', async () => {
    const { code, out, error, asked } = await run(['--database', 'trail.db'])
    assert.deepEqual([code, error, asked], [0, '', ['trail.db']])
    assert.match(out, /^Nothing was found\.\n/)
    assert.match(out, /accidents only/)
  })

  it('reads a cluster with what it is told, and takes secrets from files and the environment only', async () => {
    const environment = { PASSWORD: 'from the environment', API_KEY: 'aWQ6a2V5' }
    const files = { pw: 'from a file\n', 'ca.pem': 'PEM' }
    const at = ['--opensearch', 'https://search:9200']
    for (const [args, expected] of [
      [[], { prefix: 'openstack-audit', credentials: {} }],
      [
        ['--user', 'vera', '--password-env', 'PASSWORD', '--index-prefix', 'trail'],
        { prefix: 'trail', credentials: { username: 'vera', password: 'from the environment' } },
      ],
      [
        ['--user', 'vera', '--password-file', 'pw', '--ca', 'ca.pem'],
        { prefix: 'openstack-audit', credentials: { username: 'vera', password: 'from a file' }, ca: 'PEM' },
      ],
      [['--api-key-env', 'API_KEY'], { prefix: 'openstack-audit', credentials: { apiKey: 'aWQ6a2V5' } }],
    ] as const) {
      const { code, asked, error } = await run([...at, ...args], { environment, files })
      assert.deepEqual([code, error], [0, ''])
      assert.deepEqual(JSON.parse(asked[0] ?? ''), { url: 'https://search:9200', ...expected })
    }
    for (const args of [
      [...at, '--database', 'trail.db'],
      ['--database', 'trail.db', '--user', 'vera'],
      [...at, '--user', 'vera'],
      [...at, '--password-env', 'PASSWORD'],
      [...at, '--user', 'vera', '--password-env', 'PASSWORD', '--password-file', 'pw'],
      [...at, '--password', 'seen by all'],
      [...at, '--api-key-env', 'NOT_THERE'],
    ]) {
      assert.equal((await run(args, { environment, files })).code, 2, args.join(' '))
    }
  })

  it('ends with 1 and names what was found, without letting it write over the terminal', async () => {
    const { code, out } = await run(['--database', 'trail.db'], { rows: changed() })
    assert.equal(code, 1)
    assert.match(out, /changed at position 3 of writer w \(a\\u001b\[2J b\)/)
  })

  it('gives the report as JSON', async () => {
    const { code, out } = await run(['--database', 'trail.db', '--json'], { rows: changed() })
    const report = JSON.parse(out) as VerifyReport & { checkpoints: number }
    assert.equal(code, 1)
    assert.deepEqual(
      [report.ok, report.findings[0]?.position, report.strength, report.checkpoints],
      [false, 3, 'accidents', 0],
    )
  })

  it('takes checkpoints from the command line and out of a log', async () => {
    const chain = new WrittenChain().events(5)
    const early = checkpointText(checkpointOf(chain.head, at))
    chain.events(5)
    const late = checkpointText(checkpointOf(chain.head, at))
    const log = `Nov 21 12:00:00 node1 other: words\nNov 21 12:00:01 node1 audit: ${early}\n<110>1 - - - - ${late}`
    const rows = chain.rows.slice(0, 8)
    const one = await run(['--database', 'd', '--checkpoint', early], { rows })
    assert.equal(one.code, 0)
    assert.match(one.out, /up to position 5/)
    const both = await run(['--database', 'd', '--checkpoint', early, '--checkpoints', 'syslog'], {
      rows,
      files: { syslog: log },
    })
    assert.equal(both.code, 1)
    assert.match(both.out, /cut-off at positions 9 to 10/)
  })

  it('keeps to the writers that are asked for, in a log of several stores', async () => {
    const chain = new WrittenChain('mine').events(5)
    const lines = [chain, new WrittenChain('other').events(9)].map(({ head }) => checkpointText(checkpointOf(head, at)))
    const files = { log: lines.join('\n') }
    assert.equal((await run(['--database', 'd', '--checkpoints', 'log'], { rows: chain.rows, files })).code, 1)
    const args = ['--database', 'd', '--checkpoints', 'log', '--writer']
    assert.equal((await run([...args, 'mine'], { rows: chain.rows, files })).code, 0)
    assert.equal((await run([...args, 'nobody'], { rows: chain.rows, files })).code, 2)
  })

  it('verifies signatures with a public key, and with a secret from a file or the environment', async () => {
    const pair = generateKeyPairSync('ed25519')
    const own = signerOf({
      kind: 'ed25519',
      privateKey: pair.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
    })
    const pem = pair.publicKey.export({ type: 'spki', format: 'pem' }).toString()
    const signed = (by: typeof signer) => {
      const chain = new WrittenChain().events(5)
      return chain.note(checkpointText(checkpointOf(chain.head, at, by))).rows
    }
    const require = ['--database', 'd', '--require-proof']
    const ways: [string[], Surroundings][] = [
      [['--public-key', 'key.pem'], { rows: signed(own), files: { 'key.pem': pem } }],
      [['--hmac-key-file', 'key'], { rows: signed(signer), files: { key: `${secret}\n` } }],
      [['--hmac-key-env', 'KEY'], { rows: signed(signer), environment: { KEY: secret } }],
    ]
    for (const [args, around] of ways) {
      const { code, out, error } = await run([...require, ...args], around)
      assert.equal(code, 0, out + error)
      assert.match(out, /Held to tampering/)
      assert.equal((await run(require, around)).code, 1)
      assert.ok(!(out + error).includes(secret))
    }
    const wrong = await run([...require, '--public-key', 'key.pem'], {
      rows: signed(signer),
      files: { 'key.pem': pem },
    })
    assert.equal(wrong.code, 1)
  })

  const unsigned = checkpointText(checkpointOf(new WrittenChain().events(5).head, at))
  const unusable: [what: string, args: string[], around: Surroundings, says: RegExp][] = [
    ['no database', [], {}, /--database FILE or --opensearch URL is missing/],
    ['an unknown option', ['--database', 'd', '--hmac-key', 'hunter2hunter2'], {}, /--hmac-key/],
    ['a word too many', ['--database', 'd', 'what'], {}, /what/],
    [
      'half a checkpoint',
      ['--database', 'd', '--checkpoint', 'openstack-audit-checkpoint v1 writer=w position=3'],
      {},
      /whole line/,
    ],
    [
      'a checkpoint without the signature that the key is for',
      ['--database', 'd', '--checkpoint', unsigned, '--hmac-key-env', 'K'],
      { environment: { K: secret } },
      /not signed with a key/,
    ],
    ['a log that is not there', ['--database', 'd', '--checkpoints', 'gone'], {}, /gone cannot be read/],
    [
      'a log without checkpoints',
      ['--database', 'd', '--checkpoints', 'log'],
      { files: { log: 'words' } },
      /no checkpoint in log/,
    ],
    ['a key that is not there', ['--database', 'd', '--public-key', 'gone'], {}, /gone cannot be read/],
    ['a key that is none', ['--database', 'd', '--public-key', 'f'], { files: { f: 'x' } }, /PEM/],
    ['a short secret', ['--database', 'd', '--hmac-key-env', 'K'], { environment: { K: 'short' } }, /fewer than 16/],
    ['no such variable', ['--database', 'd', '--hmac-key-env', 'K'], {}, /no variable K/],
    [
      'a store that cannot be opened',
      ['--database', 'd'],
      { rows: new Error('file is not a database') },
      /not a database/,
    ],
  ]
  for (const [what, args, around, says] of unusable) {
    it(`ends with 2 and says why: ${what}`, async () => {
      const { code, out, error } = await run(args, around)
      assert.deepEqual([code, out], [2, ''])
      assert.match(error, says)
      assert.ok(!error.includes('hunter2'))
    })
  }

  it('tells how it is used', async () => {
    const { code, out } = await run(['--help'])
    assert.equal(code, 0)
    assert.match(out, /--checkpoints FILE/)
  })
})

describe('checkpoints in a log', () => {
  const line = checkpointText(checkpointOf(new WrittenChain().events(3).head, at, signer))

  it('are found however the text arrives', async () => {
    const text = `a\r\nx ${line}\r\n\n${line} y\n${line.slice(0, 150)}\n`
    for (const size of [1, 7, 100, 10_000]) {
      const chunks = Array.from({ length: Math.ceil(text.length / size) }, (_, index) =>
        text.slice(index * size, (index + 1) * size),
      )
      const { checkpoints, incomplete } = await findCheckpoints(chunks)
      assert.deepEqual([checkpoints.length, incomplete], [2, 1])
      assert.equal(checkpoints[0]?.signature, checkpoints[1]?.signature)
    }
  })

  it('do not need the memory for a file without line feeds', async () => {
    function* endless() {
      for (let i = 0; i < 2000; i++) yield 'x'.repeat(10_000)
      yield line
    }
    assert.equal((await findCheckpoints(endless())).checkpoints.length, 1)
  })
})
