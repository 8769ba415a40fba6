import type { NodeAPI } from 'node-red'
import { describeError, OperatorError } from '../../src/errors/operator-error'

/** What the editor shows, and sends, in the place of a secret that it does not know. */
const KEPT = '__PWRD__'

/** Whether the stored secret is meant. */
export function isKept(secret: unknown): boolean {
  return secret === KEPT
}

/** What a dialog's button sends: the fields as they stand there, not as they are stored. */
export interface DialogRequest {
  readonly fields: Readonly<Record<string, unknown>>
  /** What was typed, or, where the editor has only the placeholder, what is stored for the node. */
  readonly secrets: Readonly<Record<string, string | undefined>>
  /** Whatever else was sent. */
  readonly more: Readonly<Record<string, unknown>>
}

/**
 * Reads `{id, fields, secrets, …}`. `${NAME}` stands for an environment variable when a node starts; so it does here.
 * @param names of the secrets
 */
export function dialogRequest(RED: NodeAPI, body: unknown, names: readonly string[]): DialogRequest {
  const { id, fields, secrets, ...more } = recordOf(body)
  const stored = recordOf(RED.nodes.getCredentials(String(id ?? '')))
  const typed = recordOf(secrets)
  return {
    fields: Object.fromEntries(Object.entries(recordOf(fields)).map(([name, value]) => [name, resolved(value)])),
    secrets: Object.fromEntries(
      names.map((name) => {
        const given = typed[name]
        const value = resolved(isKept(given) || given === undefined ? stored[name] : given)
        return [name, typeof value === 'string' && value !== '' ? value : undefined]
      }),
    ),
    more,
  }
}

interface Response {
  status(code: number): Response
  json(body: unknown): void
}

/** Answers JSON; what is thrown becomes a 400 with its code. */
export function answering<R extends { readonly body?: unknown; readonly params?: unknown }>(
  handler: (request: R) => Promise<unknown> | unknown,
): (request: R, response: Response) => void {
  return (request, response) => {
    Promise.resolve()
      .then(() => handler(request))
      .then(
        (found) => response.json(found),
        (thrown: unknown) => response.status(400).json(problemOf(thrown)),
      )
  }
}

/** What a dialog is told of an error. */
export interface Problem {
  readonly code: string
  readonly message: string
}

export function problemOf(thrown: unknown): Problem {
  return { code: thrown instanceof OperatorError ? thrown.code : 'UNEXPECTED', message: describeError(thrown) }
}

/** The texts of a flat request, without whatever else a browser could send; `${NAME}` as in {@link dialogRequest}. */
export function textsOf(body: unknown): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Object.entries(recordOf(body)).flatMap(([name, value]) =>
      typeof value === 'string' ? [[name, resolved(value) as string]] : [],
    ),
  )
}

/** A variable that is not set leaves the text as it is, as when Node-RED starts a node. */
function resolved(value: unknown): unknown {
  const [, variable] = typeof value === 'string' ? (/^\$\{(\S+)\}$/.exec(value) ?? []) : []
  return variable === undefined ? value : (process.env[variable] ?? value)
}

export function recordOf(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : {}
}
