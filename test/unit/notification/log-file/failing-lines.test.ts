import assert from 'node:assert/strict'
import { appendFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { waitFor } from '../../../support/wait-for'
import { ACCEPTED, DEPLOYED, FAILED, type Flow, logFileLab, logLine } from './log-file-lab'

describe('In a log file,', () => {
  const lab = logFileLab()

  describe('a line that fails', () => {
    it('is sent again, untouched, with attempts that a restart does not forget, and then goes to the dead letters', async () => {
      writeFileSync(lab.path, logLine('bad', { a: 1 }) + logLine('good'))
      const flow: Flow = (message) => {
        if (message.notification.messageId !== 'bad') return ACCEPTED
        assert.deepEqual(message.payload, { a: 1 })
        message.payload = 'changed by the flow'
        return FAILED
      }
      const run = lab.start({ flow, attempts: 3 })
      await waitFor('a second attempt', () => run.ids.filter((id) => id === 'bad').length === 2)
      await waitFor('the second failure', () => run.inFlight === 0)
      await run.source.close()
      const again = lab.start({ flow, attempts: 3 })
      await waitFor('the dead letter', () => again.states.some(({ kind }) => kind === 'dead-letter'))
      assert.equal(again.ids.filter((id) => id === 'bad').length, 1)
      const [letter] = again.deadLetters()
      assert.equal(letter?.reason.code, 'FLOW_ERROR')
      assert.equal(letter?.attempts, 3)
      assert.equal(letter?.notification?.messageId, 'bad')
      await again.source.close()
      assert.equal(lab.saved(), readFileSync(lab.path).length)
    })

    it('through no fault of its own is sent again without counting', async () => {
      writeFileSync(lab.path, logLine('m1'))
      const run = lab.start({ attempts: 1, flow: (_message, times) => (times < 3 ? DEPLOYED : ACCEPTED) })
      await run.gets('m1', 'm1', 'm1')
      assert.ok(!run.states.some(({ kind }) => kind === 'dead-letter'))
    })

    it('by hand goes to the dead letters at once', async () => {
      writeFileSync(lab.path, logLine('m1'))
      const run = lab.start({
        flow: () => ({ outcome: 'dead-letter', reason: { code: 'BY_HAND', message: 'no use' } }),
      })
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
        writeFileSync(lab.path, line)
        appendFileSync(lab.path, logLine('next'))
        const run = lab.start({ longestLine: 2000 })
        await run.gets('next')
        await waitFor('the dead letter', () => run.states.some(({ kind }) => kind === 'dead-letter'))
        const [letter, ...more] = run.deadLetters()
        assert.equal(letter?.reason.code, code)
        assert.equal(typeof letter?.line, 'string')
        assert.equal(more.length, 0)
        await run.source.close()
        assert.equal(lab.saved(), readFileSync(lab.path).length)
      })
    }

    it('leaves no secret in the dead letters', async () => {
      writeFileSync(
        lab.path,
        '{"oslo.version": "2.0", "oslo.message": "{\\"_context_auth_token\\": \\"gAAAAsecret\\"}"}\n',
      )
      const run = lab.start()
      await waitFor('the dead letter', () => run.states.some(({ kind }) => kind === 'dead-letter'))
      assert.ok(!readFileSync(`${lab.path}.dead`, 'utf8').includes('gAAAAsecret'))
    })

    it('stays open while the dead letters cannot be written', async () => {
      mkdirSync(`${lab.path}.dead`)
      writeFileSync(lab.path, '{"oslo.version": "9.0", "oslo.message": "{}"}\n')
      const run = lab.start()
      await waitFor('trouble', () => run.states.some(({ kind }) => kind === 'trouble'))
      await run.source.close()
      assert.equal(lab.saved() ?? 0, 0)
    })
  })
})
