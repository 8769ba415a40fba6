import type { ChainHead, Checkpoint } from './model'
import { noteMembers, noteText } from './note'
import type { Signer, Verifier } from './signing'

const NAME = 'openstack-audit-checkpoint'
/** Said in so many words: a signed one of which a log server has cut off the end must not pass for an unsigned one. */
export const UNSIGNED = 'none'

/** The end of a chain as it is now, signed where there is a signer. */
export function checkpointOf(head: ChainHead, time: Date, signer?: Signer): Checkpoint {
  const plain: Checkpoint = {
    writer: head.writer,
    position: head.position,
    link: Buffer.from(head.link).toString('hex'),
    time: time.toISOString(),
  }
  if (signer === undefined) return plain
  const named = { ...plain, key: signer.key }
  return { ...named, signature: signer.sign(checkpointText(named)) }
}

/** One line of ASCII, for syslog and for pasting back. Without its last member, `signature`, it is what is signed. */
export function checkpointText(checkpoint: Checkpoint): string {
  const { writer, position, link, time, key = UNSIGNED, signature } = checkpoint
  return noteText(NAME, { writer, position, link, time, key, signature })
}

/** The checkpoint in a line, whatever stands before and after it. Undefined where there is none, or where it is incomplete. */
export function parseCheckpoint(line: string): Checkpoint | undefined {
  const members = noteMembers(NAME, line)
  if (members === undefined) return undefined
  const { writer, link, time, key, signature } = members
  const position = Number(members['position'])
  if (writer === undefined || writer === '' || !isPosition(members['position']) || !isLink(link) || !isTime(time))
    return undefined
  if (key === UNSIGNED) return { writer, position, link, time }
  if (key === undefined || !isSignature(key, signature)) return undefined
  return { writer, position, link, time, key, signature }
}

export function isSignedBy(checkpoint: Checkpoint, verifier: Verifier): boolean {
  const { signature, ...signed } = checkpoint
  return signature !== undefined && signed.key === verifier.key && verifier.verify(checkpointText(signed), signature)
}

/** Whether a signature is whole: of HMAC-SHA-256 it has 32 bytes, of Ed25519 64. */
export function isSignature(key: string, signature: string | undefined): signature is string {
  if (signature === undefined) return false
  return key.startsWith('ed25519:') ? /^[\w-]{86}$/.test(signature) : /^[\w-]{43}$/.test(signature)
}

export function isPosition(text: string | undefined): text is string {
  return text !== undefined && /^(?:0|[1-9]\d{0,15})$/.test(text) && Number.isSafeInteger(Number(text))
}

export function isLink(text: string | undefined): text is string {
  return text !== undefined && /^[0-9a-f]{64}$/.test(text)
}

/** As `Date.toISOString` writes it. */
export function isTime(text: string | undefined): text is string {
  return text !== undefined && /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/.test(text) && !Number.isNaN(Date.parse(text))
}
