import assert from 'node:assert/strict'
import { beforeEach, describe, it } from 'mocha'
import { OperatorError } from '../../../src/errors/operator-error'
import { SentOnce } from '../../../src/journal/sent-once'
import type { PreparedLine } from '../../../src/syslog/lines'
import type { LineOptions } from '../../../src/syslog/outbox'
import { SyslogSink } from '../../../src/syslog/sink'
import type { SyslogTransport } from '../../../src/syslog/transport'
import { systemTimers } from '../../../src/time/timers'
import { type MemoryJournal, memoryJournal } from '../../support/memory-journal'

const line = (text: string, key: string | undefined = text): PreparedLine => ({ bytes: Buffer.from(text), key })

describe('the syslog sink', () => {
  let journal: MemoryJournal
  let written: string[]
  let trouble: unknown[]
  let answer: (bytes: Buffer, options: LineOptions) => Promise<void>

  beforeEach(() => {
    journal = memoryJournal()
    written = []
    trouble = []
    answer = async (_bytes, options) => options.begin?.()
  })

  const transport: SyslogTransport = {
    held: 0,
    state: { kind: 'connected' },
    write: async (bytes, options = {}) => {
      await answer(bytes, options)
      written.push(bytes.toString())
    },
    close: async () => {},
  }
  const open = () =>
    new SyslogSink(
      transport,
      SentOnce.load(journal, 'n1', systemTimers, (thrown) => trouble.push(thrown)),
    )
  const fail = (code: string) => async () => {
    throw new OperatorError(code, 'no')
  }

  it('writes a line once, also over a restart', async () => {
    assert.equal(await open().write([line('a')], {}), 'sent')
    assert.equal(await open().write([line('a')], {}), 'repeated')
    assert.deepEqual(written, ['a'])
  })

  it('writes a line once when two copies come together', async () => {
    const sink = open()
    assert.deepEqual(await Promise.all([sink.write([line('a')], {}), sink.write([line('a')], {})]), [
      'sent',
      'repeated',
    ])
    assert.deepEqual(sink.counts, { sent: 1, repeated: 1, truncated: 0 })
  })

  it('writes again what was not taken', async () => {
    const sink = open()
    answer = fail('SYSLOG_FULL')
    await assert.rejects(sink.write([line('a')], {}), { code: 'SYSLOG_FULL' })
    answer = async () => {}
    assert.equal(await sink.write([line('a')], {}), 'sent')
  })

  it('goes on with what is left of a message that failed half way', async () => {
    const sink = open()
    answer = async (bytes, options) => {
      if (bytes.toString() === 'b') throw new OperatorError('SYSLOG_CLOSED', 'no')
      options.begin?.()
    }
    await assert.rejects(sink.write([line('a'), line('b'), line('c')], {}), { code: 'SYSLOG_CLOSED' })
    answer = async () => {}
    await sink.write([line('a'), line('b'), line('c')], {})
    assert.deepEqual(written, ['a', 'c', 'b'])
  })

  it('says that a message was dropped of which nothing had begun', async () => {
    answer = fail('SYSLOG_CLOSED')
    assert.equal(await open().write([line('a'), line('b')], {}), 'dropped')
    answer = fail('SYSLOG_TAKEN_BACK')
    assert.equal(await open().write([line('a')], {}), 'dropped')
  })

  it('writes all the same when the journal fails, and says so', async () => {
    const sink = open()
    await sink.write([line('a')], {})
    journal.beforeWrite = () => {
      throw new Error('disk full')
    }
    assert.equal(await sink.write([line('b')], {}), 'sent')
    assert.equal(trouble.length, 1)
  })

  it('writes lines without an event as often as they come', async () => {
    const sink = open()
    const anonymous: PreparedLine = { bytes: Buffer.from('a'), key: undefined }
    await sink.write([anonymous], {})
    assert.equal(await sink.write([anonymous], {}), 'sent')
    assert.deepEqual(written, ['a', 'a'])
  })
})
