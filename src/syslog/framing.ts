/** How one message is told from the next on a stream (RFC 6587). A datagram needs none. */
export type Framing = 'octet-counting' | 'newline'

const NEWLINE = Buffer.from('\n')

/**
 * The bytes of several messages on a stream. Octet counting puts each one's length in bytes and a space before it. Newline
 * ends each with a line feed; the encoders leave none inside, which is checked once more, as a line feed there would be a
 * forged message.
 */
export function frame(lines: readonly Buffer[], framing: Framing): Buffer {
  return Buffer.concat(lines.flatMap((line) => framed(line, framing)))
}

function framed(line: Buffer, framing: Framing): [Buffer, Buffer] {
  if (framing === 'octet-counting') return [Buffer.from(`${line.length} `, 'latin1'), line]
  if (line.includes(0x0a)) throw new Error('A syslog line with a line feed inside reached the newline framing.')
  return [line, NEWLINE]
}
