import { parseArgs } from 'node:util'
import { describeError, OperatorError } from '../../errors/operator-error'

export const USAGE = `Usage: openstack-audit-verify --database FILE [options]

Compares an audit trail with its hash chain. The file is opened read only; Node-RED may go on writing to it.

  --database FILE        of the audit store
  --checkpoint LINE      a checkpoint that was kept elsewhere, as the audit-store node sent it; may be given several times
  --checkpoints FILE     finds checkpoints in a file, e.g. a syslog file; - for standard input; several times
  --writer ID            only checkpoints of this writer count; for a log that holds those of several stores; several times
  --public-key FILE      Ed25519 public key (PEM) of the signatures; several times, with those of former keys
  --hmac-key-file FILE   the key of HMAC signatures, in a file; several times
  --hmac-key-env NAME    the key of HMAC signatures, in an environment variable; several times
  --require-proof        a trail that nothing holds to tampering (neither checkpoint nor signature) fails
  --json                 the report as JSON
  --help

Exit codes: 0 nothing was found, 1 something was found, 2 it could not be verified.
`

export interface VerifyCommand {
  readonly database: string
  readonly checkpoints: readonly string[]
  readonly checkpointFiles: readonly string[]
  readonly writers: readonly string[]
  readonly publicKeyFiles: readonly string[]
  readonly hmacKeyFiles: readonly string[]
  readonly hmacKeyVariables: readonly string[]
  readonly requireProof: boolean
  readonly json: boolean
}

/** Throws `AUDIT_VERIFY_USAGE`. Keys are taken from files and the environment only: arguments are seen by every user of the machine. */
export function verifyCommandOf(args: readonly string[]): VerifyCommand | 'help' {
  const { values } = parsed(args)
  if (values.help === true) return 'help'
  if (values.database === undefined || values.database === '') throw usage('Which store? --database FILE is missing.')
  return {
    database: values.database,
    checkpoints: values.checkpoint ?? [],
    checkpointFiles: values.checkpoints ?? [],
    writers: values.writer ?? [],
    publicKeyFiles: values['public-key'] ?? [],
    hmacKeyFiles: values['hmac-key-file'] ?? [],
    hmacKeyVariables: values['hmac-key-env'] ?? [],
    requireProof: values['require-proof'] === true,
    json: values.json === true,
  }
}

function parsed(args: readonly string[]) {
  const several = { type: 'string', multiple: true } as const
  try {
    return parseArgs({
      args: [...args],
      options: {
        database: { type: 'string' },
        checkpoint: several,
        checkpoints: several,
        writer: several,
        'public-key': several,
        'hmac-key-file': several,
        'hmac-key-env': several,
        'require-proof': { type: 'boolean' },
        json: { type: 'boolean' },
        help: { type: 'boolean' },
      },
    })
  } catch (error) {
    throw usage(describeError(error))
  }
}

function usage(text: string): OperatorError {
  return new OperatorError('AUDIT_VERIFY_USAGE', text, { remedy: 'See openstack-audit-verify --help.' })
}
