import type { Escape } from './channel'
import { cut } from './cut'
import { escapeText } from './escape'

/** What a cut can leave of an escape or a tag at the end, before the sign that it was cut. */
const REMAINS: Readonly<Record<Escape, RegExp | undefined>> = {
  none: undefined,
  html: /(?:&[#\w]{0,8}|<[^>]*)…$/,
  slack: /(?:&[#\w]{0,8}|<[^>]*)…$/,
  telegram: /(?:&[#\w]{0,8}|<[^>]*)…$/,
  teams: /(?<!\\)(?:\\\\)*(\\)…$/,
  markdown: /(?<!\\)(?:\\\\)*(\\)…$|&[#\w]{0,8}…$/,
  wiki: /(?<!\\)(?:\\\\)*(\\)…$/,
}

/** Cuts a text that is escaped already, at a whole character and a whole escape. */
export function cutEscaped(text: string, limit: number, target: Escape): string {
  const short = cut(text, limit)
  const remains = short === text ? undefined : REMAINS[target]
  return remains === undefined
    ? short
    : short.replace(remains, (whole: string, backslash?: string) =>
        typeof backslash === 'string' ? `${whole.slice(0, -2)}…` : '…',
      )
}

/** Escapes, and keeps to the limit with the escapes. */
export function escapedWithin(text: string, limit: number, target: Escape): string {
  return cutEscaped(escapeText(text.slice(0, limit * 2), target) + (text.length > limit * 2 ? '…' : ''), limit, target)
}
