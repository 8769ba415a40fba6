import assert from 'node:assert/strict'
import { eventTypeChoice, patternList } from '../../../src/notification/event-type-patterns'

describe('The choice of event types', () => {
  const rows: [include: string, ignore: string, eventType: string, wanted: boolean][] = [
    ['', '', 'port.create.end', true],
    ['port.create.end', '', 'port.create.end', true],
    ['port.create', '', 'port.create.end', false],
    ['port.*', '', 'port.create.end', true],
    ['port.*', '', 'support.create.end', false],
    ['*.end', '', 'port.create.end', true],
    ['*.end', '', 'port.create.ended', false],
    ['security_group*.end', '', 'security_group_rule.delete.end', true],
    ['*rule*', '', 'security_group_rule.delete.end', true],
    ['a*a', '', 'a', false],
    ['a*a', '', 'aa', true],
    ['*ab*ab*', '', 'xabx', false],
    ['*ab*ab*', '', 'xabxab', true],
    ['*', '*.start', 'port.create.start', false],
    ['*', '*.start', 'port.create.end', true],
    ['port.*, router.*\nfloatingip.*', '', 'floatingip.update.end', true],
    ['port.*, router.*', '', 'network.update.end', false],
    ['port.(a+)+$', '', 'port.aaaa', false],
    ['PORT.*', '', 'port.create.end', false],
  ]
  for (const [include, ignore, eventType, wanted] of rows) {
    it(`"${include}" but not "${ignore}" ${wanted ? 'takes' : 'leaves'} ${eventType}`, () => {
      const wants = eventTypeChoice(patternList(include), patternList(ignore))
      assert.equal(wants(eventType), wanted)
      // The second time it is remembered.
      assert.equal(wants(eventType), wanted)
    })
  }

  it('takes no time over a hostile event type', () => {
    const wants = eventTypeChoice([`${'*a'.repeat(50)}*b`], [])
    const from = performance.now()
    assert.equal(wants('a'.repeat(1_000_000)), false)
    assert.ok(performance.now() - from < 1000)
  })
})
