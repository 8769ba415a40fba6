import type { NodeAPI } from 'node-red'
import { checkRules, compileRules } from '../../src/cadf/rules/compile'
import { READY_MADE } from '../../src/cadf/rules/ready-made'
import { router } from '../../src/cadf/rules/route'
import { sampleMessage } from '../../src/cadf/rules/sample'
import { KNOWN_ELEMENTS, KNOWN_PROPERTIES, QUESTIONS } from '../../src/cadf/rules/vocabulary'
import { answering, recordOf } from '../shared/dialog-request'

/** For the dialog: what it suggests, whether rules can be used, and where they would send a sample. Nothing is changed. */
export function addAdminEndpoints(RED: NodeAPI): void {
  const mayRead = RED.auth.needsPermission('cadf-filter.read')

  RED.httpAdmin.get('/cadf-filter/vocabulary', mayRead, (_request, response) => {
    response.json({
      ...{ readyMade: READY_MADE, questions: QUESTIONS },
      ...{ properties: KNOWN_PROPERTIES, elements: KNOWN_ELEMENTS },
    })
  })
  RED.httpAdmin.post('/cadf-filter/check', mayRead, (request, response) => {
    const { rules } = recordOf(request.body)
    const problems = checkRules(rules).map(({ code, detail, rule, condition }) => ({ code, detail, rule, condition }))
    response.json({ problems })
  })
  RED.httpAdmin.post(
    '/cadf-filter/try',
    mayRead,
    answering(({ body }: { readonly body?: unknown }) => ({ outputs: tried(recordOf(body)) })),
  )
}

/** How many occurrences go to each output. */
function tried({ rules, mode, otherwise, sample }: Readonly<Record<string, unknown>>): number[] {
  const message = sampleMessage(typeof sample === 'string' ? sample : '')
  const route = router(compileRules(rules), { mode: mode === 'all' ? 'all' : 'first', otherwise: otherwise === true })
  return route(message).map((sent) => {
    if (sent === null) return 0
    return sent['batch'] !== undefined && Array.isArray(sent['payload']) ? sent['payload'].length : 1
  })
}
