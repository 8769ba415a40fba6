import assert from 'node:assert/strict'
import { describe, it } from 'mocha'
import { Intake } from '../../../../src/notification/rabbitmq/intake'

/** The event loop by hand. */
class Turns {
  #asked: (() => void)[] = []

  readonly next = (run: () => void): void => {
    this.#asked.push(run)
  }

  get asked(): number {
    return this.#asked.length
  }

  pass(): void {
    for (const run of this.#asked.splice(0)) run()
  }
}

describe('what a queue delivers', () => {
  function setUp(portion: number, onHandOut: (arrived: number) => void = () => {}) {
    const turns = new Turns()
    const out: number[] = []
    const intake = new Intake<number>(
      portion,
      (arrived) => {
        out.push(arrived)
        onHandOut(arrived)
      },
      turns.next,
    )
    return { turns, out, intake }
  }

  it('is handed out at once while it is little', () => {
    const { out, intake } = setUp(3)
    for (const arrived of [1, 2, 3]) intake.add(arrived)
    assert.deepEqual(out, [1, 2, 3])
  })

  it('is handed out in portions, one in each turn, while it is much, and in order', () => {
    const { out, intake, turns } = setUp(3)
    for (const arrived of [1, 2, 3, 4, 5, 6, 7, 8]) intake.add(arrived)
    assert.deepEqual(out, [1, 2, 3])
    turns.pass()
    assert.deepEqual(out, [1, 2, 3, 4, 5, 6])
    // Comes while others wait, in a turn that has had its portion.
    intake.add(9)
    turns.pass()
    assert.deepEqual(out, [1, 2, 3, 4, 5, 6, 7, 8, 9])
  })

  it('asks for no more turns when nothing waits', () => {
    const { intake, turns } = setUp(2)
    intake.add(1)
    turns.pass()
    assert.equal(turns.asked, 0)
    for (const arrived of [2, 3, 4]) intake.add(arrived)
    turns.pass()
    turns.pass()
    assert.equal(turns.asked, 0)
  })

  it('has a whole portion again in a later turn', () => {
    const { out, intake, turns } = setUp(2)
    for (const arrived of [1, 2]) intake.add(arrived)
    turns.pass()
    for (const arrived of [3, 4]) intake.add(arrived)
    assert.deepEqual(out, [1, 2, 3, 4])
  })

  it('stays in order where handing out brings more', () => {
    const { out, intake, turns } = setUp(2, (arrived) => {
      if (arrived < 4) intake.add(arrived + 10)
    })
    for (const arrived of [1, 2, 3]) intake.add(arrived)
    while (turns.asked > 0) turns.pass()
    assert.deepEqual(out, [1, 11, 2, 3, 12, 13])
  })
})
