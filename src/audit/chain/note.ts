/**
 * The one-line text form of checkpoints and retention records: `name v1 member=value member=value …`, printable ASCII without
 * blanks, quotes or backslashes in a value. So it passes unchanged through syslog, JSON, mail and a terminal, and a line can be pasted
 * back with whatever stands before and after it.
 */
export function noteText(name: string, members: Readonly<Record<string, string | number | undefined>>): string {
  const parts = [`${name} v1`]
  for (const [member, value] of Object.entries(members)) {
    if (value !== undefined) parts.push(`${member}=${escaped(String(value))}`)
  }
  return parts.join(' ')
}

/** Members of the first such text in a line; undefined: there is none. */
export function noteMembers(name: string, line: string): Readonly<Record<string, string>> | undefined {
  const start = line.indexOf(`${name} v1 `)
  if (start < 0) return undefined
  const members: Record<string, string> = Object.create(null)
  for (const part of line.slice(start + name.length + 4).split(' ')) {
    const match = MEMBER.exec(part)
    if (match?.[1] === undefined || match[2] === undefined || match[1] in members) break
    members[match[1]] = unescaped(match[2])
    // Whatever follows a value of ours without a blank is the frame of the line: a quote, a bracket.
    if (match[0].length < part.length) break
  }
  return members
}

const MEMBER = /^([a-z]+)=([A-Za-z0-9._:,+/%-]*)/

function escaped(value: string): string {
  return value.replace(/[^A-Za-z0-9._:,+/-]+/g, (run) =>
    [...Buffer.from(run, 'utf8')].map((byte) => `%${byte.toString(16).toUpperCase().padStart(2, '0')}`).join(''),
  )
}

function unescaped(value: string): string {
  try {
    return decodeURIComponent(value)
  } catch {
    return value
  }
}
