import assert from 'node:assert/strict'
import { coalescing } from '../../../src/exposure/coalesce'
import type { LookedUp } from '../../../src/exposure/look-up'
import type { Occurrence } from '../../../src/exposure/occurrence'
import { patience } from '../../../src/exposure/patience'

const occurrence = (messageId: string): Occurrence => ({ topic: 't', payload: {}, messageId, eventId: messageId })
const answerTo = ({ messageId }: Occurrence): LookedUp => ({
  exposure: { changes: [], addresses: [], incomplete: messageId },
  retry: undefined,
})

describe('Looking up many messages together', () => {
  /** A look-up that ends when told. */
  const held = () => {
    const asked: string[][] = []
    const release: ((error?: Error) => void)[] = []
    const ask = coalescing(
      (occurrences) =>
        new Promise((resolve, reject) => {
          asked.push(occurrences.map(({ messageId }) => messageId))
          release.push((error) => (error === undefined ? resolve(occurrences.map(answerTo)) : reject(error)))
        }),
    )
    const next = async (error?: Error) => {
      release.shift()?.(error)
      await new Promise((resolve) => setImmediate(resolve))
    }
    return { ask, asked, next }
  }
  const ids = (answers: LookedUp[]) => answers.map(({ exposure }) => exposure.incomplete)

  it('asks at once, then together for what came meanwhile, and gives everybody their own', async () => {
    const { ask, asked, next } = held()
    const answers = [[occurrence('a')], [occurrence('b'), occurrence('c')], [], [occurrence('d')]].map((list) =>
      ask(list),
    )
    await next()
    await next()
    assert.deepEqual((await Promise.all(answers)).map(ids), [['a'], ['b', 'c'], [], ['d']])
    assert.deepEqual(asked, [['a'], ['b', 'c', 'd']])
  })

  it('fails those that it asked for, and goes on with the next', async () => {
    const { ask, next } = held()
    const first = ask([occurrence('a')])
    const second = ask([occurrence('b')])
    first.catch(() => {})
    await next(new Error('no'))
    await assert.rejects(first, /no/)
    await next()
    assert.deepEqual(ids(await second), ['b'])
  })

  it('bounds how many are asked for together', async () => {
    const { ask, asked, next } = held()
    const many = (n: number) => Array.from({ length: n }, (_, i) => occurrence(String(i)))
    const answers = [ask(many(1)), ask(many(1500)), ask(many(1500)), ask(many(5000))]
    for (let i = 0; i < 4; i += 1) await next()
    await Promise.all(answers)
    assert.deepEqual(
      asked.map((list) => list.length),
      [1, 1500, 1500, 5000],
    )
  })

  it('lets go of a message that is taken back', async () => {
    const { ask, next } = held()
    const control = new AbortController()
    const taken = ask([occurrence('a')], control.signal)
    control.abort()
    await assert.rejects(taken, { code: 'LOOKUP_ABORTED', retryable: true })
    await assert.rejects(ask([occurrence('b')], control.signal), { code: 'LOOKUP_ABORTED' })
    await next()
    const later = ask([occurrence('c')])
    await next()
    assert.deepEqual(ids(await later), ['c'])
  })
})

describe('Patience with messages that cannot be answered', () => {
  it('ends after so many tries of the same message, and begins anew', () => {
    const { exhausted, forget } = patience(3)
    assert.deepEqual(
      [exhausted('a'), exhausted('b'), exhausted('a'), exhausted('a'), exhausted('a')],
      [false, false, false, true, false],
    )
    forget('b')
    assert.deepEqual([exhausted('b'), exhausted('b')], [false, false])
  })
  it('never ends when no number is set, and at once with 1', () => {
    const never = patience(0)
    assert.ok(Array.from({ length: 100 }, () => never.exhausted('a')).every((over) => !over))
    assert.equal(patience(1).exhausted('a'), true)
  })
  it('forgets the oldest rather than growing', () => {
    const { exhausted } = patience(2, 2)
    for (const key of ['a', 'b', 'c']) exhausted(key)
    assert.equal(exhausted('c'), true)
    assert.equal(exhausted('a'), false)
  })
})
