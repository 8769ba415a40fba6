import { jsonAnswer } from '../answer'
import type { Call, OpenRoute } from '../model'

export const versions: OpenRoute = (call) => jsonAnswer(300, { versions: [version(call)] })

export const version1: OpenRoute = (call) => jsonAnswer(200, { version: version(call) })

function version(call: Call): unknown {
  return {
    status: 'CURRENT',
    id: 'v1',
    links: [
      { href: call.link('/v1/'), rel: 'self' },
      { href: call.link('/v1/docs'), rel: 'describedby', type: 'text/html' },
    ],
  }
}
