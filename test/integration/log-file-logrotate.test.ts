import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { appendFileSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { PLAIN_CONVERSION } from '../../src/cadf/conversion'
import { diskFileSystem } from '../../src/notification/log-file/file-system'
import { LogFileSource } from '../../src/notification/log-file/log-file-source'
import { waitFor } from '../support/wait-for'
import { JournalInMemory } from '../unit/notification/log-file/journal-in-memory'

/** Debian's own settings for OpenStack services are the first two. */
const SETTINGS: [name: string, settings: string][] = [
  ['copytruncate and compress at once', 'copytruncate\ncompress\nrotate 5'],
  ['copytruncate and compress one turn later', 'copytruncate\ncompress\ndelaycompress\nrotate 5'],
  ['create', 'create\nrotate 5'],
  ['create and compress at once', 'create\ncompress\nrotate 5'],
  ['create, dates in the names', 'create\ncompress\ndateext\ndateformat -%Y%m%d-%s\nrotate 5'],
]

describe('The log-file source under logrotate', function () {
  this.timeout(60_000)
  let directory: string
  let log: string
  let sources: LogFileSource[]

  beforeEach(() => {
    // logrotate refuses directories that others may write to.
    directory = mkdtempSync(join(tmpdir(), 'logrotate-'))
    log = join(directory, 'neutron.log')
    sources = []
  })
  afterEach(async () => {
    for (const source of sources) await source.close()
    rmSync(directory, { recursive: true, force: true })
  })

  let count = 0
  const write = (ids: string[]) => {
    for (const id of ids) {
      const body = {
        message_id: id,
        event_type: 'port.create.end',
        priority: 'INFO',
        payload: { text: 'x'.repeat(200) },
      }
      const timestamp = `2026-11-21 07:57:44.${String(count++).padStart(6, '0')}`
      const text = JSON.stringify({ ...body, timestamp })
      appendFileSync(log, `${timestamp} 1 INFO oslo.messaging.notification.port.create.end [-] ${text}\n`)
    }
  }
  const rotate = (settings: string) => {
    const config = join(directory, 'logrotate.conf')
    writeFileSync(config, `${log} {\n${settings}\nmissingok\n}\n`, { mode: 0o644 })
    const state = join(directory, 'logrotate.state')
    const { status, stderr } = spawnSync('/usr/sbin/logrotate', ['--force', '--state', state, config], {
      encoding: 'utf8',
    })
    assert.equal(status, 0, stderr)
  }
  const follow = (kept: JournalInMemory) => {
    const received: string[] = []
    const source = new LogFileSource(
      {
        path: log,
        cloud: 'lab',
        startAt: 'beginning',
        window: 250,
        attempts: 3,
        longestLine: 1_000_000,
        pollMs: 20,
        fs: diskFileSystem,
        sleep: (ms, signal) => wait(ms, undefined, { signal }).catch(() => {}),
        wants: () => true,
        conversion: PLAIN_CONVERSION,
      },
      {
        journal: kept,
        owner: 'n1',
        deliveries: undefined,
        keepDeadLetter: async (letter) => assert.fail(JSON.stringify(letter)),
        send: ({ topic, notification }) =>
          received.push(
            topic === 'port.create.end' ? notification.messageId : `${topic} ${JSON.stringify(notification)}`,
          ),
        report: () => {},
        now: Date.now,
      },
    )
    sources.push(source)
    source.start()
    return { source, received }
  }
  const ids = (prefix: string) => Array.from({ length: 30 }, (_, index) => `${prefix}${index}`)

  for (const [name, settings] of SETTINGS) {
    it(`${name}: reads every line once and in order, running, busy, and down meanwhile`, async () => {
      // Dates in names tell seconds.
      const nextSecond = () => wait(settings.includes('dateext') ? 1100 : 0)
      const kept = new JournalInMemory()
      write(ids('a'))
      const first = follow(kept)
      await waitFor('the first lines', () => first.received.length === 30)
      rotate(settings)
      write(ids('b'))
      await waitFor('the lines after a rotation', () => first.received.length === 60)
      await first.source.close()
      assert.deepEqual(first.received, [...ids('a'), ...ids('b')])

      // Down: lines, a rotation, lines, another rotation, lines.
      write(ids('c'))
      await nextSecond()
      rotate(settings)
      write(ids('d'))
      await nextSecond()
      rotate(settings)
      write(ids('e'))
      const second = follow(kept)
      await waitFor(
        () => `${second.received.length} of 90 from ${readdirSync(directory)}`,
        () => second.received.length >= 90,
      )
      await wait(100)
      assert.deepEqual(second.received, [...ids('c'), ...ids('d'), ...ids('e')])
    })
  }
})
