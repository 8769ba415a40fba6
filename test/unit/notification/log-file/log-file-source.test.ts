import assert from 'node:assert/strict'
import {
  appendFileSync,
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  truncateSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { gzipSync } from 'node:zlib'
import type { DeliverySource, Settlement } from '../../../../src/delivery/service'
import type { OccurrenceMessage } from '../../../../src/message/model'
import type { LogFileState } from '../../../../src/notification/log-file/contract'
import { deadLetterFile } from '../../../../src/notification/log-file/dead-letter-file'
import { diskFileSystem } from '../../../../src/notification/log-file/file-system'
import { LogFileSource } from '../../../../src/notification/log-file/log-file-source'
import { waitFor } from '../../../support/wait-for'
import { recordings } from '../recordings'
import { JournalInMemory } from './journal-in-memory'

const ACCEPTED: Settlement = { outcome: 'accepted' }
const FAILED: Settlement = {
  outcome: 'retry',
  reason: { code: 'FLOW_ERROR', message: 'no', nodeId: 'n1' },
  countsAttempt: true,
}
const DEPLOYED: Settlement = { outcome: 'retry', reason: { code: 'DEPLOYED', message: 'x' }, countsAttempt: false }

let millisecond = 0
/** A log line of its own time, as no two lines of a log begin alike. */
const logLine = (id: string, payload: object = {}) => {
  millisecond++
  const body = { message_id: id, publisher_id: 'network.vm', event_type: 'port.create.end', priority: 'INFO', payload }
  const at = `2026-11-21 07:57:44.${String(millisecond).padStart(6, '0')}`
  return `${at} 1 INFO oslo.messaging.notification.port.create.end [-] ${JSON.stringify({ ...body, timestamp: at })}\n`
}
const ordinary = () => `2026-11-21 07:57:44.${millisecond++} 1 INFO neutron.wsgi [-] GET /\n`

/** What the flow does with a message: settles it at once, or leaves it open (undefined). */
type Flow = (message: OccurrenceMessage, times: number) => Settlement | undefined

class Run {
  readonly messages: OccurrenceMessage[] = []
  readonly states: LogFileState[] = []
  readonly source: LogFileSource
  private readonly settle = new Map<string, (settlement: Settlement) => void>()
  inFlight = 0
  most = 0

  readonly path: string

  constructor(
    path: string,
    journal: JournalInMemory,
    options: {
      startAt?: 'end' | 'beginning'
      window?: number
      attempts?: number
      flow?: Flow
      receipt?: boolean
      longestLine?: number
    } = {},
  ) {
    const { flow = () => ACCEPTED } = options
    this.path = path
    const listeners = new Map<string, (settlement: Settlement) => void>()
    let opened = 0
    const deliveries: DeliverySource = {
      open: (onSettled) => {
        const token = `t${++opened}`
        this.inFlight++
        this.most = Math.max(this.most, this.inFlight)
        listeners.set(token, (settlement) => {
          this.inFlight--
          onSettled(settlement)
        })
        return { token, sent: () => {} }
      },
      get inFlight() {
        return 0
      },
      drain: async () => {},
      close: () => {},
    }
    this.source = new LogFileSource(
      {
        path,
        cloud: 'lab',
        startAt: options.startAt ?? 'beginning',
        window: options.window ?? 250,
        attempts: options.attempts ?? 3,
        longestLine: options.longestLine ?? 1_000_000,
        pollMs: 10,
        fs: diskFileSystem,
        sleep: (ms, signal) => wait(ms, undefined, { signal }).catch(() => {}),
        wants: (eventType) => !eventType.startsWith('ignored.'),
      },
      {
        journal,
        owner: 'node1',
        deliveries: options.receipt ? undefined : deliveries,
        keepDeadLetter: deadLetterFile(`${path}.dead`),
        send: (message) => {
          this.messages.push(message)
          const { messageId } = message.notification
          const token = message._delivery
          if (token === undefined) return
          const times = this.messages.filter((one) => one.notification.messageId === messageId).length
          const settlement = flow(message, times)
          const settle = listeners.get(token)
          assert.ok(settle)
          if (settlement === undefined) this.settle.set(messageId, settle)
          else setImmediate(() => settle(settlement))
        },
        report: (state) => this.states.push(state),
        now: Date.now,
      },
    )
    this.source.start()
  }

  get ids(): string[] {
    return this.messages.map(({ notification }) => notification.messageId)
  }

  finish(id: string, settlement = ACCEPTED): void {
    const settle = this.settle.get(id)
    assert.ok(settle, `${id} is open`)
    this.settle.delete(id)
    settle(settlement)
  }

  async gets(...ids: string[]): Promise<void> {
    await waitFor(
      () => `${ids} and got ${this.ids}; ${JSON.stringify(this.states.at(-1))}`,
      () => this.ids.length >= ids.length,
    )
    // A message too many would come with the next look at the file.
    await wait(30)
    assert.deepEqual(this.ids, ids)
  }

  async caughtUp(): Promise<void> {
    const before = this.states.length
    await waitFor(
      'two looks at the end of the file',
      () => this.states.slice(before).filter(({ kind }) => kind === 'reading' || kind === 'missing').length > 2,
    )
  }

  deadLetters(): {
    reason: { code: string }
    line?: string
    offset: number
    attempts: number
    notification?: { messageId: string }
  }[] {
    return readFileSync(`${this.path}.dead`, 'utf8')
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line))
  }
}

