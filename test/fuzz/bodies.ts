import type { Random } from './random'

type Json = unknown
type Fields = Record<string, Json>

/** Every kind of value, and those that code trips over. */
const ODD_VALUES: readonly Json[] = [
  null,
  true,
  false,
  0,
  -1,
  1e308,
  404,
  '',
  ' ',
  'unknown',
  'None',
  'null',
  'target',
  'initiator',
  'observer',
  'openstack:1c2fc591-facb-4479-a327-520dade1ea15',
  '2026-11-21 06:51:16.704739',
  '2026-11-21T06:47:36.704578+0000',
  '2026-02-30T06:47:36.704578+0000',
  '99999-99-99T99:99:99Z',
  'success',
  'failure/timeout',
  'failed',
  'http://schemas.dmtf.org/cloud/audit/1.0/event',
  'service/network/../../x',
  '../../etc/passwd',
  '/v2.0/%ff%fe/%',
  '//////',
  '/v2.0/ports/%E0%A4%A',
  `/v2.0${'/a'.repeat(2000)}`,
  'identity.user.created',
  'identity.',
  '.',
  '....start',
  'a'.repeat(5000),
  'żółw-\u202e🐢\u0000\r\n',
  '\ud800',
  '__proto__',
  [],
  {},
  [null],
  [[]],
  [{}],
  { id: 'target' },
  { id: 7, typeURI: [] },
  { token: 'gAAAAABsecret', user: {} },
]
const NAMES = [
  '__proto__',
  'constructor',
  'toString',
  'hasOwnProperty',
  'length',
  '',
  'id',
  'typeURI',
  'initiator',
  'initiatorId',
  'target',
  'observer',
  'credential',
  'host',
  'reason',
  'tags',
  'attachments',
  'reporterchain',
  'requestPath',
  'resource_info',
  'nova_object.data',
  'parent_resource',
  'security_group_rules',
  '_context_user_id',
  '_context_roles',
  'event_type',
  'publisher_id',
  'timestamp',
  'priority',
  'payload',
  'added',
  'flags',
]
const EVENT_TYPES = [
  'audit.http.request',
  'audit.http.response',
  'identity.authenticate',
  'identity.user.created',
  'identity.OS-TRUST:trust.deleted',
  'compute.instance.create.error',
  'instance.create.end',
  'port.create.end',
  'tag.create.end',
  'volume.attach.start',
  'gap.log-file',
  'x',
  '.',
]

/**
 * A body for the decoder: a recorded one with one to eight changes to its structure, put back into its envelope, which is
 * itself changed now and then. Mostly still a notification, so that the changes get as far as the conversion.
 */
export function mutatedBody(recorded: readonly string[], random: Random): Buffer | string {
  const outer = JSON.parse(random.of(recorded)) as Fields
  const inner = (typeof outer['oslo.message'] === 'string' ? JSON.parse(outer['oslo.message']) : outer) as Fields
  const changes = 1 + random.below(8)
  for (let change = 0; change < changes; change++)
    mutate(random.chance(0.7) ? payloadOf(inner) : inner, recorded, random)
  if (random.chance(0.2)) inner['event_type'] = random.of(EVENT_TYPES)
  const message = JSON.stringify(inner).replaceAll(DEEP_VALUE, (_, depth: string) => deeply(Number(depth)))
  const text = random.chance(0.1) ? message : enveloped(message, random)
  return random.chance(0.03) ? damaged(text, random) : text
}

/** Stands for so many levels of lists, which JSON.stringify could not write. */
const DEEP = '@@deep@@'
const DEEP_VALUE = new RegExp(`"${DEEP}(\\d+)"`, 'g')

function deeply(depth: number): string {
  return '['.repeat(depth) + ']'.repeat(depth)
}

function payloadOf(inner: Fields): Fields {
  const payload = inner['payload']
  return typeof payload === 'object' && payload !== null ? (payload as Fields) : inner
}

function enveloped(message: string, random: Random): string {
  if (!random.chance(0.03)) return JSON.stringify({ 'oslo.version': '2.0', 'oslo.message': message })
  return JSON.stringify({
    'oslo.version': random.of(['2.1', '3.0', 2, null, '', '2.0']),
    'oslo.message': random.of<Json>([message, null, {}, message.slice(0, -1), '[]', 'null', '"x"', '']),
  })
}

/** Cut, in another encoding, or with bytes in the wrong places. */
function damaged(text: string, random: Random): Buffer | string {
  const bytes = Buffer.from(text)
  switch (random.below(5)) {
    case 0:
      return bytes.subarray(0, random.below(bytes.length))
    case 1:
      return Buffer.from(`\u00e9${text}`, 'latin1')
    case 2:
      for (let i = 0; i < 5; i++) bytes[random.below(bytes.length)] = random.below(256)
      return bytes
    case 3:
      return random.of(['', ' ', '\u0000', 'null', '[]', '7', '"x"', '{}', '{"oslo.version": "2.0"}'])
    default:
      return Buffer.from(text, 'utf16le')
  }
}

/** One change at a random place, chosen by walking down. */
function mutate(root: Fields | Json[], recorded: readonly string[], random: Random): void {
  let at = root
  while (random.chance(0.6)) {
    const children = Object.values(at).filter((value) => typeof value === 'object' && value !== null)
    if (children.length === 0) break
    at = random.of(children) as Fields | Json[]
  }
  const names = Object.keys(at)
  const name = names.length === 0 ? random.of(NAMES) : random.of(names)
  const fields = at as Fields
  const value = Object.hasOwn(fields, name) ? fields[name] : undefined
  switch (random.below(8)) {
    case 0:
      delete fields[name]
      break
    case 1:
    case 2:
      set(fields, name, structuredClone(random.of(ODD_VALUES)))
      break
    case 3:
      set(fields, random.of(NAMES), structuredClone(random.of(ODD_VALUES)))
      break
    case 4:
      set(fields, random.of(NAMES), structuredClone(value))
      break
    case 5:
      set(fields, name, nested(value, random))
      break
    case 6:
      if (typeof value === 'string') set(fields, name, spliced(value, random))
      break
    case 7: {
      // A part of another message: a Neutron port where Keystone has a payload, and so on.
      const other = JSON.parse(random.of(recorded)) as Fields
      const body = (typeof other['oslo.message'] === 'string' ? JSON.parse(other['oslo.message']) : other) as Fields
      set(fields, random.chance(0.5) ? 'payload' : name, random.of(Object.values(payloadOf(body))))
    }
  }
}

/** As JSON.parse does: `__proto__` becomes a member like any other. */
function set(fields: Fields, name: string, value: Json): void {
  if (name === 'length' && Array.isArray(fields)) return
  Object.defineProperty(fields, name, { value, enumerable: true, configurable: true, writable: true })
}

function nested(value: Json, random: Random): Json {
  if (random.chance(0.02)) return `${DEEP}${random.of([900, 1100, 20_000])}`
  let deep = value
  const depth = 1 + random.below(4)
  for (let level = 0; level < depth; level++) deep = random.chance(0.5) ? [deep] : { [random.of(NAMES)]: deep }
  return deep
}

function spliced(text: string, random: Random): string {
  const at = random.below(text.length + 1)
  const put = random.of(['', ' ', '.', '/', '\u0000', '\n', '%', '🐢', 'x'.repeat(300), '.end', '/action'])
  return text.slice(0, at) + put + text.slice(at + random.below(4))
}
