/** The root actions of CADF's taxonomy (DSP0262), and `unknown`. */
export const ROOT_ACTIONS: ReadonlySet<string> = new Set([
  'backup',
  'capture',
  'create',
  'configure',
  'read',
  'update',
  'delete',
  'monitor',
  'start',
  'stop',
  'deploy',
  'undeploy',
  'enable',
  'disable',
  'send',
  'receive',
  'authenticate',
  'renew',
  'revoke',
  'restore',
  'evaluate',
  'allow',
  'deny',
  'notify',
  'unknown',
])

/** Verbs of services that have another name in the taxonomy; the verb stays as the second segment where it says more. */
const TRANSLATED: ReadonlyMap<string, string> = new Map([
  ['created', 'create'],
  ['updated', 'update'],
  ['deleted', 'delete'],
  ['disabled', 'disable'],
  ['enabled', 'enable'],
  ['insert', 'create'],
  ['remove', 'delete'],
  ['destroy', 'delete'],
  ['soft_delete', 'delete/soft_delete'],
  ['force_delete', 'delete/force_delete'],
  ['import', 'create/import'],
  ['list', 'read/list'],
  ['get', 'read'],
  ['show', 'read'],
  ['exists', 'monitor/exists'],
  ['usage', 'monitor/usage'],
  ['audit', 'monitor/audit'],
  ['power_on', 'start/power_on'],
  ['power_off', 'stop/power_off'],
  ['shutdown', 'stop/shutdown'],
  ['reboot', 'start/reboot'],
  ['resume', 'start/resume'],
  ['unpause', 'start/unpause'],
  ['unshelve', 'start/unshelve'],
  ['pause', 'stop/pause'],
  ['suspend', 'stop/suspend'],
  ['shelve', 'stop/shelve'],
  ['snapshot', 'capture/snapshot'],
  ['login', 'authenticate/login'],
])

/** Verbs that change a thing without being one of CADF's actions, by their first word. */
const CHANGING =
  /^(add|attach|change|confirm|detach|evacuate|extend|finish|interface|live|lock|manage|migrate|modify|move|promote|provision|rebuild|rename|replace|rescue|reset|resize|retype|revert|set|swap|transfer|trigger|unlock|unmanage|unrescue|unset|update|upload|volume)(_|$)/

/** The CADF action for a verb in dotted segments; undefined for one of which nothing is known. */
export function actionOf(verb: readonly string[]): string | undefined {
  const first = verb[0] ?? ''
  if (!verb.every((segment) => /^[A-Za-z0-9_-]{1,64}$/.test(segment))) return undefined
  const rest = verb.slice(1).map((segment) => `/${segment}`)
  if (first !== 'unknown' && ROOT_ACTIONS.has(first)) return [first, ...rest].join('')
  const translated = TRANSLATED.get(first)
  if (translated !== undefined) return [translated, ...rest].join('')
  return CHANGING.test(first) ? [`update/${first}`, ...rest].join('') : undefined
}
