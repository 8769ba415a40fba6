import { readFileSync, writeFileSync } from 'node:fs'

/** Beside a database, as a locked one cannot be asked who holds it. For messages only; the lock is SQLite's. */
export function writeOwner(path: string, since: Date): void {
  const owner = JSON.stringify({ pid: process.pid, since: since.toISOString() })
  writeFileSync(`${path}.owner`, owner, { mode: 0o600 })
}

/** Whom a message names as the owner. */
export function readOwner(path: string): string {
  try {
    const owner = JSON.parse(readFileSync(`${path}.owner`, 'utf8')) as { pid?: unknown; since?: unknown }
    return `process ${Number(owner.pid)} since ${new Date(String(owner.since)).toISOString()}`
  } catch {
    return 'another process'
  }
}
