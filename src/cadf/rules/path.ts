import { OperatorError } from '../../errors/operator-error'
import { quote } from '../../errors/redact'

/** A member name, an index as text, or `*`: every element of an array (or every member of an object). */
export type Step = string | typeof EVERY
export const EVERY = Symbol('*')

/** What a message may be asked for by its bare name; anything else is written with `msg.` before it. */
export const ROOTS = ['topic', 'event', 'notification', 'payload', 'exposure', 'scan'] as const

/** Calls `test` with what the path leads to, until it says true; whether it did. Missing members are not visited. */
export type Visit = (from: unknown, test: (value: unknown) => boolean) => boolean

/**
 * Reads a dotted path such as `event.initiator.host.address`, `payload.ports.*.id`, `event.attachments[0].name` or
 * `msg["my.own"]`. Inside "some element of", a path that begins with a dot starts at the element.
 * @throws OperatorError `CONDITION_PATH`
 */
export function parsePath(text: string, relativeAllowed: boolean): { relative: boolean; steps: Step[] } {
  const relative = text.startsWith('.') || text === '.'
  if (relative && !relativeAllowed) {
    throw problem(text, 'begins with a dot, which is only known in a group with "some element of"')
  }
  if (text === '.') return { relative, steps: [] }
  const steps = split(relative ? text : `.${text}`, text)
  if (relative) return { relative, steps }
  const [root] = steps
  if (root === 'msg') {
    if (steps.length === 1) throw problem(text, 'names no property')
    return { relative, steps: steps.slice(1) }
  }
  if (!(ROOTS as readonly unknown[]).includes(root)) {
    throw problem(
      text,
      `begins with none of ${ROOTS.join(', ')}`,
      'Write msg. before any other property of the message',
    )
  }
  return { relative, steps }
}

/** A function that follows the steps; built once, so that a message costs only the walk. */
export function visitor(steps: readonly Step[]): Visit {
  const star = steps.indexOf(EVERY)
  if (star >= 0) {
    const toMany = reader(steps.slice(0, star) as string[])
    const inEach = visitor(steps.slice(star + 1))
    return (from, test) => {
      const many = toMany(from)
      if (typeof many !== 'object' || many === null) return false
      if (!Array.isArray(many)) return Object.values(many).some((element) => inEach(element, test))
      for (const element of many) if (inEach(element, test)) return true
      return false
    }
  }
  const read = reader(steps as readonly string[])
  return (from, test) => {
    const value = read(from)
    return value !== undefined && value !== null && test(value)
  }
}

/** A function that follows the steps to the one value they lead to; undefined if they lead to several. */
export function readerOf(steps: readonly Step[]): ((from: unknown) => unknown) | undefined {
  return steps.includes(EVERY) ? undefined : reader(steps as readonly string[])
}

function reader(names: readonly string[]): (from: unknown) => unknown {
  if (names.some((name) => name in Object.prototype || name in Array.prototype)) {
    // `constructor`, `length` and the like: only what the message itself has.
    return (from) =>
      names.reduce<unknown>((at, name) => (isObject(at) && Object.hasOwn(at, name) ? at[name] : undefined), from)
  }
  const [a = '', b = '', c = '', d = ''] = names
  switch (names.length) {
    case 0:
      return (from) => from
    case 1:
      return (from) => member(from, a)
    case 2:
      return (from) => member(member(from, a), b)
    case 3:
      return (from) => member(member(member(from, a), b), c)
    case 4:
      return (from) => member(member(member(member(from, a), b), c), d)
    default: {
      const toFourth = reader(names.slice(0, 4))
      const further = reader(names.slice(4))
      return (from) => further(toFourth(from))
    }
  }
}

function member(of: unknown, name: string): unknown {
  return isObject(of) ? of[name] : undefined
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null
}

const STEP = /\.([^.[\]"'\s]+)|\[(\d+|\*)\]|\["([^"]+)"\]|\['([^']+)'\]/y

function split(path: string, asWritten: string): Step[] {
  const steps: Step[] = []
  STEP.lastIndex = 0
  while (STEP.lastIndex < path.length) {
    const at = STEP.lastIndex
    const found = STEP.exec(path)
    if (found === null) {
      const rest = path.slice(at).replace(/^\./, '')
      throw problem(asWritten, rest === '' ? 'ends in a dot' : `cannot be read from "${quote(rest, 40)}" on`)
    }
    const name = found[1] ?? found[2]
    steps.push(name === '*' ? EVERY : (name ?? found[3] ?? found[4] ?? ''))
  }
  return steps
}

function problem(path: string, what: string, remedy?: string): OperatorError {
  const sentence = path === '' ? 'The property is empty.' : `The property "${quote(path, 80)}" ${what}.`
  return new OperatorError('CONDITION_PATH', sentence, remedy === undefined ? {} : { remedy: `${remedy}.` })
}
