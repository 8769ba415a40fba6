import { EVERY, type Step } from './path'

/** Members that hold an id without saying so: those of Keystone's role assignments, and the user of a federated login. */
const IDS: ReadonlySet<string> = new Set([
  ...['user', 'group', 'project', 'domain', 'role', 'resource_info'].flatMap((name) => [
    `event.${name}`,
    `payload.${name}`,
  ]),
  'event.initiator.credential.user',
])

/** Whether a path leads to ids, so that the spellings of one id count as the same. */
export function leadsToIds(steps: readonly Step[]): boolean {
  const names = steps.filter((step) => step !== EVERY && !/^\d+$/.test(step)) as string[]
  return /(^|_)ids?$|[a-z]Ids?$/.test(names.at(-1) ?? '') || IDS.has(names.join('.'))
}
