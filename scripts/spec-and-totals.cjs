// Mocha's spec reporter, which also leaves the figures in a file for scripts/test.mjs to add up.
const { writeFileSync } = require('node:fs')
const { reporters, Runner } = require('mocha')

module.exports = class SpecAndTotals extends reporters.Spec {
  constructor(runner, options) {
    super(runner, options)
    runner.once(Runner.constants.EVENT_RUN_END, () => {
      const { passes, failures, pending } = this.stats
      const { totals } = options.reporterOptions
      writeFileSync(totals, JSON.stringify({ passed: passes, failed: failures, skipped: pending }))
    })
  }
}
