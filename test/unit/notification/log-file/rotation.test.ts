import assert from 'node:assert/strict'
import {
  appendFileSync,
  copyFileSync,
  readFileSync,
  renameSync,
  truncateSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs'
import { setTimeout as wait } from 'node:timers/promises'
import { gzipSync } from 'node:zlib'
import { waitFor } from '../../../support/wait-for'
import { ACCEPTED, logFileLab, logLine } from './log-file-lab'

describe('A log file', () => {
  const lab = logFileLab()

  describe('rotated by renaming', () => {
    it('finishes the old file, with what is written to it late, and goes on in the new one', async () => {
      writeFileSync(lab.path, logLine('m1'))
      const run = lab.start()
      await run.gets('m1')
      renameSync(lab.path, `${lab.path}.1`)
      appendFileSync(`${lab.path}.1`, logLine('m2'))
      writeFileSync(lab.path, logLine('m3'))
      await run.gets('m1', 'm2', 'm3')
    })

    it('reads what a process writes to the old file that it still has open', async () => {
      writeFileSync(lab.path, logLine('m1'))
      const run = lab.start({ pollMs: 300 })
      await run.gets('m1')
      renameSync(lab.path, `${lab.path}.1`)
      writeFileSync(lab.path, logLine('m3'))
      await wait(600)
      appendFileSync(`${lab.path}.1`, logLine('m2'))
      await run.gets('m1', 'm2', 'm3')
    })

    it('several times while the flow was busy, is read in order', async () => {
      writeFileSync(lab.path, logLine('m1') + logLine('m2'))
      const run = lab.start({
        window: 1,
        flow: ({ notification }) => (notification.messageId === 'm1' ? undefined : ACCEPTED),
      })
      await run.gets('m1')
      renameSync(lab.path, `${lab.path}.2`)
      writeFileSync(`${lab.path}.1`, logLine('m3'))
      writeFileSync(lab.path, logLine('m4'))
      run.finish('m1')
      await run.gets('m1', 'm2', 'm3', 'm4')
    })

    it('finishes the old file without a new one being there', async () => {
      writeFileSync(lab.path, logLine('m1'))
      const run = lab.start()
      await run.gets('m1')
      appendFileSync(lab.path, logLine('m2'))
      renameSync(lab.path, `${lab.path}.1`)
      await run.gets('m1', 'm2')
      await waitFor('missing', () => run.states.some(({ kind }) => kind === 'missing'))
      writeFileSync(lab.path, logLine('m3'))
      await run.gets('m1', 'm2', 'm3')
    })

    it('takes the last line of the old file even without a line end', async () => {
      writeFileSync(lab.path, logLine('m1'))
      const run = lab.start()
      await run.gets('m1')
      appendFileSync(lab.path, logLine('m2').trimEnd())
      renameSync(lab.path, `${lab.path}.1`)
      writeFileSync(lab.path, logLine('m3'))
      await run.gets('m1', 'm2', 'm3')
    })

    it('is followed over a restart', async () => {
      writeFileSync(lab.path, logLine('m1'))
      const run = lab.start()
      await run.gets('m1')
      await run.source.close()
      appendFileSync(lab.path, logLine('m2'))
      renameSync(lab.path, `${lab.path}.1`)
      writeFileSync(lab.path, logLine('m3'))
      await lab.start().gets('m2', 'm3')
    })

    it('and compressed is followed over a restart', async () => {
      writeFileSync(lab.path, logLine('m1') + logLine('m2'))
      const run = lab.start({ flow: ({ notification }) => (notification.messageId === 'm1' ? ACCEPTED : undefined) })
      await run.gets('m1', 'm2')
      await run.source.close()
      writeFileSync(`${lab.path}.1.gz`, gzipSync(readFileSync(lab.path) + logLine('m3')))
      unlinkSync(lab.path)
      writeFileSync(lab.path, logLine('m4'))
      await lab.start().gets('m2', 'm3', 'm4')
    })

    it('several times while nobody looked, is read in order', async () => {
      writeFileSync(lab.path, logLine('m1'))
      const run = lab.start()
      await run.gets('m1')
      await run.source.close()
      writeFileSync(`${lab.path}.4.gz`, gzipSync(logLine('older')))
      writeFileSync(`${lab.path}.3.gz`, gzipSync(readFileSync(lab.path) + logLine('m2')))
      writeFileSync(`${lab.path}.2`, logLine('m3'))
      writeFileSync(`${lab.path}.2.gz`, gzipSync(readFileSync(`${lab.path}.2`)).subarray(0, 30))
      writeFileSync(`${lab.path}.1`, logLine('m4'))
      writeFileSync(`${lab.path}.notes`, logLine('none'))
      unlinkSync(lab.path)
      writeFileSync(lab.path, logLine('m5'))
      await lab.start().gets('m2', 'm3', 'm4', 'm5')
    })

    it('and rotated again while the old file is being finished, is read in order', async () => {
      writeFileSync(lab.path, logLine('m1'))
      const before = lab.start()
      await before.gets('m1')
      await before.source.close()
      appendFileSync(lab.path, logLine('m2') + logLine('m3'))
      renameSync(lab.path, `${lab.path}.1`)
      writeFileSync(lab.path, logLine('m4'))
      const run = lab.start({
        window: 1,
        flow: ({ notification }) => (notification.messageId === 'm2' ? undefined : ACCEPTED),
      })
      await run.gets('m2')
      renameSync(`${lab.path}.1`, `${lab.path}.2`)
      renameSync(lab.path, `${lab.path}.1`)
      writeFileSync(lab.path, logLine('m5'))
      run.finish('m2')
      await run.gets('m2', 'm3', 'm4', 'm5')
    })

    it('with dates in the names is read in order', async () => {
      writeFileSync(lab.path, logLine('m1'))
      const run = lab.start()
      await run.gets('m1')
      await run.source.close()
      renameSync(lab.path, `${lab.path}-20261120`)
      writeFileSync(`${lab.path}-20261119.gz`, gzipSync(logLine('older')))
      writeFileSync(`${lab.path}-20261121.gz`, gzipSync(logLine('m2')))
      writeFileSync(lab.path, logLine('m3'))
      await lab.start().gets('m2', 'm3')
    })
  })

  describe('rotated by copytruncate', () => {
    it('finishes from the copy and goes on in the file', async () => {
      writeFileSync(lab.path, logLine('m1'))
      const run = lab.start({
        window: 1,
        flow: ({ notification }) => (notification.messageId === 'm2' ? undefined : ACCEPTED),
      })
      await run.gets('m1')
      appendFileSync(lab.path, logLine('m2') + logLine('m3'))
      await run.gets('m1', 'm2')
      // The window is full: the source has read no further.
      copyFileSync(lab.path, `${lab.path}.1`)
      truncateSync(lab.path)
      appendFileSync(lab.path, logLine('m4'))
      run.finish('m2')
      await run.gets('m1', 'm2', 'm3', 'm4')
    })

    it('is noticed when the file has grown beyond the position again', async () => {
      writeFileSync(lab.path, logLine('m1'))
      const run = lab.start()
      await run.gets('m1')
      await run.source.close()
      appendFileSync(lab.path, logLine('m2'))
      copyFileSync(lab.path, `${lab.path}.1`)
      writeFileSync(lab.path, Array.from({ length: 20 }, (_, index) => logLine(`n${index}`)).join(''))
      const again = lab.start()
      await again.gets('m2', ...Array.from({ length: 20 }, (_, index) => `n${index}`))
    })

    it('finishes from a compressed copy', async () => {
      writeFileSync(lab.path, logLine('m1'))
      const run = lab.start()
      await run.gets('m1')
      await run.source.close()
      writeFileSync(`${lab.path}.1.gz`, gzipSync(readFileSync(lab.path) + logLine('m2')))
      truncateSync(lab.path)
      appendFileSync(lab.path, logLine('m3'))
      await lab.start().gets('m2', 'm3')
    })

    it('keeps a position inside the copy over a restart', async () => {
      writeFileSync(lab.path, logLine('m1'))
      const run = lab.start()
      await run.gets('m1')
      await run.source.close()
      writeFileSync(`${lab.path}.1`, readFileSync(lab.path) + logLine('m2') + logLine('m3'))
      writeFileSync(lab.path, logLine('m4'))
      const half = lab.start({
        window: 1,
        flow: ({ notification }) => (notification.messageId === 'm3' ? undefined : ACCEPTED),
      })
      await half.gets('m2', 'm3')
      await half.source.close()
      await lab.start().gets('m3', 'm4')
    })
  })

  it('reports a gap when what it was reading is gone, once, and goes on', async () => {
    writeFileSync(lab.path, logLine('m1'))
    const run = lab.start()
    await run.gets('m1')
    const before = Date.now()
    truncateSync(lab.path)
    appendFileSync(lab.path, logLine('m2'))
    await waitFor('m2', () => run.ids.includes('m2'))
    const [, gap] = run.messages
    assert.ok(gap)
    assert.equal(gap.topic, 'gap.log-file')
    assert.equal(gap.event.target.id, lab.path)
    assert.equal(gap.event.outcome, 'failure')
    const { subject, from, to, offset } = gap.payload as Record<string, string>
    assert.equal(subject, lab.path)
    assert.ok(Number(offset) > 0)
    assert.ok(Date.parse(String(from)) <= Date.parse(String(to)))
    assert.ok(Date.parse(String(to)) >= before)
    await run.source.close()
    const again = lab.start()
    await again.caughtUp()
    assert.deepEqual(again.ids, [])
  })

  it('reports a gap when the file was cut short, as nobody knows what was cut', async () => {
    const some = Array.from({ length: 10 }, (_, index) => `m${index}`)
    writeFileSync(lab.path, some.map((id) => logLine(id, { text: 'x'.repeat(200) })).join(''))
    const run = lab.start()
    await run.gets(...some)
    truncateSync(lab.path, 2000)
    await waitFor('the gap', () => run.messages.some(({ topic }) => topic === 'gap.log-file'))
  })

  it('reports a gap again as long as the flow has not finished with it', async () => {
    writeFileSync(lab.path, logLine('m1'))
    const run = lab.start({ flow: ({ topic }) => (topic === 'gap.log-file' ? undefined : ACCEPTED) })
    await run.gets('m1')
    truncateSync(lab.path)
    await waitFor('the gap', () => run.messages.length === 2)
    await run.source.close()
    const again = lab.start()
    await waitFor('the gap again', () => again.messages.length === 1)
    assert.equal(again.messages[0]?.topic, 'gap.log-file')
    assert.equal(again.ids[0], run.ids[1])
  })
})
