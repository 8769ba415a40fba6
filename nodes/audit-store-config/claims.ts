import { realpathSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'

interface Claim {
  readonly id: string
  readonly name: string
  /** Once it is being closed: resolves when it is. */
  closing?: Promise<void>
}

export interface Claimed {
  /** Resolves when the node that had the file before has closed it. */
  readonly free: Promise<void>
  /** To be called with the promise of having closed it. */
  release(closed: Promise<void>): void
}

/** By file: a store has one writer, so of two config nodes for one file the second must not wait for a lock that it will never get. */
const claims = new Map<string, Claim>()

/** Another node's name, if that has the file and is not about to let it go. */
export function claimFile(path: string, id: string, name: string): Claimed | { readonly takenBy: string } {
  const file = sameSpelling(path)
  const before = claims.get(file)
  if (before !== undefined && before.closing === undefined) return { takenBy: before.name }
  const claim: Claim = { id, name }
  claims.set(file, claim)
  return {
    free: before?.closing ?? Promise.resolve(),
    release(closed) {
      claim.closing = closed
      const forget = () => {
        if (claims.get(file) === claim) claims.delete(file)
      }
      closed.then(forget, forget)
    },
  }
}

/** One spelling for a file that may not exist yet: links in its directory are followed. */
function sameSpelling(path: string): string {
  try {
    return realpathSync(path)
  } catch {
    try {
      return join(realpathSync(dirname(path)), basename(path))
    } catch {
      return path
    }
  }
}
