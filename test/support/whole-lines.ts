import { existsSync, readFileSync } from 'node:fs'

/**
 * The lines of a file that another process may just be writing: only those that have their end, as the last one may be
 * half there. None if there is no file yet.
 */
export function wholeLines(path: string): string[] {
  if (!existsSync(path)) return []
  const ended = readFileSync(path, 'utf8').split('\n').slice(0, -1)
  return ended.filter((line) => line !== '')
}
