import type { NodeAPI } from 'node-red'

interface Response {
  json(body: unknown): void
}

/** Where and how Node-RED serves HTTP nodes. */
export interface HttpServer {
  /** false: not at all. */
  readonly root: string | false
  /** Whether it asks for a user and password of its own. */
  readonly auth: boolean
}

export function serverOf(RED: NodeAPI): HttpServer {
  const { httpNodeRoot, httpNodeAuth } = RED.settings as { httpNodeRoot?: unknown; httpNodeAuth?: unknown }
  return {
    root: httpNodeRoot === false ? false : typeof httpNodeRoot === 'string' ? httpNodeRoot : '/',
    auth: Boolean(httpNodeAuth),
  }
}

/** Tells the dialog what it needs for the URL of the catalogue; the editor's own settings show `/` for "not at all". */
export function adminEndpoints(RED: NodeAPI): void {
  RED.httpAdmin.get(
    '/audit-api/server',
    RED.auth.needsPermission('audit-api.read'),
    (_request: unknown, response: Response) => {
      response.json(serverOf(RED))
    },
  )
}
