import type { Report } from '../../src/notify/model'
import { reportOf } from '../../src/notify/report'
import { occurrence } from './occurrence'

/** What somebody may call himself or a thing of his, to make a message say something else. */
export const HOSTILE =
  'o\'neil "x" <script>alert(1)</script> <!channel> @everyone {{ 7 | times: 6 }} {% raw %} *b* _i_ `c` [l](http://evil) \r\nBcc: x@evil \u202etxt.exe 👩‍👩‍👧'

/** A report with that name wherever a name can stand, and as long as anybody likes. */
export function hostileReport(id = 'hostile-1', length = HOSTILE.length): Report {
  const name = HOSTILE.repeat(Math.ceil(length / HOSTILE.length)).slice(0, length)
  const { event, ...message } = occurrence(id)
  return reportOf([
    {
      ...message,
      topic: name,
      event: {
        ...event,
        outcome: 'failure',
        reason: { reasonType: name, reasonCode: name },
        initiator: { ...event.initiator, name, host: { address: name } },
        target: { ...event.target, id: name, name },
        observer: { ...event.observer, name },
        requestPath: name,
      },
    },
  ])
}
