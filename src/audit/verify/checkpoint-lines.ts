import { parseCheckpoint } from '../chain/checkpoint'
import type { Checkpoint } from '../chain/model'

export interface FoundCheckpoints {
  readonly checkpoints: readonly Checkpoint[]
  /** Lines that hold the beginning of a checkpoint, but no whole one: cut off by a log server, most likely. */
  readonly incomplete: number
}

/** Characters. A checkpoint takes some 250; what stands before it in a line of a log is no longer. */
const LONGEST_LINE = 64 * 1024
const MARK = 'openstack-audit-checkpoint'

/** The checkpoints in a text of any length and kind: a syslog file, an archive of mails. One to a line; the first one counts. */
export async function findCheckpoints(text: AsyncIterable<string> | Iterable<string>): Promise<FoundCheckpoints> {
  const checkpoints: Checkpoint[] = []
  let incomplete = 0
  let rest = ''
  const look = (line: string) => {
    if (!line.includes(MARK)) return
    const checkpoint = parseCheckpoint(line)
    if (checkpoint === undefined) incomplete++
    else checkpoints.push(checkpoint)
  }
  for await (const chunk of text) {
    const lines = (rest + chunk).split('\n')
    rest = lines.pop() ?? ''
    for (const line of lines) look(line)
    // A file without line feeds is no log; its end is enough to go on with.
    if (rest.length > LONGEST_LINE) rest = rest.slice(-LONGEST_LINE / 2)
  }
  look(rest)
  return { checkpoints, incomplete }
}
