/** In the order of the stack, from the bottom; each has a colour of its own in the style sheet. */
export const OUTCOMES = ['success', 'failure', 'pending', 'unknown']

/** For what CADF does not know as an outcome. */
export function outcomeClass(outcome) {
  return OUTCOMES.includes(outcome) ? outcome : 'unknown'
}
