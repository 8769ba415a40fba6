import type { SinkBook } from './books'
import type { DayResult } from './simulate-day'

/** What is outside the line: nothing missing, keyed sinks exactly once, others at most one repeat for each kill. */
export function complaintsOf({ store, sinks, kills, deadLetters }: DayResult): readonly string[] {
  const complaints: string[] = []
  for (const { sink, keyed, missing, repeats, strange } of [store, ...sinks]) {
    if (missing.length > 0) complaints.push(`${sink}: ${missing.length} missing: ${missing.slice(0, 20).join('; ')}`)
    const allowed = keyed ? 0 : kills
    if (repeats > allowed) complaints.push(`${sink}: ${repeats} repeats, ${allowed} allowed`)
    if (strange > 0) complaints.push(`${sink}: ${strange} that nobody sent`)
  }
  if (store.broken !== undefined) complaints.push(`audit store: its chain is broken: ${store.broken}`)
  // Nothing of the day is at fault itself.
  if (deadLetters.length > 0) complaints.push(`${deadLetters.length} dead letters: ${deadLetters[0]?.slice(0, 500)}`)
  return complaints
}

/** The account of a day, as it is printed. */
export function dayTable(result: DayResult): string {
  const { seed, events, factor, seconds, store, sinks, kills, restarts, deploys, holdUps, outageSeconds } = result
  const complaints = complaintsOf(result)
  const rows = [store, ...sinks].map((book) => rowOf(book, kills))
  const tickets = sinks.filter(({ sink }) => TICKET_SYSTEMS.includes(sink))
  return [
    `A simulated day: ${n(events)} PCE events, ${factor} times faster than the clock, in ${seconds} s; --seed ${seed}`,
    '',
    ...table([['sink', 'keyed', 'wanted', 'got', 'missing', 'repeats', 'allowed'], ...rows]),
    '',
    ...table([
      ['tickets', 'expected', 'opened', 'double'],
      ...tickets.map(({ sink, wanted, got, missing, repeats }) => [
        ...[sink, n(wanted), n(wanted - missing.length), n(Math.max(repeats, got - wanted + missing.length))],
      ]),
    ]),
    '',
    `kills ${kills}, restarts ${restarts}, deploys ${deploys}, hold-ups of store and services ${holdUps}, PCE away ${outageSeconds} s`,
    ...table([
      ['answers', '429', '503', 'cut'],
      ...[...new Set(Object.keys(result.answers).map((key) => key.split(' ')[0] ?? ''))]
        .sort()
        .map((service) => [
          service,
          ...['429', '503', 'cut'].map((status) => n(result.answers[`${service} ${status}`] ?? 0)),
        ]),
    ]),
    `the source told of itself: ${Object.entries(store.own)
      .map(([type, many]) => `${type} ${many}`)
      .join(', ')}`,
    `chain of hashes: ${store.broken === undefined ? 'whole' : 'BROKEN'}; dead letters: ${result.deadLetters.length}`,
    '',
    complaints.length === 0
      ? 'Nothing is missing; keyed sinks have everything exactly once, the others no more than one repeat for each kill.'
      : ['OUTSIDE OF THE LINE:', ...complaints.map((complaint) => `  ${complaint}`)].join('\n'),
  ].join('\n')
}

const TICKET_SYSTEMS: readonly string[] = ['Jira', 'ServiceNow', 'GitHub']

function rowOf({ sink, keyed, wanted, got, missing, repeats }: SinkBook, kills: number): string[] {
  return [sink, keyed ? 'yes' : 'no', n(wanted), n(got), n(missing.length), n(repeats), n(keyed ? 0 : kills)]
}

function n(value: number): string {
  return value.toLocaleString('en-US')
}

/** The first column to the left, the others to the right. */
function table(rows: readonly (readonly string[])[]): string[] {
  const widths = (rows[0] ?? []).map((_name, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)))
  return rows.map((row) =>
    row
      .map((cell, column) => (column === 0 ? cell.padEnd(widths[0] ?? 0) : cell.padStart(widths[column] ?? 0)))
      .join('  '),
  )
}
