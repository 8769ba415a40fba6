import { closeSync, existsSync, openSync, readSync } from 'node:fs'

const CHUNK = 1024 * 1024

/** The JSON Lines of a file that is being written; each look reads only what has come since the one before. */
export class JsonLines<T> {
  readonly #path: string
  readonly #read: T[] = []
  #offset = 0
  #rest: Buffer = Buffer.alloc(0)

  constructor(path: string) {
    this.#path = path
  }

  /** All whole lines until now. */
  get all(): readonly T[] {
    if (!existsSync(this.#path)) return []
    const file = openSync(this.#path, 'r')
    try {
      for (;;) {
        const chunk = Buffer.alloc(CHUNK)
        const length = readSync(file, chunk, 0, CHUNK, this.#offset)
        if (length === 0) return this.#read
        this.#offset += length
        this.#take(Buffer.concat([this.#rest, chunk.subarray(0, length)]))
      }
    } finally {
      closeSync(file)
    }
  }

  #take(bytes: Buffer): void {
    const end = bytes.lastIndexOf('\n') + 1
    this.#rest = bytes.subarray(end)
    for (const line of bytes.toString('utf8', 0, end).split('\n')) {
      if (line !== '') this.#read.push(JSON.parse(line) as T)
    }
  }
}
