import { createReadStream } from 'node:fs'
import { open, readdir, stat } from 'node:fs/promises'
import { createGunzip } from 'node:zlib'

/** What the follower asks of the disk. A file that is not there is `undefined`; whatever else goes wrong is thrown. */
export interface LogFileSystem {
  stat(path: string): Promise<FileFacts | undefined>
  /** Names in the directory. */
  list(directory: string): Promise<string[]>
  open(path: string): Promise<OpenLogFile | undefined>
  /** The contents of a gzip file from an offset of the uncompressed text, in chunks. */
  unzip(path: string, offset: number): AsyncIterable<Buffer>
}

export interface FileFacts {
  readonly inode: number
  readonly size: number
  /** Epoch milliseconds of the last change. */
  readonly changedAt: number
}

export interface OpenLogFile {
  facts(): Promise<FileFacts>
  /** Up to `buffer.length` bytes from the offset; 0 at the end of the file. */
  read(buffer: Buffer, offset: number): Promise<number>
  close(): Promise<void>
}

export const diskFileSystem: LogFileSystem = {
  stat: (path) =>
    orAbsent(async () => {
      const { ino, size, mtimeMs } = await stat(path)
      return { inode: ino, size, changedAt: mtimeMs }
    }),
  list: async (directory) => (await orAbsent(() => readdir(directory))) ?? [],
  open: (path) =>
    orAbsent(async () => {
      const handle = await open(path, 'r')
      return {
        facts: async () => {
          const { ino, size, mtimeMs } = await handle.stat()
          return { inode: ino, size, changedAt: mtimeMs }
        },
        read: async (buffer, offset) => (await handle.read(buffer, 0, buffer.length, offset)).bytesRead,
        close: () => handle.close(),
      }
    }),
  unzip: unzipFrom,
}

async function* unzipFrom(path: string, offset: number): AsyncGenerator<Buffer> {
  const file = createReadStream(path)
  const text = createGunzip()
  // pipe() forwards no errors.
  file.on('error', (error) => text.destroy(error))
  file.pipe(text)
  let toSkip = offset
  try {
    for await (const chunk of text as AsyncIterable<Buffer>) {
      if (toSkip >= chunk.length) {
        toSkip -= chunk.length
        continue
      }
      yield chunk.subarray(toSkip)
      toSkip = 0
    }
  } finally {
    file.destroy()
    text.destroy()
  }
}

async function orAbsent<T>(run: () => Promise<T>): Promise<T | undefined> {
  try {
    return await run()
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
}