describe('Following a log file', () => {
  let directory: string
  let path: string
  let journal: JournalInMemory
  let runs: Run[]
  const start = (options: ConstructorParameters<typeof Run>[2] = {}) => {
    const run = new Run(path, journal, options)
    runs.push(run)
    return run
  }
  const saved = () =>
    ([...journal.rows.values()][0]?.row.value as { position: { offset: number } } | undefined)?.position.offset

  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'log-file-'))
    path = join(directory, 'neutron.log')
    journal = new JournalInMemory()
    runs = []
  })
  afterEach(async () => {
    for (const run of runs) await run.source.close()
    rmSync(directory, { recursive: true, force: true })
  })

  it('sends what is there and what comes, and passes over the rest', async () => {
    writeFileSync(path, ordinary() + logLine('m1') + ordinary())
    const run = start()
    await run.gets('m1')
    appendFileSync(path, ordinary() + logLine('m2'))
    await run.gets('m1', 'm2')
    const [message] = run.messages
    assert.equal(message?.topic, 'port.create.end')
    assert.equal(message?.event.action, 'create')
    assert.equal(message?.notification.source.kind, 'log-file')
    assert.equal(message?.notification.source.file, path)
  })

  it('starts at the end if told so, and goes on from there after a restart', async () => {
    writeFileSync(path, logLine('old'))
    const run = start({ startAt: 'end' })
    await run.caughtUp()
    await run.source.close()
    appendFileSync(path, logLine('m1'))
    await start({ startAt: 'end' }).gets('m1')
    assert.deepEqual(run.ids, [])
  })

  it('waits for a file that is not there yet, and then takes all of it', async () => {
    const run = start({ startAt: 'end' })
    await waitFor('missing', () => run.states.some(({ kind }) => kind === 'missing'))
    await run.source.close()
    const again = start({ startAt: 'end' })
    await waitFor('missing', () => again.states.some(({ kind }) => kind === 'missing'))
    writeFileSync(path, logLine('m1'))
    await again.gets('m1')
  })

  it('takes a line only when it is whole, wherever it is cut', async () => {
    const line = Buffer.from(logLine('żółw-🐢', { name: 'żółw' }))
    writeFileSync(path, '')
    const run = start()
    for (let at = 0; at < line.length; at += 40) {
      await wait(5)
      assert.equal(run.messages.length, 0)
      appendFileSync(path, line.subarray(at, at + 40))
    }
    await run.gets('żółw-🐢')
    assert.deepEqual(run.messages[0]?.payload, { name: 'żółw' })
  })

  it('reads all that the log driver wrote in the recordings', async () => {
    path = join(recordings, 'log-driver', 'neutron.log')
    const expected = readFileSync(path, 'utf8')
      .split('\n')
      .flatMap((text) => / oslo\.messaging\.notification\..*"message_id": "([^"]+)"/.exec(text)?.[1] ?? [])
    await start().gets(...expected)
    assert.ok(expected.length > 100)
  })

  it('leaves out event types that are not wanted, and moves past them', async () => {
    writeFileSync(path, logLine('m1').replaceAll('port.create.end', 'ignored.create.end') + logLine('m2'))
    const run = start()
    await run.gets('m2')
    await run.source.close()
    assert.equal(saved(), readFileSync(path).length)
  })

  describe('keeps its position', () => {
    it('below the lowest line that is still open, so that a restart brings that and what follows', async () => {
      const [one, two, three] = [logLine('m1'), logLine('m2'), logLine('m3')]
      writeFileSync(path, one + two + three)
      const run = start({ flow: ({ notification }) => (notification.messageId === 'm2' ? undefined : ACCEPTED) })
      await run.gets('m1', 'm2', 'm3')
      await run.source.close()
      assert.equal(saved(), one.length)
      await start().gets('m2', 'm3')
    })

    it('and a finished line does not come again', async () => {
      writeFileSync(path, logLine('m1') + ordinary())
      const run = start()
      await run.gets('m1')
      await run.source.close()
      assert.equal(saved(), readFileSync(path).length)
      const again = start()
      await again.caughtUp()
      assert.deepEqual(again.ids, [])
    })

    it('also when the process dies without closing, but for the last moment', async () => {
      writeFileSync(path, logLine('m1'))
      await start().gets('m1')
      await waitFor('a save', () => saved() === readFileSync(path).length)
    })

    it('and saves it again when the journal failed', async () => {
      journal.fail = new Error('disk full')
      writeFileSync(path, logLine('m1'))
      const run = start()
      await run.gets('m1')
      const failed = () => run.states.find((state) => state.kind === 'trouble')
      await waitFor('trouble', failed)
      assert.ok(failed()?.kind === 'trouble')
      journal.fail = undefined
      await waitFor('a save', () => saved() === readFileSync(path).length)
    })
  })

  describe('rotated by renaming', () => {
    it('finishes the old file, with what is written to it late, and goes on in the new one', async () => {
      writeFileSync(path, logLine('m1'))
      const run = start()
      await run.gets('m1')
      renameSync(path, `${path}.1`)
      appendFileSync(`${path}.1`, logLine('m2'))
      writeFileSync(path, logLine('m3'))
      await run.gets('m1', 'm2', 'm3')
    })

    it('finishes the old file without a new one being there', async () => {
      writeFileSync(path, logLine('m1'))
      const run = start()
      await run.gets('m1')
      appendFileSync(path, logLine('m2'))
      renameSync(path, `${path}.1`)
      await run.gets('m1', 'm2')
      await waitFor('missing', () => run.states.some(({ kind }) => kind === 'missing'))
      writeFileSync(path, logLine('m3'))
      await run.gets('m1', 'm2', 'm3')
    })

    it('takes the last line of the old file even without a line end', async () => {
      writeFileSync(path, logLine('m1'))
      const run = start()
      await run.gets('m1')
      appendFileSync(path, logLine('m2').trimEnd())
      renameSync(path, `${path}.1`)
      writeFileSync(path, logLine('m3'))
      await run.gets('m1', 'm2', 'm3')
    })

    it('is followed over a restart', async () => {
      writeFileSync(path, logLine('m1'))
      const run = start()
      await run.gets('m1')
      await run.source.close()
      appendFileSync(path, logLine('m2'))
      renameSync(path, `${path}.1`)
      writeFileSync(path, logLine('m3'))
      await start().gets('m2', 'm3')
    })

    it('and compressed is followed over a restart', async () => {
      writeFileSync(path, logLine('m1') + logLine('m2'))
      const run = start({ flow: ({ notification }) => (notification.messageId === 'm1' ? ACCEPTED : undefined) })
      await run.gets('m1', 'm2')
      await run.source.close()
      writeFileSync(`${path}.1.gz`, gzipSync(readFileSync(path) + logLine('m3')))
      unlinkSync(path)
      writeFileSync(path, logLine('m4'))
      await start().gets('m2', 'm3', 'm4')
    })

    it('several times while nobody looked, is read in order', async () => {
      writeFileSync(path, logLine('m1'))
      const run = start()
      await run.gets('m1')
      await run.source.close()
      writeFileSync(`${path}.4.gz`, gzipSync(logLine('older')))
      writeFileSync(`${path}.3.gz`, gzipSync(readFileSync(path) + logLine('m2')))
      writeFileSync(`${path}.2`, logLine('m3'))
      writeFileSync(`${path}.2.gz`, gzipSync(readFileSync(`${path}.2`)).subarray(0, 30))
      writeFileSync(`${path}.1`, logLine('m4'))
      writeFileSync(`${path}.notes`, logLine('none'))
      unlinkSync(path)
      writeFileSync(path, logLine('m5'))
      await start().gets('m2', 'm3', 'm4', 'm5')
    })

    it('with dates in the names is read in order', async () => {
      writeFileSync(path, logLine('m1'))
      const run = start()
      await run.gets('m1')
      await run.source.close()
      renameSync(path, `${path}-20261120`)
      writeFileSync(`${path}-20261119.gz`, gzipSync(logLine('older')))
      writeFileSync(`${path}-20261121.gz`, gzipSync(logLine('m2')))
      writeFileSync(path, logLine('m3'))
      await start().gets('m2', 'm3')
    })
  })

  describe('rotated by copytruncate', () => {
    it('finishes from the copy and goes on in the file', async () => {
      writeFileSync(path, logLine('m1'))
      const run = start({
        window: 1,
        flow: ({ notification }) => (notification.messageId === 'm2' ? undefined : ACCEPTED),
      })
      await run.gets('m1')
      appendFileSync(path, logLine('m2') + logLine('m3'))
      await run.gets('m1', 'm2')
      // The window is full: the source has read no further.
      copyFileSync(path, `${path}.1`)
      truncateSync(path)
      appendFileSync(path, logLine('m4'))
      run.finish('m2')
      await run.gets('m1', 'm2', 'm3', 'm4')
    })

    it('is noticed when the file has grown beyond the position again', async () => {
      writeFileSync(path, logLine('m1'))
      const run = start()
      await run.gets('m1')
      await run.source.close()
      appendFileSync(path, logLine('m2'))
      copyFileSync(path, `${path}.1`)
      writeFileSync(path, Array.from({ length: 20 }, (_, index) => logLine(`n${index}`)).join(''))
      const again = start()
      await again.gets('m2', ...Array.from({ length: 20 }, (_, index) => `n${index}`))
    })

    it('finishes from a compressed copy', async () => {
      writeFileSync(path, logLine('m1'))
      const run = start()
      await run.gets('m1')
      await run.source.close()
      writeFileSync(`${path}.1.gz`, gzipSync(readFileSync(path) + logLine('m2')))
      truncateSync(path)
      appendFileSync(path, logLine('m3'))
      await start().gets('m2', 'm3')
    })

    it('keeps a position inside the copy over a restart', async () => {
      writeFileSync(path, logLine('m1'))
      const run = start()
      await run.gets('m1')
      await run.source.close()
      writeFileSync(`${path}.1`, readFileSync(path) + logLine('m2') + logLine('m3'))
      writeFileSync(path, logLine('m4'))
      const half = start({
        window: 1,
        flow: ({ notification }) => (notification.messageId === 'm3' ? undefined : ACCEPTED),
      })
      await half.gets('m2', 'm3')
      await half.source.close()
      await start().gets('m3', 'm4')
    })
  })

  it('reports a gap when what it was reading is gone, once, and goes on', async () => {
    writeFileSync(path, logLine('m1'))
    const run = start()
    await run.gets('m1')
    const before = Date.now()
    truncateSync(path)
    appendFileSync(path, logLine('m2'))
    await waitFor('m2', () => run.ids.includes('m2'))
    const [, gap] = run.messages
    assert.ok(gap)
    assert.equal(gap.topic, 'gap.log-file')
    assert.equal(gap.event.target.id, path)
    assert.equal(gap.event.outcome, 'failure')
    const { subject, from, to, offset } = gap.payload as Record<string, string>
    assert.equal(subject, path)
    assert.ok(Number(offset) > 0)
    assert.ok(Date.parse(String(from)) <= Date.parse(String(to)))
    assert.ok(Date.parse(String(to)) >= before)
    await run.source.close()
    const again = start()
    await again.caughtUp()
    assert.deepEqual(again.ids, [])
  })

  it('reports a gap again as long as the flow has not finished with it', async () => {
    writeFileSync(path, logLine('m1'))
    const run = start({ flow: ({ topic }) => (topic === 'gap.log-file' ? undefined : ACCEPTED) })
    await run.gets('m1')
    truncateSync(path)
    await waitFor('the gap', () => run.messages.length === 2)
    await run.source.close()
    const again = start()
    await waitFor('the gap again', () => again.messages.length === 1)
    assert.equal(again.messages[0]?.topic, 'gap.log-file')
    assert.equal(again.ids[0], run.ids[1])
  })

  describe('a line that fails', () => {
    it('is sent again, untouched, with attempts that a restart does not forget, and then goes to the dead letters', async () => {
      writeFileSync(path, logLine('bad', { a: 1 }) + logLine('good'))
      const flow: Flow = (message) => {
        if (message.notification.messageId !== 'bad') return ACCEPTED
        assert.deepEqual(message.payload, { a: 1 })
        message.payload = 'changed by the flow'
        return FAILED
      }
      const run = start({ flow, attempts: 3 })
      await waitFor('a second attempt', () => run.ids.filter((id) => id === 'bad').length === 2)
      await waitFor('the second failure', () => run.inFlight === 0)
      await run.source.close()
      const again = start({ flow, attempts: 3 })
      await waitFor('the dead letter', () => again.states.some(({ kind }) => kind === 'dead-letter'))
      assert.equal(again.ids.filter((id) => id === 'bad').length, 1)
      const [letter] = again.deadLetters()
      assert.equal(letter?.reason.code, 'FLOW_ERROR')
      assert.equal(letter?.attempts, 3)
      assert.equal(letter?.notification?.messageId, 'bad')
      await again.source.close()
      assert.equal(saved(), readFileSync(path).length)
    })

    it('through no fault of its own is sent again without counting', async () => {
      writeFileSync(path, logLine('m1'))
      const run = start({ attempts: 1, flow: (_message, times) => (times < 3 ? DEPLOYED : ACCEPTED) })
      await run.gets('m1', 'm1', 'm1')
      assert.ok(!run.states.some(({ kind }) => kind === 'dead-letter'))
    })

    it('by hand goes to the dead letters at once', async () => {
      writeFileSync(path, logLine('m1'))
      const run = start({ flow: () => ({ outcome: 'dead-letter', reason: { code: 'BY_HAND', message: 'no use' } }) })
      await waitFor('the dead letter', () => run.states.some(({ kind }) => kind === 'dead-letter'))
      assert.equal(run.deadLetters()[0]?.reason.code, 'BY_HAND')
    })

    const unreadable: [what: string, line: string | Buffer, code: string][] = [
      ['that is cut', `${logLine('m1').slice(0, -20)}\n`, 'ENVELOPE_NOT_JSON'],
      ['without an event type', '{"oslo.version": "2.0", "oslo.message": "{}"}\n', 'ENVELOPE_NO_EVENT_TYPE'],
      ['of an unknown version', '{"oslo.version": "9.0", "oslo.message": "{}"}\n', 'ENVELOPE_VERSION'],
      ['in Latin-1', Buffer.from(logLine('m1', { name: 'Zürich' }), 'latin1'), 'ENVELOPE_NOT_UTF8'],
      ['that is too long', logLine('m1', { text: 'x'.repeat(5000) }), 'LOG_FILE_LINE_TOO_LONG'],
      ['in the Python form', "1 INFO x Event type: a.b, Context: {}, Payload: {'a': 1}\n", 'LOG_FILE_PYTHON_REPR'],
    ]
    for (const [what, line, code] of unreadable) {
      it(`${what} goes to the dead letters at once, with its reason, and the next one is read`, async () => {
        writeFileSync(path, line)
        appendFileSync(path, logLine('next'))
        const run = start({ longestLine: 2000 })
        await run.gets('next')
        await waitFor('the dead letter', () => run.states.some(({ kind }) => kind === 'dead-letter'))
        const [letter, ...more] = run.deadLetters()
        assert.equal(letter?.reason.code, code)
        assert.equal(typeof letter?.line, 'string')
        assert.equal(more.length, 0)
        await run.source.close()
        assert.equal(saved(), readFileSync(path).length)
      })
    }

    it('leaves no secret in the dead letters', async () => {
      writeFileSync(path, '{"oslo.version": "2.0", "oslo.message": "{\\"_context_auth_token\\": \\"gAAAAsecret\\"}"}\n')
      const run = start()
      await waitFor('the dead letter', () => run.states.some(({ kind }) => kind === 'dead-letter'))
      assert.ok(!readFileSync(`${path}.dead`, 'utf8').includes('gAAAAsecret'))
    })

    it('stays open while the dead letters cannot be written', async () => {
      mkdirSync(`${path}.dead`)
      writeFileSync(path, '{"oslo.version": "9.0", "oslo.message": "{}"}\n')
      const run = start()
      await waitFor('trouble', () => run.states.some(({ kind }) => kind === 'trouble'))
      await run.source.close()
      assert.equal(saved() ?? 0, 0)
    })
  })

  describe('the window', () => {
    it('bounds what is open at a time, and fills as lines finish', async () => {
      writeFileSync(path, Array.from({ length: 10 }, (_, index) => logLine(`m${index}`)).join(''))
      const run = start({ window: 3, flow: () => undefined })
      await run.gets('m0', 'm1', 'm2')
      run.finish('m1')
      await run.gets('m0', 'm1', 'm2', 'm3')
      assert.equal(run.most, 3)
    })

    it('is not closed by one slow line', async () => {
      writeFileSync(path, Array.from({ length: 30 }, (_, index) => logLine(`m${index}`)).join(''))
      const run = start({
        window: 3,
        flow: ({ notification }) => (notification.messageId === 'm0' ? undefined : ACCEPTED),
      })
      await waitFor('all', () => run.ids.length === 30)
    })

    it('but a slow line does not let the others run away for ever', async () => {
      writeFileSync(path, Array.from({ length: 100 }, (_, index) => logLine(`m${index}`)).join(''))
      const run = start({
        window: 2,
        flow: ({ notification }) => (notification.messageId === 'm0' ? undefined : ACCEPTED),
      })
      await waitFor('the bound', () => run.ids.length === 40)
      await wait(50)
      assert.equal(run.ids.length, 40)
      run.finish('m0')
      await waitFor('the rest', () => run.ids.length === 100)
    })
  })

  it('sends nothing while it is paused, and goes on where it was', async () => {
    writeFileSync(path, logLine('m1'))
    const run = start({ flow: (_message, times) => (times === 1 ? DEPLOYED : ACCEPTED) })
    await waitFor('m1', () => run.ids.length === 1)
    run.source.pause()
    appendFileSync(path, logLine('m2'))
    await wait(1200)
    assert.deepEqual(run.ids, ['m1'])
    run.source.resume()
    await waitFor('both', () => run.ids.length >= 3)
    assert.deepEqual(new Set(run.ids), new Set(['m1', 'm2']))
  })

  it('on receipt, counts a line as finished when it is sent', async () => {
    writeFileSync(path, logLine('m1'))
    const run = start({ receipt: true })
    await run.gets('m1')
    assert.equal(run.messages[0]?._delivery, undefined)
    await run.source.close()
    assert.equal(saved(), readFileSync(path).length)
  })

  it('says so when the file cannot be read', async () => {
    mkdirSync(path)
    const run = start()
    const trouble = await waitFor('trouble', () => run.states.find((state) => state.kind === 'trouble'))
    assert.ok(trouble.kind === 'trouble')
    assert.equal(trouble.error.code, 'LOG_FILE_UNREADABLE')
    assert.match(trouble.error.message, /neutron\.log/)
  })
})
