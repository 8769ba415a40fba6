import assert from 'node:assert/strict'
import { Backoff } from '../../../../src/notification/rabbitmq/backoff'
import { HandClock } from './clock'

describe('waiting between tries', () => {
  it('doubles the bound from 1 s to 60 s', () => {
    const clock = new HandClock()
    clock.chance = 0.999_999
    const backoff = new Backoff(clock)
    const bounds = Array.from({ length: 9 }, () => backoff.next())
    assert.deepEqual(bounds, [1000, 2000, 4000, 8000, 16_000, 32_000, 60_000, 60_000, 60_000])
  })

  it('takes anything between nothing and the bound', () => {
    const clock = new HandClock()
    const backoff = new Backoff(clock)
    clock.chance = 0
    assert.equal(backoff.next(), 0)
    clock.chance = 0.25
    assert.equal(backoff.next(), 500)
  })

  it('begins again after 60 s of working, not before', () => {
    const clock = new HandClock()
    clock.chance = 0.999_999
    const backoff = new Backoff(clock)
    for (let i = 0; i < 5; i++) backoff.next()
    backoff.works()
    clock.pass(59_000)
    assert.equal(backoff.next(), 32_000)
    backoff.works()
    clock.pass(60_000)
    assert.equal(backoff.next(), 1000)
  })

  it('is slow where a person must act', () => {
    const clock = new HandClock()
    const backoff = new Backoff(clock)
    clock.chance = 0
    assert.equal(backoff.nextForPerson(), 30_000)
    clock.chance = 0.999_999
    assert.equal(backoff.nextForPerson(), 60_000)
  })
})
