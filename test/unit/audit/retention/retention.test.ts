import assert from 'node:assert/strict'
import type { Tenant, TenantSettings } from '../../../../src/audit/model'
import { checkPolicy, type RetentionPolicy, retentionSteps } from '../../../../src/audit/retention/policy'
import { type RetentionOutcome, retentionSchedule } from '../../../../src/audit/retention/schedule'
import { handTimers } from '../../../support/hand-timers'

const HOUR = 3_600_000
const DAY = 24 * HOUR * 1000
const own = (id: string, settings: TenantSettings) => ({ tenant: { cloud: 'prod', id }, settings })

describe('what retention removes', () => {
  it('is nothing without a rule', () => {
    assert.deepEqual(retentionSteps({}, [own('a', { enabled: false })], 100 * DAY), [])
  })

  it("follows each tenant's own days, and the operator's for all others", () => {
    const steps = retentionSteps(
      { days: 90 },
      [own('a', { retentionDays: 30 }), own('b', {}), own('c', { retentionDays: 365 })],
      1000 * DAY,
    )
    const tenant = (id: string): Tenant => ({ cloud: 'prod', id })
    assert.deepEqual(steps, [
      { what: 'tenant', tenant: tenant('a'), before: 970 * DAY },
      { what: 'others', exceptTenants: [tenant('c')], before: 910 * DAY },
      // What c shares with others who let it go earlier goes with c.
      { what: 'others', exceptTenants: [], before: 635 * DAY },
    ])
  })

  it("follows a tenant's days where the operator keeps everything", () => {
    assert.deepEqual(
      retentionSteps({}, [own('a', { retentionDays: 30 })], 100 * DAY).map(({ what }) => what),
      ['tenant'],
    )
  })

  it('comes down to the size at last', () => {
    assert.deepEqual(
      retentionSteps({ days: 1, bytes: 10_000_000 }, [], DAY).map(({ what }) => what),
      ['others', 'size'],
    )
  })

  for (const retentionDays of [0, -1, Number.NaN, Number.POSITIVE_INFINITY, 0.001, 1e9]) {
    it(`is not decided by ${retentionDays} days of a tenant`, () => {
      assert.deepEqual(retentionSteps({ days: 90 }, [own('a', { retentionDays })], 100 * DAY), [
        { what: 'others', exceptTenants: [], before: 10 * DAY },
      ])
    })
  }

  const refused: RetentionPolicy[] = [
    { days: 0 },
    { days: -5 },
    { days: Number.NaN },
    { days: 1e7 },
    { bytes: 0 },
    { bytes: 4096 },
    { bytes: Number.NaN },
    { bytes: 1e17 },
  ]
  for (const policy of refused) {
    it(`is not decided by ${Object.entries(policy)}`, () =>
      assert.throws(() => checkPolicy(policy), { code: 'AUDIT_RETENTION' }))
  }
})

describe('the schedule of retention', () => {
  function running(options: { policy?: RetentionPolicy; fail?: (what: string) => boolean; slow?: Promise<void> } = {}) {
    const timers = handTimers()
    const asked: string[] = []
    const outcomes: RetentionOutcome[] = []
    const answer = async (what: string, removed: number) => {
      asked.push(what)
      await options.slow
      if (options.fail?.(what) === true) throw new Error(what)
      return removed
    }
    const schedule = retentionSchedule({
      store: {
        settings: async () => {
          await answer('settings', 0)
          return [own('a', { retentionDays: 30 })]
        },
        deleteBefore: (_time, what) => answer('tenant' in what ? what.tenant.id : 'others', 2),
        deleteDownTo: (bytes) => answer(`size ${bytes}`, 3),
      },
      policy: options.policy ?? { days: 90, bytes: 10_000_000 },
      timers,
      random: () => 0.5,
      onRun: (outcome) => outcomes.push(outcome),
    })
    return { timers, asked, outcomes, schedule }
  }

  it('runs some minutes after the start and then every hour', async () => {
    const { timers, outcomes, asked } = running()
    await timers.pass(5 * 60_000)
    assert.deepEqual(outcomes, [])
    await timers.pass(60_000)
    assert.deepEqual(outcomes, [{ removed: 7 }])
    assert.deepEqual(asked, ['settings', 'a', 'others', 'size 10000000'])
    await timers.pass(3 * HOUR)
    assert.equal(outcomes.length, 4)
  })

  it('goes on with the next step and the next hour when one fails', async () => {
    const { timers, outcomes } = running({ fail: (what) => what === 'a' })
    await timers.pass(2 * HOUR)
    assert.equal(outcomes.length, 2)
    assert.deepEqual(
      outcomes.map(({ removed, error }) => [removed, (error as Error).message]),
      [
        [5, 'a'],
        [5, 'a'],
      ],
    )
  })

  it('tells when not even the settings can be read', async () => {
    const { timers, outcomes, asked } = running({ fail: (what) => what === 'settings' })
    await timers.pass(HOUR)
    assert.match(String(outcomes[0]?.error), /settings/)
    assert.deepEqual(asked, ['settings'])
  })

  it('never runs twice at the same time, and waits for a run when it is stopped', async () => {
    let release = () => {}
    const slow = new Promise<void>((resolve) => {
      release = resolve
    })
    const { timers, asked, outcomes, schedule } = running({ slow })
    await timers.pass(5 * HOUR)
    assert.deepEqual(asked, ['settings'])
    let stopped = false
    const stop = schedule.stop().then(() => {
      stopped = true
    })
    await timers.settle()
    assert.equal(stopped, false)
    release()
    await stop
    assert.deepEqual(asked, ['settings'])
    assert.equal(outcomes.length, 1)
    await timers.pass(5 * HOUR)
    assert.equal(outcomes.length, 1)
  })

  it('does not begin after it was stopped', async () => {
    const { timers, asked, schedule } = running()
    await schedule.stop()
    await timers.pass(5 * HOUR)
    assert.deepEqual(asked, [])
  })

  it('refuses a policy that cannot be meant', () => {
    assert.throws(() => running({ policy: { days: 0 } }), { code: 'AUDIT_RETENTION' })
  })
})
