import { open } from 'node:fs/promises'

/** Appends objects as JSON Lines to a file that only its owner can read; each resolves when it is on the disk. */
export function jsonLinesFile(path: string): (value: object) => Promise<void> {
  return async (value) => {
    const file = await open(path, 'a', 0o600)
    try {
      await file.appendFile(`${JSON.stringify(value)}\n`)
      await file.datasync()
    } finally {
      await file.close()
    }
  }
}
