import assert from 'node:assert/strict'
import { InOrder, type Ordered } from '../../../src/delivery/in-order'
import { TokenTable } from '../../../src/delivery/token-table'

describe('finding deliveries by token', () => {
  it('agrees with a Map whatever comes and goes', () => {
    let seed = 11
    const random = (below: number) => {
      seed = (Math.imul(seed, 1103515245) + 12345) >>> 0
      return seed % below
    }
    const table = new TokenTable<number>()
    const map = new Map<string, number>()
    const live: string[] = []
    for (let round = 0; round < 60_000; round++) {
      // Grows to some thousands, then shrinks again.
      const grows = round < 20_000 ? random(3) > 0 : random(3) === 0
      if (grows || live.length === 0) {
        const token = `${['0a1b', '0a1c', 'ffee'][random(3)]}.${round.toString(36)}`
        table.set(token, round)
        map.set(token, round)
        live.push(token)
      } else {
        const [token = ''] = live.splice(random(live.length), 1)
        assert.equal(table.delete(token), true)
        map.delete(token)
      }
      if (round % 500 === 0) {
        assert.equal(table.size, map.size)
        for (const [token, value] of map) assert.equal(table.get(token), value)
        assert.deepEqual(table.values().sort(), [...map.values()].sort())
      }
    }
  })

  it('knows nothing of a token that was never there or has gone', () => {
    const table = new TokenTable<string>()
    assert.equal(table.get('k.1'), undefined)
    assert.equal(table.delete('k.1'), false)
    table.set('k.1', 'one')
    table.set('k.1', 'two')
    assert.equal(table.get('k.1'), 'two')
    assert.equal(table.size, 1)
    assert.equal(table.delete('k.1'), true)
    assert.equal(table.get('k.1'), undefined)
    assert.equal(table.size, 0)
    assert.equal(table.get(''), undefined)
  })
})

describe('deliveries in the order of opening', () => {
  class Member implements Ordered<Member> {
    previous: Member | undefined
    next: Member | undefined
    readonly name: string
    constructor(name: string) {
      this.name = name
    }
  }
  const names = (order: InOrder<Member>) => order.all().map((member) => member.name)

  it('keeps the order when members leave from anywhere', () => {
    const order = new InOrder<Member>()
    const [a, b, c, d] = [new Member('a'), new Member('b'), new Member('c'), new Member('d')]
    for (const member of [a, b, c, d]) order.add(member)
    assert.equal(order.oldest, a)
    order.delete(b)
    assert.deepEqual(names(order), ['a', 'c', 'd'])
    order.delete(a)
    assert.equal(order.oldest, c)
    order.delete(d)
    assert.deepEqual(names(order), ['c'])
    order.delete(d)
    assert.equal(order.size, 1)
    order.delete(c)
    assert.equal(order.oldest, undefined)
    assert.equal(order.size, 0)
  })

  it('lets go of the neighbours of one that leaves', () => {
    const order = new InOrder<Member>()
    const [a, b, c] = [new Member('a'), new Member('b'), new Member('c')]
    for (const member of [a, b, c]) order.add(member)
    order.delete(b)
    assert.equal(b.previous, undefined)
    assert.equal(b.next, undefined)
  })
})
