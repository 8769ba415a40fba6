import { existsSync, readdirSync, readFileSync } from 'node:fs'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { extname, join } from 'node:path'
import { describeError } from '../../errors/operator-error'
import { type Answer, failure, jsonAnswer, send } from './answer'
import { type LogInOptions, pageLogIn } from './log-in'

/** Where a request came in. */
export interface PagePlace {
  /** Below the API's base, with the query: `/ui/log-in`. */
  readonly target: string
  /** What stands behind `/ui/`, without the query: `''` for the page itself, `log-in`, `page.css`. */
  readonly path: string
}

/** Answers every request under the page's address, and never throws. */
export type AuditPage = (request: IncomingMessage, response: ServerResponse, place: PagePlace) => void

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.svg': 'image/svg+xml',
}

/**
 * The audit page with the requests that only it makes. It reads events from the API beside it (`../v1/…`), as any client.
 * @throws Error when the page's files are not beside this one (`scripts/build.mjs` copies them)
 */
export function auditPage(options: LogInOptions): AuditPage {
  const files = readFiles(join(__dirname, 'static'))
  const { logIn, session, logOut } = pageLogIn(options)
  // Maps, as paths and methods come from outside: every object has a `constructor`.
  const actions = new Map<string, { method: string; act: (request: IncomingMessage) => Promise<Answer> }>([
    ['log-in', { method: 'POST', act: logIn }],
    ['session', { method: 'GET', act: session }],
    ['log-out', { method: 'POST', act: logOut }],
  ])

  const answer = async (request: IncomingMessage, { path, target }: PagePlace): Promise<Answer> => {
    const method = request.method ?? 'GET'
    // The page's own links need the slash. Relative, so that it holds whatever stands in front of the address.
    if (path === '' && !/^[^?]*\/(?:\?|$)/.test(target)) return { status: 308, headers: { location: 'ui/' } }
    const action = actions.get(path)
    if (action !== undefined) {
      return method === action.method ? action.act(request) : { ...notAllowed, headers: { allow: action.method } }
    }
    const file = files.get(path === '' ? 'index.html' : path)
    if (file === undefined) return failure(404, 'NOT_FOUND', 'There is nothing at this address.')
    if (method !== 'GET' && method !== 'HEAD') return { ...notAllowed, headers: { allow: 'GET, HEAD' } }
    return file
  }

  return (request, response, place) => {
    const failed = (thrown: unknown) => {
      options.onFailure?.(describeError(thrown))
      return failure(500, 'UNEXPECTED', 'The request failed here.')
    }
    answer(request, place)
      .catch(failed)
      .then((given) => send(request, response, given))
  }
}

const notAllowed = jsonAnswer(405, { error: { code: 'METHOD', message: 'The method is not allowed here.' } })

/** All of them at the start: they are few and small, and no path from outside reaches the disk. */
function readFiles(folder: string): ReadonlyMap<string, Answer> {
  if (!existsSync(join(folder, 'index.html')))
    throw new Error('The files of the audit page are missing: build the package.')
  return new Map(
    readdirSync(folder).flatMap((name): [string, Answer][] => {
      const type = TYPES[extname(name)]
      if (type === undefined) return []
      return [[name, { status: 200, headers: { 'content-type': type }, body: readFileSync(join(folder, name)) }]]
    }),
  )
}
