import type { FlowNode } from './node-red'
import { definitionOf, types } from './palette'

/** What an edited flow file, an environment variable or an older version can put where the dialog puts something else. */
const GARBAGE: readonly unknown[] = [
  null,
  0,
  -1,
  1e308,
  true,
  false,
  '',
  ' \n\u001b[31m',
  '\ud800',
  '__proto__',
  [],
  ['a', 7],
  {},
]

/** Further starting points, where the dialog has a choice that leads to other settings. */
const CHOICES: Readonly<Record<string, readonly object[]>> = {
  'openstack-bus-config': [{ by: 'fields', hosts: 'localhost' }],
  'openstack-notification-in': [
    { source: 'log-file', file: '/nowhere/neutron.log' },
    { source: 'rabbitmq', bus: 'bus', queue: 'osx.rubbish' },
  ],
  'openstack-port-lookup': [{ account: 'keystone' }],
  'qualys-config': [{ platform: 'custom', url: 'https://127.0.0.1:1' }],
  'qualys-scan': [{ account: 'qualys', profile: 'p' }],
  'syslog-out': [{ host: '127.0.0.1', port: 1, format: 'text', severityBy: 'value', once: false }],
}

/** Accounts that are in order, but nobody listens there; see {@link CHOICES}. */
export const USABLE_ACCOUNTS: readonly FlowNode[] = [
  { id: 'bus', type: 'openstack-bus-config', by: 'fields', hosts: '127.0.0.1:1' },
  { id: 'keystone', type: 'keystone-config', authUrl: 'http://127.0.0.1:1/v3', applicationCredential: 'a' },
  { id: 'qualys', type: 'qualys-config', platform: 'custom', url: 'https://127.0.0.1:1' },
]
export const THEIR_SECRETS = {
  bus: { password: 'p' },
  keystone: { secret: 's' },
  qualys: { username: 'u', password: 'p' },
}

/** One type's nodes: nothing set, everything set to the same rubbish, and each setting of the dialog in turn. */
export function garbageNodes(type: string): FlowNode[] {
  const { defaults } = definitionOf(type)
  const settings = Object.keys(defaults)
  const usual = Object.fromEntries(Object.entries(defaults).map(([name, { value }]) => [name, plain(value)]))
  const all = GARBAGE.map((rubbish) => Object.fromEntries(settings.map((name) => [name, rubbish])))
  const starts = [usual, ...(CHOICES[type] ?? []).map((choice) => ({ ...usual, ...choice }))]
  const each = starts.flatMap((start) =>
    settings.flatMap((name) =>
      GARBAGE.filter((rubbish) => name !== 'host' || !couldBeResolved(rubbish)).map((rubbish) => ({
        ...start,
        [name]: rubbish,
      })),
    ),
  )
  return [{}, usual, ...all, ...each].map((config, index) => ({ ...config, id: `${type}-${index}`, type }))
}

export function takesInput(type: string): boolean {
  return (definitionOf(type).inputs ?? 0) > 0
}

export const flowTypes = types.filter((type) => definitionOf(type).category !== 'config')

/** A text that tells of a mistake in the code and not of what a person should mend; or one that plays with the terminal. */
export function isOurFault(text: string): boolean {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what must not get into a log
  return /is not a function|is not iterable|is not defined|Cannot (read|convert)|of undefined|of null|\u001b/.test(text)
}

/** Tests ask no name server. */
function couldBeResolved(rubbish: unknown): boolean {
  return typeof rubbish === 'number' || (typeof rubbish === 'string' && rubbish.trim() !== '')
}

/** From another realm, as the html's scripts ran in one of their own. */
function plain(value: unknown): unknown {
  return value === undefined ? undefined : (JSON.parse(JSON.stringify(value)) as unknown)
}
