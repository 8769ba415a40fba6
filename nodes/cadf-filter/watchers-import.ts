import { randomBytes } from 'node:crypto'
import type { NodeAPI } from 'node-red'
import { importWatchers } from '../../src/watchers/import'
import { answering, recordOf } from '../shared/dialog-request'

/**
 * For the editor's import of pretty-cool-events (resources/import-watchers.js): the YAML text in, a wired flow out, its secrets
 * apart, and what became of each key. POST, as the text holds passwords; nothing is stored or logged here.
 */
export function addWatchersImport(RED: NodeAPI): void {
  const mayWrite = RED.auth.needsPermission('cadf-filter.write')
  RED.httpAdmin.post(
    '/openstack-events/import-watchers',
    mayWrite,
    answering(({ body }: { readonly body?: unknown }) => {
      const { yaml, template } = recordOf(body)
      return importWatchers(textOf(yaml), textOf(template), () => randomBytes(8).toString('hex'))
    }),
  )
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : ''
}
