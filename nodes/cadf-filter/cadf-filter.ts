import type { Node, NodeAPI, NodeDef, NodeMessage } from 'node-red'
import { compileRules, type RuleSet } from '../../src/cadf/rules/compile'
import { RuleProblem } from '../../src/cadf/rules/model'
import { type Route, RouteCounts, router } from '../../src/cadf/rules/route'
import { describeError } from '../../src/errors/operator-error'
import { showCounts } from '../shared/counters'
import { onInput } from '../shared/input'
import { refuseEverything } from '../shared/refuse-everything'
import { statusOf } from '../shared/status'
import { addAdminEndpoints } from './admin-endpoints'
import { addWatchersImport } from './watchers-import'

interface FilterConfig extends NodeDef {
  readonly rules?: unknown
  readonly mode?: string
  readonly otherwise?: boolean
}

/** What is counted changes with every message; people look at it once a second. */
const SHOW_EVERY_MS = 1000

export default function register(RED: NodeAPI): void {
  addAdminEndpoints(RED)

  function FilterNode(this: Node, config: FilterConfig): void {
    RED.nodes.createNode(this, config)
    const status = statusOf(this)
    const counts = new RouteCounts()
    let route: Route
    let rules: RuleSet
    try {
      const mode = config.mode === 'all' ? 'all' : 'first'
      rules = compileRules(config.rules)
      route = router(rules, { mode, otherwise: config.otherwise === true }, counts)
      showCounts(RED, this, () => counts.of(rules.names))
      status.clear()
    } catch (thrown) {
      status.attention(shortPlace(thrown))
      this.error(describeError(thrown))
      refuseEverything(RED, this, thrown)
      return
    }

    // Figures are for people: they are put together once a second, not with every message.
    let due: NodeJS.Timeout | undefined
    const show = () => {
      due = undefined
      status.ready(`${counts.received} received, ${counts.matched(rules.names.length)} matched`)
    }
    this.on('close', () => clearTimeout(due))

    onInput<Record<string, unknown>>(RED, this, (msg, send) => {
      due ??= setTimeout(show, SHOW_EVERY_MS).unref()
      const outputs = route(msg)
      // Sending only nothing would still cost a walk over the wires.
      if (outputs.some((message) => message !== null)) send(outputs as (NodeMessage | null)[])
    })
  }
  RED.nodes.registerType('cadf-filter', FilterNode)
  addWatchersImport(RED)
}

/** e.g. `rule 2: REGEXP_SYNTAX` */
function shortPlace(thrown: unknown): string {
  if (!(thrown instanceof RuleProblem)) return 'rules refused'
  return thrown.rule === undefined ? 'no rules' : `rule ${thrown.rule}: ${thrown.code}`
}
