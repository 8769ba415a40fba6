import { byTime } from '../../src/illumio/event'
import { type Marked, readWindow } from '../../src/illumio/window'

/** All parts of a window together; what is in two of them counts once. */
export async function wholeWindow(...asked: Parameters<typeof readWindow>) {
  const found = new Map<string, Marked>()
  const strange: unknown[] = []
  const gaps: { from: number; to: number }[] = []
  for await (const part of readWindow(...asked)) {
    for (const marked of part.events) found.set(marked.key, marked)
    strange.push(...part.strange)
    if (part.gap !== undefined) gaps.push(part.gap)
  }
  return { events: [...found.values()].sort(byTime), strange, gaps }
}
