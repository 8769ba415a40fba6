// The development dependency `node` supplies the runtime. Installed with --ignore-scripts it is absent, and the
// system's older Node would run the suite without a word: stop instead.
const major = Number(process.versions.node.split('.')[0])
if (major < 22) {
  console.error(
    `This needs Node 22.9 or newer but runs on ${process.versions.node}. ` +
      'Run "npm ci" without --ignore-scripts (it installs Node 24 into node_modules), then use the npm scripts.',
  )
  process.exit(1)
}
