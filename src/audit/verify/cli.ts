#!/usr/bin/env node
import { createReadStream } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { undiciClient } from '../../http/undici-client'
import { verifyReadOnly } from '../opensearch/read-only'
import { verifyCommand } from './command'
import { storedRows } from './stored-rows'

// Node calls its SQLite experimental, once for each process; here nobody can do anything about it.
process.removeAllListeners('warning')

verifyCommand(process.argv.slice(2), {
  environment: process.env,
  readFile: (path) => readFile(path, 'utf8'),
  stream: (path) => (path === '-' ? process.stdin.setEncoding('utf8') : createReadStream(path, 'utf8')),
  rows: storedRows,
  cluster: async ({ url, ca, ...at }, by) => {
    const http = undiciClient(ca === undefined ? {} : { tls: { ca } })
    try {
      return await verifyReadOnly({ ...at, urls: [url], http }, by)
    } finally {
      await http.close()
    }
  },
  out: (text) => process.stdout.write(text),
  error: (text) => process.stderr.write(text),
}).then((code) => {
  // Not process.exit: what was written to a pipe must get out.
  process.exitCode = code
})
