import { quote } from '../../errors/redact'
import type { Finding, VerifyReport } from '../chain/model'

/** For people; a finding to a line, the first first. Ids come from outside, so each line is quoted. */
export function reportText(report: VerifyReport): string {
  const { events, retired, findings, moreFindings, strength, proof, writers } = report
  const lines = [
    report.ok ? 'Nothing was found.' : `${findings.length + (moreFindings ?? 0)} findings, the first one first:`,
    ...findings.map(lineOf),
    ...(moreFindings === undefined ? [] : [`… and ${moreFindings} more.`]),
    '',
    `${events} events compared with their hashes, ${retired} removed by retention on the record.`,
    ...writers.map(({ writer, position, link }) => `Writer ${writer} ends at position ${position}, link ${link}.`),
    strength === 'tampering' ? 'Held to tampering.' : 'Held to accidents only.',
    ...(proof === undefined ? [] : [proof]),
  ]
  return `${lines.map((line) => quote(line, 4000)).join('\n')}\n`
}

function lineOf({ kind, writer, position, to, id, text }: Finding): string {
  const where = to === undefined || to === position ? `position ${position}` : `positions ${position} to ${to}`
  return `${kind} at ${where} of writer ${writer}${id === undefined ? '' : ` (${id})`}: ${text}`
}
