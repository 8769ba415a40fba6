import { describeError, OperatorError } from '../../errors/operator-error'
import { isSignedBy, parseCheckpoint } from '../chain/checkpoint'
import type { ChainRow, Checkpoint, VerifyReport } from '../chain/model'
import { type Verifier, verifierOf } from '../chain/signing'
import { type VerifyOptions, verifyChain } from '../chain/verify'
import type { OpenSearchCredentials } from '../opensearch/options'
import { findCheckpoints } from './checkpoint-lines'
import { type ClusterStore, USAGE, type VerifyCommand, verifyCommandOf } from './options'
import { reportText } from './report-text'

export interface VerifySurroundings {
  readonly environment: Readonly<Record<string, string | undefined>>
  readFile(path: string): Promise<string>
  /** `-` is standard input. */
  stream(path: string): AsyncIterable<string>
  /** Rows of a store's file, read only. */
  rows(database: string): AsyncIterable<readonly ChainRow[]> | Iterable<readonly ChainRow[]>
  /** Reads a trail in a cluster, and writes nothing. */
  cluster(at: ClusterAt, by: VerifyOptions): Promise<VerifyReport>
  out(text: string): void
  error(text: string): void
}

export interface ClusterAt {
  readonly url: string
  readonly prefix: string
  readonly credentials: OpenSearchCredentials
  /** PEM */
  readonly ca?: string
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
    const { store } = command
    const by = { known, verifiers }
    const report =
      store.kind === 'file'
        ? await verifyChain(around.rows(store.path), by)
        : await around.cluster(await clusterAt(store, around), by)
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

async function clusterAt(store: ClusterStore, around: VerifySurroundings): Promise<ClusterAt> {
  const { url, prefix, user, passwordFile, passwordVariable, apiKeyVariable, caFile } = store
  const password =
    passwordFile === undefined
      ? passwordVariable && variable(passwordVariable, around)
      : oneLine(await read(passwordFile, around))
  return {
    ...{ url, prefix },
    credentials: {
      ...(user === undefined || password === undefined ? {} : { username: user, password }),
      ...(apiKeyVariable === undefined ? {} : { apiKey: variable(apiKeyVariable, around) }),
    },
    ...(caFile === undefined ? {} : { ca: await read(caFile, around) }),
  }
}

/** An editor ends the file with a line feed that is not of the secret. */
function oneLine(text: string): string {
  return text.replace(/\r?\n$/, '')
}

function variable(name: string, { environment }: VerifySurroundings): string {
  const value = environment[name]
  if (value === undefined) throw new OperatorError('AUDIT_VERIFY_KEY', `The environment has no variable ${name}.`)
  return value
}

async function verifiersOf(command: VerifyCommand, around: VerifySurroundings): Promise<Verifier[]> {
  const verifiers: Verifier[] = []
  for (const path of command.publicKeyFiles) {
    verifiers.push(verifierOf({ kind: 'ed25519', publicKey: await read(path, around) }))
  }
  for (const path of command.hmacKeyFiles) {
    verifiers.push(verifierOf({ kind: 'hmac', secret: oneLine(await read(path, around)) }))
  }
  for (const name of command.hmacKeyVariables) {
    verifiers.push(verifierOf({ kind: 'hmac', secret: variable(name, around) }))
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
