import type { Escape } from './channel'
import { cutEscaped } from './cut-escaped'

/** A document with the texts under `names` cut to `longest`, each at a whole character and escape; nothing else is touched. */
export function shortened(value: unknown, longest: number, names: ReadonlySet<string>, target: Escape): unknown {
  if (Array.isArray(value)) return value.map((element) => shortened(element, longest, names, target))
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value).map(([name, member]) => [
      name,
      typeof member === 'string' && names.has(name)
        ? cutEscaped(member, longest, target)
        : shortened(member, longest, names, target),
    ]),
  )
}
