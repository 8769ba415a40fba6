import { jsonAnswer } from '../answer'
import type { Call, OpenRoute } from '../model'

const DOCUMENTATION = 'https://www.npmjs.com/package/node-red-contrib-openstack-events'

export const versions: OpenRoute = (call) => jsonAnswer(300, { versions: [version(call)] })

export const version1: OpenRoute = (call) => jsonAnswer(200, { version: version(call) })

function version(call: Call): unknown {
  return {
    status: 'CURRENT',
    id: 'v1',
    links: [
      { href: call.link('/v1/'), rel: 'self' },
      { href: DOCUMENTATION, rel: 'describedby', type: 'text/html' },
    ],
  }
}
