import { execFile } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** What every process of the cloud runs with: Debian's programs only, and no proxy, as all of it is on loopback. */
export function environment(home: string): Readonly<Record<string, string>> {
  return { PATH: '/usr/sbin:/usr/bin:/sbin:/bin', LC_ALL: 'C.UTF-8', HOME: home }
}

/** The directory in which the whole cloud lives: configuration, data, logs. Nothing in /etc is touched. */
export class Grounds {
  readonly directory = mkdtempSync(join(tmpdir(), 'osx-openstack-'))
  /** For when the tests are interrupted; what uses the directory has been killed by then. */
  readonly #atExit = () => this.remove()

  constructor() {
    process.once('exit', this.#atExit)
  }

  /** Writes a file that only its owner may read, as it may hold passwords; gives its path. */
  file(name: string, content: string): string {
    const path = join(this.directory, name)
    writeFileSync(path, content, { mode: 0o600 })
    return path
  }

  folder(name: string): string {
    const path = join(this.directory, name)
    mkdirSync(path, { recursive: true })
    return path
  }

  path(name: string): string {
    return join(this.directory, name)
  }

  /** Runs a program to its end; an error carries the last of what it said. */
  run(command: string, args: readonly string[]): Promise<string> {
    const options = { env: environment(this.directory), cwd: this.directory, maxBuffer: 64 * 1024 * 1024 }
    return new Promise((resolve, reject) => {
      execFile(command, args, options, (error, stdout, stderr) => {
        if (error === null) resolve(stdout)
        else reject(new Error(`${command} ${args.at(-1)} failed (${error.code}): ${`${stdout}${stderr}`.slice(-3000)}`))
      })
    })
  }

  remove(): void {
    process.removeListener('exit', this.#atExit)
    rmSync(this.directory, { recursive: true, force: true, maxRetries: 5 })
  }
}
