import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { OperatorError } from '../../../src/errors/operator-error'
import type { Journal } from '../../../src/journal/journal'
import { openJournal } from '../../../src/journal/sqlite-journal'

describe('the journal', () => {
  let directory: string
  let path: string
  let journal: Journal

  beforeEach(async () => {
    directory = mkdtempSync(join(tmpdir(), 'journal-'))
    path = join(directory, 'journal.sqlite')
    journal = await openJournal(path)
  })
  afterEach(async () => {
    await journal.close()
    rmSync(directory, { recursive: true })
  })

  const put = (key: string, value: unknown, owner = 'n1') => ({ do: 'put', owner, kind: 'batch', key, value }) as const

  it('keeps rows over a restart, in order of insertion', async () => {
    await journal.write([put('b', { n: 1 }), put('a', { n: 2 })])
    await journal.write([put('b', { n: 3 })])
    await journal.close()
    journal = await openJournal(path)
    const rows = await journal.list('n1', 'batch')
    assert.deepEqual(
      rows.map((row) => [row.key, row.value]),
      [
        ['b', { n: 3 }],
        ['a', { n: 2 }],
      ],
    )
  })

  it('says of an insert whether the key was new', async () => {
    const insert = { do: 'insert', owner: 'n1', kind: 'seen', key: 'm1', value: 1 } as const
    assert.deepEqual(await journal.write([insert]), [true])
    assert.deepEqual(await journal.write([insert]), [false])
  })

  it('answers a question with every write that was asked for before it', async () => {
    const write = journal.write([put('a', 1)])
    assert.equal((await journal.get('n1', 'batch', 'a'))?.value, 1)
    assert.equal(await journal.count('n1', 'batch'), 1)
    await write
  })

  it('lists by prefix whatever the rest of the key is, in order of insertion', async () => {
    const keys = ['b/\u{10ffff}\u{10ffff}', 'b/', 'b/\u0000', 'b/ż', 'a/1', 'b0', 'b', 'B/1', 'b/a/b']
    await journal.write(keys.map((key) => ({ do: 'put', owner: 'n1', kind: 'prefix', key, value: 1 })))
    const listed = async (keyPrefix: string) =>
      (await journal.list('n1', 'prefix', { keyPrefix })).map(({ key }) => key)
    assert.deepEqual(await listed('b/'), ['b/\u{10ffff}\u{10ffff}', 'b/', 'b/\u0000', 'b/ż', 'b/a/b'])
    assert.deepEqual(await listed('b/ż'), ['b/ż'])
    assert.deepEqual(await listed('b/\u{10ffff}'), ['b/\u{10ffff}\u{10ffff}'])
  })

  it('lists by prefix literally and from a position on', async () => {
    await journal.write([put('a%1', 1), put('ab1', 2), put('a%2', 3)])
    const rows = await journal.list('n1', 'batch', { keyPrefix: 'a%' })
    assert.deepEqual(
      rows.map((row) => row.value),
      [1, 3],
    )
    const rest = await journal.list('n1', 'batch', { after: rows[0]?.sequence ?? 0, limit: 1 })
    assert.deepEqual(
      rest.map((row) => row.value),
      [2],
    )
  })

  it('writes all operations or none', async () => {
    const cyclic: Record<string, unknown> = {}
    cyclic['self'] = cyclic
    await assert.rejects(journal.write([put('good', 1), put('bad', cyclic)]))
    assert.equal(await journal.get('n1', 'batch', 'good'), undefined)
    assert.deepEqual(await journal.write([put('after', 1)]), [true])
  })

  it('names the owners that have rows', async () => {
    await journal.write([put('a', 1), put('b', 1), put('c', 1, 'n2')])
    assert.deepEqual(
      (await journal.owners()).map(({ owner, rows }) => [owner, rows]),
      [
        ['n1', 2],
        ['n2', 1],
      ],
    )
  })

  it('forgets rows of a kind older than a time', async () => {
    await journal.write([put('a', 1)])
    await journal.write([{ do: 'expire', owner: 'n1', kind: 'batch', before: '2000-01-01T00:00:00Z' }])
    assert.equal(await journal.count('n1', 'batch'), 1)
    await journal.write([{ do: 'expire', owner: 'n1', kind: 'batch', before: '2999-01-01T00:00:00Z' }])
    assert.equal(await journal.count('n1', 'batch'), 0)
  })

  it('is readable by its owner only', () => {
    assert.equal(statSync(path).mode & 0o777, 0o600)
  })

  it('refuses a second process and says who owns it', async () => {
    const second = spawn(
      process.execPath,
      [
        '--require',
        'tsx/cjs',
        '-e',
        `require('./src/journal/sqlite-journal.ts').openJournal(process.argv[1]).then(
          () => console.log('opened'), (error) => console.log(error.code + ' ' + error.message))`,
        path,
      ],
      { stdio: ['ignore', 'pipe', 'inherit'] },
    )
    let said = ''
    second.stdout.on('data', (chunk) => {
      said += chunk
    })
    await new Promise((resolve) => second.on('close', resolve))
    assert.match(said, new RegExp(`^JOURNAL_IN_USE .*process ${process.pid} `))
  })

  it('lets go of its file before the process that closes it ends, though nothing else keeps that alive', async () => {
    await journal.close()
    const closer = spawn(
      process.execPath,
      [
        '--require',
        'tsx/cjs',
        '-e',
        `require('./src/journal/sqlite-journal.ts').openJournal(process.argv[1]).then(async (journal) => {
          await journal.write([{ do: 'put', owner: 'n1', kind: 'batch', key: 'a', value: 1 }])
          await journal.close()
          console.log('closed')
        })`,
        path,
      ],
      { stdio: ['ignore', 'pipe', 'inherit'] },
    )
    let said = ''
    closer.stdout.on('data', (chunk) => {
      said += chunk
    })
    await new Promise((resolve) => closer.on('close', resolve))
    assert.equal(said, 'closed\n')
  })

  it('may be closed by two at the same time', async () => {
    await Promise.all([journal.close(), journal.close()])
  })

  it('loses no acknowledged row when its process is killed, and the next process may have it', async () => {
    await journal.close()
    const writer = spawn(
      process.execPath,
      [
        '--require',
        'tsx/cjs',
        '-e',
        `require('./src/journal/sqlite-journal.ts').openJournal(process.argv[1]).then(async (journal) => {
          for (let n = 0; ; n++) {
            await journal.write([{ do: 'put', owner: 'n1', kind: 'batch', key: String(n), value: n }])
            process.stdout.write(n + '\\n')
          }
        })`,
        path,
      ],
      { stdio: ['ignore', 'pipe', 'inherit'] },
    )
    let acknowledged = -1
    await new Promise<void>((resolve) => {
      writer.stdout.on('data', (chunk: Buffer) => {
        acknowledged = Number(chunk.toString().trim().split('\n').at(-1))
        if (acknowledged > 50) writer.kill('SIGKILL')
      })
      writer.on('close', () => resolve())
    })
    journal = await openJournal(path)
    assert.ok((await journal.count('n1', 'batch')) > acknowledged)
  })

  it('refuses a damaged file by name and leaves it as it is', async () => {
    await journal.close()
    const garbage = Buffer.alloc(8192, 'x')
    const damaged = join(directory, 'damaged.sqlite')
    writeFileSync(damaged, garbage)
    await assert.rejects(openJournal(damaged), (error: OperatorError) => error.code === 'JOURNAL_DAMAGED')
    assert.deepEqual(readFileSync(damaged), garbage)
    journal = await openJournal(path)
  })

  it('says that a directory is missing', async () => {
    await assert.rejects(openJournal(join(directory, 'nowhere', 'journal.sqlite')), {
      code: 'JOURNAL_UNAVAILABLE',
    })
  })
})
