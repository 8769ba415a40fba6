import { readFileSync } from 'node:fs'

/** One line of test/fixtures/exposure/neutron-expected.txt; how to read it stands at its head. */
export interface ExpectedChange {
  /** Of recordings/neutron.jsonl, from 1. */
  readonly line: number
  readonly kind: string
  /** First four characters. */
  readonly id: string
  readonly group: string
  readonly scan: boolean
  /** Sorted; floating ones with `f:` before them. */
  readonly addresses: readonly string[]
}

/** The table that was written by hand. */
export function expectedChanges(): ExpectedChange[] {
  return readFileSync('test/fixtures/exposure/neutron-expected.txt', 'utf8')
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'))
    .map((line) => {
      const [number, kind = '', id = '', group = '', scan, ...addresses] = line.split(/\s+/)
      const listed = addresses.filter((address) => address !== '-').sort()
      return { line: Number(number), kind, id, group, scan: scan === 'yes', addresses: listed }
    })
}
