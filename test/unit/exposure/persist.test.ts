import assert from 'node:assert/strict'
import { OperatorError } from '../../../src/errors/operator-error'
import type { LookedUp } from '../../../src/exposure/look-up'
import type { ReadMessage } from '../../../src/exposure/messages'
import { Outage, type OutageState } from '../../../src/exposure/outage'
import { patience } from '../../../src/exposure/patience'
import { persist } from '../../../src/exposure/persist'
import { fakeClock } from '../../support/fake-http'

const away = new OperatorError('AWAY', 'Neutron is away.', { retryable: true })
const whole: LookedUp = { exposure: { changes: [], addresses: [] }, retry: undefined }
const partial: LookedUp = { exposure: { changes: [], addresses: [], incomplete: 'away' }, retry: away }
const message: ReadMessage = { key: 'm', batch: false, occurrences: [] }

/** A cloud that is asked and probed; each list says how the next ones end. */
function cloud({ asks, probes, tries = 0 }: { asks: LookedUp[]; probes: boolean[]; tries?: number }) {
  const clock = fakeClock()
  const states: (OutageState | undefined)[] = []
  const waits: string[] = []
  let asked = 0
  const outage = new Outage({
    clock,
    onState: (state) => states.push(state),
    probe: () => (probes.shift() ? Promise.resolve() : Promise.reject(new Error('still away'))),
  })
  const ask = () => {
    asked += 1
    return Promise.resolve([asks.shift() ?? assert.fail('asked too often')])
  }
  const options = { ask, outage, patience: patience(tries), signal: undefined as AbortSignal | undefined }
  return { clock, states, waits, outage, options, asked: () => asked, onWait: (reason: string) => waits.push(reason) }
}

describe('A message that cannot be answered now', () => {
  it('waits until a probe gets through, and is asked for again', async () => {
    const { clock, states, waits, options, onWait, asked } = cloud({
      asks: [partial, whole],
      probes: [false, false, true],
    })
    assert.deepEqual(await persist(message, { ...options, onWait }), [whole])
    assert.equal(asked(), 2, 'only probes ask while the cloud is away')
    assert.deepEqual(waits, ['Neutron is away.', 'Neutron is away.', 'Neutron is away.'])
    assert.deepEqual(clock.waits, [500, 1000, 2000])
    assert.deepEqual(
      states.map((state) => state?.reason),
      ['Neutron is away.', 'still away', 'still away', undefined],
    )
  })

  it('fails at once when nobody can wait for it', async () => {
    const { options, states } = cloud({ asks: [partial], probes: [] })
    await assert.rejects(persist(message, { ...options, onWait: undefined }), { code: 'AWAY' })
    assert.deepEqual(states, [])
  })

  it('fails when it keeps failing although the cloud answers: it is to blame itself', async () => {
    const { options, onWait, asked, states } = cloud({ asks: [partial, partial, partial], probes: [true, true] })
    await assert.rejects(persist(message, { ...options, onWait }), { code: 'AWAY' })
    assert.equal(asked(), 3)
    assert.equal(states.at(-1), undefined, 'the cloud is not away then, so an attempt is counted')
  })

  it('is passed on incomplete after the chosen tries, counting failed probes', async () => {
    const { options, onWait, asked } = cloud({ asks: [partial], probes: [false, false], tries: 3 })
    assert.deepEqual(await persist(message, { ...options, onWait }), [partial])
    assert.equal(asked(), 1)
  })

  it('is let go of when it is taken back', async () => {
    const control = new AbortController()
    const { options, outage } = cloud({ asks: [partial], probes: [] })
    const onWait = () => control.abort()
    await assert.rejects(persist(message, { ...options, signal: control.signal, onWait }), { code: 'LOOKUP_ABORTED' })
    outage.close()
  })

  it('shares the probes with all others that wait', async () => {
    const { options, onWait, clock } = cloud({
      asks: [...Array(10).fill(partial), ...Array(10).fill(whole)],
      probes: [false, true],
    })
    const answers = await Promise.all(Array.from({ length: 10 }, () => persist(message, { ...options, onWait })))
    assert.equal(answers.length, 10)
    assert.equal(clock.waits.length, 2)
  })
})
