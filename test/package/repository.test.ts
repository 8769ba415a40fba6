import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { describe, it } from 'mocha'
import { root } from '../support/palette'

const tracked = execFileSync('git', ['-c', `safe.directory=${root}`, 'ls-files', '-z'], { cwd: root, encoding: 'utf8' })
  .split('\0')
  .filter((file) => file !== '' && statSync(join(root, file), { throwIfNoEntry: false })?.isFile() === true)

function linesThat(found: RegExp, files: readonly string[]): string[] {
  return files.flatMap((file) =>
    readFileSync(join(root, file), 'utf8')
      .split('\n')
      .flatMap((line, i) => (found.test(line) ? [`${file}:${i + 1}: ${line.trim().slice(0, 120)}`] : [])),
  )
}

const sources = tracked.filter((file) => /\.(ts|mjs|js|html|sh)$/.test(file) && !file.startsWith('test/fixtures/'))
/** The guards name what they look for. */
const others = sources.filter((file) => !file.startsWith('test/package/'))

describe('What is tracked', () => {
  it('names no path of the machine it was written on', () => {
    const here = ['work', 'home', 'root', 'Users'].map((name) => `(?<![\\w.:/])/${name}/[a-z]`)
    const files = tracked.filter((file) => file !== 'test/package/repository.test.ts')
    assert.deepEqual(linesThat(new RegExp(`${here.join('|')}|/tmp/wt`), files), [])
  })

  it('leaves no test out and runs none alone', () => {
    const tests = others.filter((file) => file.startsWith('test/'))
    assert.deepEqual(
      linesThat(/\b(describe|it|context|suite)\.(skip|only)\(|\bxit\(|\bxdescribe\(|\bthis\.skip\(/, tests),
      [],
    )
  })

  it('has nothing left to do', () => {
    assert.deepEqual(linesThat(/\b(TODO|FIXME|XXX|HACK)\b/, others), [])
  })

  it('keeps files short enough to read', () => {
    const long = sources
      .filter((file) => file.endsWith('.ts') && /^(src|nodes|lab)\//.test(file))
      .map((file) => [file, readFileSync(join(root, file), 'utf8').split('\n').length] as const)
      .filter(([, lines]) => lines > 310)
    assert.deepEqual(long, [])
  })

  it('writes colours of dialogs only through the variables of the editor', () => {
    const dialogs = sources.filter((file) => file.startsWith('nodes/') && file.endsWith('.html'))
    const wrong = linesThat(/(^|[^&\w-])#([0-9a-fA-F]{3}|[0-9a-fA-F]{6})\b|\brgba?\(/, dialogs).filter(
      (line) => !/\bcolor: '#/.test(line),
    )
    assert.deepEqual(wrong, [])
  })
})
