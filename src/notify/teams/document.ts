/** A document is the whole card, or the list that is its body. Found at deploy, where the strings are still templates. */
export function documentProblem(document: unknown): string | undefined {
  if (Array.isArray(document)) {
    const without = document.findIndex((element) => typeof membersOf(element)['type'] !== 'string')
    if (document.length === 0) return 'it has no element'
    return without < 0 ? undefined : `element ${without + 1} has no type`
  }
  const { type, body, attachments } = membersOf(document)
  if (type === 'MessageCard' || membersOf(document)['@type'] === 'MessageCard') {
    return 'Workflows shows no message cards, only adaptive cards'
  }
  if (attachments !== undefined) return 'give the card itself ("content"), not the message around it'
  if (type !== 'AdaptiveCard' || !Array.isArray(body)) {
    return 'Teams takes an adaptive card ("type": "AdaptiveCard" with "body"), or the list that is its body'
  }
  return undefined
}

export function membersOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {}
}
