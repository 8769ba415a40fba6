import { describeError, OperatorError } from '../../errors/operator-error'
import { isSignedBy, parseCheckpoint } from '../chain/checkpoint'
import type { ChainRow, Checkpoint, VerifyReport } from '../chain/model'
import { type Verifier, verifierOf } from '../chain/signing'
import { verifyChain } from '../chain/verify'
import { findCheckpoints } from './checkpoint-lines'
import { USAGE, type VerifyCommand, verifyCommandOf } from './options'
import { reportText } from './report-text'

export interface VerifySurroundings {
  readonly environment: Readonly<Record<string, string | undefined>>
  readFile(path: string): Promise<string>
  /** `-` is standard input. */
  stream(path: string): AsyncIterable<string>
  /** Rows of a store, read only. */
  rows(database: string): AsyncIterable<readonly ChainRow[]> | Iterable<readonly ChainRow[]>
  out(text: string): void
  error(text: string): void
}

export type ExitCode = 0 | 1 | 2

/** The command line. Never rejects. */
export async function verifyCommand(args: readonly string[], around: VerifySurroundings): Promise<ExitCode> {
  try {
    const command = verifyCommandOf(args)
    if (command === 'help') {
      around.out(USAGE)
      return 0
    }
    const verifiers = await verifiersOf(command, around)
    // Before the store is opened: what is written meanwhile is then in the store, not only in the log.
    const known = await knownCheckpoints(command, verifiers, around)
    const report = await verifyChain(around.rows(command.database), { known, verifiers })
    const proven = !command.requireProof || report.strength === 'tampering'
    around.out(
      command.json
        ? `${JSON.stringify({ ...report, checkpoints: known.length }, undefined, 2)}\n`
        : textOf(report, proven),
    )
    return report.ok && proven ? 0 : 1
  } catch (error) {
    around.error(`openstack-audit-verify: ${describeError(error)}\n`)
    return 2
  }
}

function textOf(report: VerifyReport, proven: boolean): string {
  const refusal = 'A proof was required, and there is none.\n'
  return `${reportText(report)}${proven ? '' : refusal}`
}

async function verifiersOf(command: VerifyCommand, around: VerifySurroundings): Promise<Verifier[]> {
  const verifiers: Verifier[] = []
  for (const path of command.publicKeyFiles) {
    verifiers.push(verifierOf({ kind: 'ed25519', publicKey: await read(path, around) }))
  }
  for (const path of command.hmacKeyFiles) {
    // An editor ends the file with a line feed that is not of the key.
    verifiers.push(verifierOf({ kind: 'hmac', secret: (await read(path, around)).replace(/\r?\n$/, '') }))
  }
  for (const name of command.hmacKeyVariables) {
    const secret = around.environment[name]
    if (secret === undefined) throw new OperatorError('AUDIT_VERIFY_KEY', `The environment has no variable ${name}.`)
    verifiers.push(verifierOf({ kind: 'hmac', secret }))
  }
  return verifiers
}

async function read(path: string, around: VerifySurroundings): Promise<string> {
  try {
    return await around.readFile(path)
  } catch (cause) {
    throw new OperatorError('AUDIT_VERIFY_FILE', `The file ${path} cannot be read: ${describeError(cause)}.`, { cause })
  }
}

/** What was given must be of use: to verify without it in silence would prove less than was asked for. */
async function knownCheckpoints(
  command: VerifyCommand,
  verifiers: readonly Verifier[],
  around: VerifySurroundings,
): Promise<Checkpoint[]> {
  const known: Checkpoint[] = []
  for (const line of command.checkpoints) {
    const checkpoint = parseCheckpoint(line)
    if (checkpoint === undefined) {
      throw new OperatorError('AUDIT_VERIFY_CHECKPOINT', 'What was given as --checkpoint holds no whole checkpoint.', {
        remedy: 'Give the whole line, in quotes.',
      })
    }
    if (verifiers.length > 0 && !verifiers.some((verifier) => isSignedBy(checkpoint, verifier))) {
      throw new OperatorError('AUDIT_VERIFY_CHECKPOINT', 'The checkpoint is not signed with a key that was given.', {
        remedy: 'Give the key of that time too, or verify by this checkpoint without keys.',
      })
    }
    known.push(checkpoint)
  }
  for (const path of command.checkpointFiles) known.push(...(await checkpointsIn(path, around)))
  if (command.writers.length === 0) return known
  const ofWriters = known.filter(({ writer }) => command.writers.includes(writer))
  if (known.length > 0 && ofWriters.length === 0) {
    throw new OperatorError('AUDIT_VERIFY_CHECKPOINT', 'None of the checkpoints is of a writer that was asked for.')
  }
  return ofWriters
}

async function checkpointsIn(path: string, around: VerifySurroundings): Promise<readonly Checkpoint[]> {
  const found = await findCheckpoints(around.stream(path)).catch((cause) => {
    throw new OperatorError('AUDIT_VERIFY_FILE', `The file ${path} cannot be read: ${describeError(cause)}.`, { cause })
  })
  if (found.incomplete > 0)
    around.error(`${found.incomplete} checkpoints in ${path} are cut off or damaged, and left out.\n`)
  if (found.checkpoints.length === 0) {
    throw new OperatorError('AUDIT_VERIFY_CHECKPOINT', `There is no checkpoint in ${path}.`)
  }
  return found.checkpoints
}
