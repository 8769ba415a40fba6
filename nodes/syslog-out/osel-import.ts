import { randomBytes } from 'node:crypto'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { NodeAPI } from 'node-red'
import { OperatorError } from '../../src/errors/operator-error'
import { type FlowNode, fillFlow } from '../../src/osel/fill'
import { importOsel } from '../../src/osel/import'
import { answering, recordOf } from '../shared/dialog-request'

const THEME = 'security-group-scan'

/**
 * For the editor's osel import (resources/import-osel.js): the YAML text in, the main example filled in, its secrets
 * apart, and what became of each key. POST, as the text holds passwords; nothing is stored or logged here.
 */
export function addOselImport(RED: NodeAPI): void {
  const mayWrite = RED.auth.needsPermission('syslog-out.write')
  RED.httpAdmin.post(
    '/openstack-events/import-osel',
    mayWrite,
    answering(({ body }: { readonly body?: unknown }) => {
      const osel = importOsel(String(recordOf(body)['yaml'] ?? ''))
      return { ...fillFlow(mainExample(), osel, newId), notes: osel.notes }
    }),
  )
}

function mainExample(): FlowNode[] {
  const folder = join(packageRoot(__dirname), 'examples', THEME)
  const file = readdirSync(folder).find((name) => name.startsWith('01 ') && name.endsWith('.json'))
  if (file === undefined) throw new OperatorError('EXAMPLE_MISSING', `There is no example flow in ${folder}.`)
  return JSON.parse(readFileSync(join(folder, file), 'utf8')) as FlowNode[]
}

/** The sources and dist/ are of different depth. */
function packageRoot(from: string): string {
  const parent = dirname(from)
  return existsSync(join(from, 'package.json')) || parent === from ? from : packageRoot(parent)
}

/** As Node-RED makes its own. */
function newId(): string {
  return randomBytes(8).toString('hex')
}
