import { readFileSync } from 'node:fs'
import { join } from 'node:path'

export const RECORDED = 'test/fixtures/recordings/log-driver'

/** A notification as a service wrote it, as far as the tests look into it. */
export interface Recorded {
  readonly eventType: string
  readonly payload: {
    readonly action?: string
    readonly outcome?: string
    readonly initiator?: {
      readonly username?: string
      readonly name?: string
      readonly host?: { readonly address?: string }
    }
  }
}

/** The notifications in a service's recorded log file, found without the code under test. */
export function recorded(service: string): Recorded[] {
  return readFileSync(join(RECORDED, `${service}.log`), 'utf8')
    .split('\n')
    .flatMap((line) => {
      const [, eventType, json] = / oslo\.messaging\.notification\.(\S+) \[[^\]]*\] (\{.*\})$/.exec(line) ?? []
      if (eventType === undefined || json === undefined) return []
      return [{ eventType, payload: (JSON.parse(json) as Recorded).payload }]
    })
}

/** Of three services, in the order of the files. */
export const everything = ['keystone', 'neutron', 'octavia'].flatMap(recorded)

/** A call of an API that only asks. */
export const isRead = ({ eventType, payload }: Recorded) =>
  eventType.startsWith('audit.http.') && /^read(\/|$)/.test(payload.action ?? '')

/** A call or an event that may have changed something, or was refused: no read, no beginning. */
export const isEnded = (each: Recorded) =>
  !isRead(each) && !each.eventType.endsWith('.start') && each.eventType !== 'audit.http.request'
