import { randomBytes } from 'node:crypto'
import type { NodeAPI } from 'node-red'
import { describeError, OperatorError } from '../../src/errors/operator-error'
import { importWatchers } from '../../src/watchers/import'

/**
 * For the editor's import of pretty-cool-events (resources/import-watchers.js): the YAML text in, a wired flow out, its secrets
 * apart, and what became of each key. POST, as the text holds passwords; nothing is stored or logged here.
 */
export function addWatchersImport(RED: NodeAPI): void {
  const mayWrite = RED.auth.needsPermission('cadf-filter.write')
  RED.httpAdmin.post('/openstack-events/import-watchers', mayWrite, (request, response) => {
    const { yaml, template } = fieldsOf(request.body)
    try {
      response.json(importWatchers(textOf(yaml), textOf(template), () => randomBytes(8).toString('hex')))
    } catch (thrown) {
      const code = thrown instanceof OperatorError ? thrown.code : 'UNEXPECTED'
      response.status(400).json({ code, message: describeError(thrown) })
    }
  })
}

function fieldsOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {}
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : ''
}
