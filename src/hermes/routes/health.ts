import { OperatorError } from '../../errors/operator-error'
import { type Answer, jsonAnswer } from '../answer'
import type { OpenRoute } from '../model'

/**
 * Whether the API can answer, for load balancers and monitoring: 503 while the store is in trouble. Asks nobody anything, so that
 * it costs nothing and tells strangers nothing.
 */
export const health: OpenRoute = (_call, { trail }): Answer => {
  const trouble = trail === undefined ? 'NO_STORE' : troubleOf(trail)
  const document = { status: trouble === undefined ? 'ok' : 'unavailable', store: trouble ?? 'ok' }
  return jsonAnswer(trouble === undefined ? 200 : 503, document, {
    'cache-control': 'no-store',
    ...(trouble === undefined ? {} : { 'retry-after': '10' }),
  })
}

function troubleOf(trail: {
  onTrouble(listener: (trouble: Error | undefined) => void): () => void
}): string | undefined {
  let found: Error | undefined
  // It is called at once.
  trail.onTrouble((trouble) => {
    found = trouble
  })()
  if (found === undefined) return undefined
  return found instanceof OperatorError ? found.code : 'UNEXPECTED'
}
