import assert from 'node:assert/strict'
import { appendFileSync, copyFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { waitFor } from '../../../support/wait-for'
import { recordings } from '../recordings'
import { ACCEPTED, DEPLOYED, logFileLab, logLine, ordinary } from './log-file-lab'

describe('Following a log file', () => {
  const lab = logFileLab()

  it('sends what is there and what comes, and passes over the rest', async () => {
    writeFileSync(lab.path, ordinary() + logLine('m1') + ordinary())
    const run = lab.start()
    await run.gets('m1')
    appendFileSync(lab.path, ordinary() + logLine('m2'))
    await run.gets('m1', 'm2')
    const [message] = run.messages
    assert.equal(message?.topic, 'port.create.end')
    assert.equal(message?.event.action, 'create')
    assert.equal(message?.notification.source.kind, 'log-file')
    assert.equal(message?.notification.source.file, lab.path)
  })

  it('starts at the end if told so, and goes on from there after a restart', async () => {
    writeFileSync(lab.path, logLine('old'))
    const run = lab.start({ startAt: 'end' })
    await run.caughtUp()
    await run.source.close()
    appendFileSync(lab.path, logLine('m1'))
    await lab.start({ startAt: 'end' }).gets('m1')
    assert.deepEqual(run.ids, [])
  })

  it('waits for a file that is not there yet, and then takes all of it', async () => {
    const run = lab.start({ startAt: 'end' })
    await waitFor('missing', () => run.states.some(({ kind }) => kind === 'missing'))
    await run.source.close()
    const again = lab.start({ startAt: 'end' })
    await waitFor('missing', () => again.states.some(({ kind }) => kind === 'missing'))
    writeFileSync(lab.path, logLine('m1'))
    await again.gets('m1')
  })

  it('takes a line only when it is whole, wherever it is cut', async () => {
    const line = Buffer.from(logLine('żółw-🐢', { name: 'żółw' }))
    writeFileSync(lab.path, '')
    const run = lab.start()
    for (let at = 0; at < line.length; at += 40) {
      await wait(5)
      assert.equal(run.messages.length, 0)
      appendFileSync(lab.path, line.subarray(at, at + 40))
    }
    await run.gets('żółw-🐢')
    assert.deepEqual(run.messages[0]?.payload, { name: 'żółw' })
  })

  it('reads all that the log driver wrote in the recordings', async () => {
    copyFileSync(join(recordings, 'log-driver', 'neutron.log'), lab.path)
    const expected = readFileSync(lab.path, 'utf8')
      .split('\n')
      .flatMap((text) => / oslo\.messaging\.notification\..*"message_id": "([^"]+)"/.exec(text)?.[1] ?? [])
    const run = lab.start()
    await run.gets(...expected)
    assert.ok(expected.length > 100)
    // The body has no request context: who acted stands in the line's prefix only.
    for (const { topic, event } of run.messages) assert.notEqual(event.initiator.id, 'unknown', topic)
  })

  it('leaves out event types that are not wanted, and moves past them', async () => {
    writeFileSync(lab.path, logLine('m1').replaceAll('port.create.end', 'ignored.create.end') + logLine('m2'))
    const run = lab.start()
    await run.gets('m2')
    await run.source.close()
    assert.equal(lab.saved(), readFileSync(lab.path).length)
  })

  describe('keeps its position', () => {
    it('below the lowest line that is still open, so that a restart brings that and what follows', async () => {
      const [one, two, three] = [logLine('m1'), logLine('m2'), logLine('m3')]
      writeFileSync(lab.path, one + two + three)
      const run = lab.start({ flow: ({ notification }) => (notification.messageId === 'm2' ? undefined : ACCEPTED) })
      await run.gets('m1', 'm2', 'm3')
      await run.source.close()
      assert.equal(lab.saved(), one.length)
      await lab.start().gets('m2', 'm3')
    })

    it('and a finished line does not come again', async () => {
      writeFileSync(lab.path, logLine('m1') + ordinary())
      const run = lab.start()
      await run.gets('m1')
      await run.source.close()
      assert.equal(lab.saved(), readFileSync(lab.path).length)
      const again = lab.start()
      await again.caughtUp()
      assert.deepEqual(again.ids, [])
    })

    it('also when the process dies without closing, but for the last moment', async () => {
      writeFileSync(lab.path, logLine('m1'))
      await lab.start().gets('m1')
      await waitFor('a save', () => lab.saved() === readFileSync(lab.path).length)
    })

    it('and saves it again when the journal failed', async () => {
      lab.journal.fail = new Error('disk full')
      writeFileSync(lab.path, logLine('m1'))
      const run = lab.start()
      await run.gets('m1')
      const failed = () => run.states.find((state) => state.kind === 'trouble')
      await waitFor('trouble', failed)
      assert.ok(failed()?.kind === 'trouble')
      lab.journal.fail = undefined
      await waitFor('a save', () => lab.saved() === readFileSync(lab.path).length)
    })
  })

  describe('the window', () => {
    it('bounds what is open at a time, and fills as lines finish', async () => {
      writeFileSync(lab.path, Array.from({ length: 10 }, (_, index) => logLine(`m${index}`)).join(''))
      const run = lab.start({ window: 3, flow: () => undefined })
      await run.gets('m0', 'm1', 'm2')
      run.finish('m1')
      await run.gets('m0', 'm1', 'm2', 'm3')
      assert.equal(run.most, 3)
    })

    it('is not closed by one slow line', async () => {
      writeFileSync(lab.path, Array.from({ length: 30 }, (_, index) => logLine(`m${index}`)).join(''))
      const run = lab.start({
        window: 3,
        flow: ({ notification }) => (notification.messageId === 'm0' ? undefined : ACCEPTED),
      })
      await waitFor('all', () => run.ids.length === 30)
    })

    it('but a slow line does not let the others run away for ever', async () => {
      writeFileSync(lab.path, Array.from({ length: 100 }, (_, index) => logLine(`m${index}`)).join(''))
      const run = lab.start({
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
    writeFileSync(lab.path, logLine('m1'))
    const run = lab.start({ flow: (_message, times) => (times === 1 ? DEPLOYED : ACCEPTED) })
    await waitFor('m1', () => run.ids.length === 1)
    run.source.pause()
    appendFileSync(lab.path, logLine('m2'))
    await wait(1200)
    assert.deepEqual(run.ids, ['m1'])
    run.source.resume()
    await waitFor('both', () => run.ids.length >= 3)
    assert.deepEqual(new Set(run.ids), new Set(['m1', 'm2']))
  })

  it('on receipt, counts a line as finished when it is sent', async () => {
    writeFileSync(lab.path, logLine('m1'))
    const run = lab.start({ receipt: true })
    await run.gets('m1')
    assert.equal(run.messages[0]?._delivery, undefined)
    await run.source.close()
    assert.equal(lab.saved(), readFileSync(lab.path).length)
  })

  it('says so when the file cannot be read', async () => {
    mkdirSync(lab.path)
    const run = lab.start()
    const trouble = await waitFor('trouble', () => run.states.find((state) => state.kind === 'trouble'))
    assert.ok(trouble.kind === 'trouble')
    assert.equal(trouble.error.code, 'LOG_FILE_UNREADABLE')
    assert.match(trouble.error.message, /neutron\.log/)
  })
})
