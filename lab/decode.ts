/** Narrowing of what arrives as `unknown`; the services turn a miss into their own kind of refusal. */
export type JsonObject = Record<string, unknown>

export function asObject(value: unknown): JsonObject | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as JsonObject) : undefined
}

export function asText(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined
}

/** The parsed text, or `undefined` when it is not JSON. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown
  } catch {
    return undefined
  }
}

/** The object that the text is; `undefined` when it is not JSON, or JSON of another shape. */
export function parsedObject(text: string): JsonObject | undefined {
  return asObject(parseJson(text))
}
