import assert from 'node:assert/strict'
import { describe, it } from 'mocha'
import { patientTrail, refusingTrail } from '../../../../src/audit/opening/patient-trail'
import type { AuditTrail } from '../../../../src/audit/trail'
import { OperatorError } from '../../../../src/errors/operator-error'
import { fakeTrail } from '../../../support/fake-trail'
import { handTimers } from '../../../support/hand-timers'
import { occurrence } from '../../../support/occurrence'

const inUse = () => new OperatorError('AUDIT_STORE_IN_USE', 'Another process has it.', { retryable: true })
const codeOf = (code: string) => (thrown: unknown) => thrown instanceof OperatorError && thrown.code === code
const codes = (troubles: readonly (Error | undefined)[]) =>
  troubles.map((trouble) => (trouble instanceof OperatorError ? trouble.code : 'well'))

describe('A trail that takes time to open', () => {
  it('lets everybody wait for it', async () => {
    const inner = fakeTrail({ count: async () => 7 })
    let opened: (trail: AuditTrail) => void = () => {}
    const trail = patientTrail({ open: () => new Promise((resolve) => (opened = resolve)), timers: handTimers() })
    const troubles: (Error | undefined)[] = []
    const checkpoints: number[] = []
    trail.onTrouble((trouble) => troubles.push(trouble))
    trail.onCheckpoint(({ position }) => checkpoints.push(position))
    const kept = trail.keep([occurrence('a')])
    const counted = trail.store.count({ scope: { tenants: 'all' }, where: [] })
    opened(inner)
    assert.deepEqual([await kept, await counted], [['stored'], 7])
    inner.checkpoint({ writer: 'w', position: 3, link: '', time: '' })
    inner.trouble(inUse())
    assert.deepEqual(checkpoints, [3])
    assert.deepEqual(codes(troubles), ['AUDIT_STORE_OPENING', 'well', 'AUDIT_STORE_IN_USE'])
  })

  it('says what is wrong while it cannot be opened, and tries again where that can help', async () => {
    const timers = handTimers()
    let tries = 0
    const inner = fakeTrail()
    const said: string[] = []
    const trail = patientTrail({
      open: async () => {
        tries += 1
        if (tries < 3) throw inUse()
        return inner
      },
      timers,
      onTrouble: (error) => said.push(error.code),
    })
    const troubles: (Error | undefined)[] = []
    const stop = trail.onTrouble((trouble) => troubles.push(trouble))
    await timers.settle()
    await assert.rejects(trail.keep([occurrence('a')]), codeOf('AUDIT_STORE_IN_USE'))
    await timers.pass(10_000)
    assert.deepEqual(await trail.keep([occurrence('a')]), ['stored'])
    assert.deepEqual(said, ['AUDIT_STORE_IN_USE'])
    assert.deepEqual(codes(troubles), ['AUDIT_STORE_OPENING', 'AUDIT_STORE_IN_USE', 'AUDIT_STORE_IN_USE', 'well'])
    stop()
    inner.trouble(inUse())
    assert.equal(troubles.length, 4)
  })

  it('lets nobody take trouble with opening for trouble with an event', async () => {
    const open = () => Promise.reject(new OperatorError('AUDIT_KEY', 'The key is too short.'))
    const trail = patientTrail({ open, timers: handTimers() })
    await assert.rejects(trail.keep([occurrence('a')]), {
      code: 'AUDIT_STORE_REFUSED',
      message: 'The audit store cannot be opened: The key is too short.',
      retryable: false,
    })
  })

  it('asks no more where a person must act', async () => {
    const timers = handTimers()
    let tries = 0
    const trail = patientTrail({
      open: async () => {
        tries += 1
        throw new OperatorError('AUDIT_STORE_DAMAGED', 'The file is damaged.')
      },
      timers,
    })
    await timers.pass(60_000)
    assert.equal(tries, 1)
    await assert.rejects(trail.store.size(), codeOf('AUDIT_STORE_DAMAGED'))
    await trail.close()
  })

  it('refuses everything where it cannot even be tried', async () => {
    const trail = refusingTrail(new OperatorError('AUDIT_STORE_CONFIG', 'No URL.'))
    await assert.rejects(trail.keep([occurrence('a')]), codeOf('AUDIT_STORE_CONFIG'))
    await assert.rejects(async () => {
      for await (const _ of trail.store.export({
        filter: { scope: { tenants: 'all' }, where: [] },
        order: 'oldest-first',
      }));
    }, codeOf('AUDIT_STORE_CONFIG'))
    await trail.close()
  })

  it('closes when what was handed over before is durable', async () => {
    const inner = fakeTrail()
    let go: () => void = () => {}
    inner.before = () => new Promise((resolve) => (go = resolve))
    const timers = handTimers()
    const trail = patientTrail({ open: async () => inner, timers })
    await timers.settle()
    const kept = trail.keep([occurrence('a')])
    const closing = trail.close()
    await timers.settle()
    assert.equal(inner.closed, false)
    await assert.rejects(trail.keep([occurrence('b')]), codeOf('AUDIT_STORE_CLOSED'))
    go()
    assert.deepEqual(await kept, ['stored'])
    await closing
    assert.equal(inner.closed, true)
  })

  it('closes though it is being opened, or a write never ends', async () => {
    const inner = fakeTrail()
    let opened: (trail: AuditTrail) => void = () => {}
    const trail = patientTrail({ open: () => new Promise((resolve) => (opened = resolve)), timers: handTimers() })
    const closing = trail.close()
    opened(inner)
    await closing
    assert.equal(inner.closed, true)

    const stuck = fakeTrail()
    stuck.before = () => new Promise(() => {})
    const timers = handTimers()
    const other = patientTrail({ open: async () => stuck, timers })
    await timers.settle()
    void other.keep([occurrence('a')])
    const ended = other.close()
    await timers.pass(5000)
    await ended
    assert.equal(stuck.closed, true)
  })
})
