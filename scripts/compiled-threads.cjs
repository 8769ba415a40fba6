// For a whole run of the tests: threads of src/ start from dist/, which the run has just built. From the sources each of
// the hundreds of threads would load the TypeScript loader first, which takes three times as long as all else it does.
const { statSync } = require('node:fs')
const { join, relative, resolve } = require('node:path')
const threads = require('node:worker_threads')

const root = resolve(__dirname, '..')
const isNewer = (one, other) => statSync(one, { throwIfNoEntry: false })?.mtimeMs > statSync(other).mtimeMs

threads.Worker = class extends threads.Worker {
  constructor(file, options) {
    const path = relative(root, String(file))
    const compiled = join(root, 'dist', path.replace(/\.ts$/, '.js'))
    if (/^src\b.*\.ts$/.test(path) && isNewer(compiled, file)) {
      const rest = (options.execArgv ?? []).filter((word) => word !== '--require' && !word.includes('tsx'))
      super(compiled, { ...options, execArgv: rest })
    } else super(file, options)
  }
}
