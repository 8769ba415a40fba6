import { parseArgs } from 'node:util'
import { describeError, OperatorError } from '../../errors/operator-error'

export const USAGE = `Usage: openstack-audit-verify --database FILE [options]
       openstack-audit-verify --opensearch URL [options]

Compares an audit trail with its hash chain. It is opened read only; Node-RED may go on writing to it.

  --database FILE        of the audit store
  --opensearch URL       of the cluster, OpenSearch or Elasticsearch, where the trail is there
  --index-prefix NAME    what its indices begin with; openstack-audit unless given
  --user NAME            of the cluster, with a right to read; and the password:
  --password-file FILE   in a file, or
  --password-env NAME    in an environment variable
  --api-key-env NAME     the key of Elasticsearch in an environment variable, in place of user and password
  --ca FILE              certificate (PEM) of the authority that signed the cluster's
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

export interface FileStore {
  readonly kind: 'file'
  readonly path: string
}

export interface ClusterStore {
  readonly kind: 'cluster'
  readonly url: string
  readonly prefix: string
  readonly user?: string
  readonly passwordFile?: string
  readonly passwordVariable?: string
  readonly apiKeyVariable?: string
  readonly caFile?: string
}

export interface VerifyCommand {
  readonly store: FileStore | ClusterStore
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
  return {
    store: storeOf(values),
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

type Values = ReturnType<typeof parsed>['values']

function storeOf(values: Values): VerifyCommand['store'] {
  const { database: path = '', opensearch: url = '', user, ca } = values
  const { 'password-file': passwordFile, 'password-env': passwordVariable, 'api-key-env': apiKeyVariable } = values
  const ofCluster = [values['index-prefix'], user, passwordFile, passwordVariable, apiKeyVariable, ca]
  if (path !== '' && url !== '') throw usage('Either --database or --opensearch, not both.')
  if (path !== '') {
    if (ofCluster.some((value) => value !== undefined)) throw usage('A file has no user, key, prefix or authority.')
    return { kind: 'file', path }
  }
  if (url === '') throw usage('Which store? --database FILE or --opensearch URL is missing.')
  if ([passwordFile, passwordVariable].filter((value) => value !== undefined).length !== (user === undefined ? 0 : 1)) {
    throw usage('With --user goes --password-file or --password-env.')
  }
  return {
    ...{ kind: 'cluster', url, prefix: values['index-prefix'] ?? 'openstack-audit' },
    ...(user === undefined ? {} : { user }),
    ...(passwordFile === undefined ? {} : { passwordFile }),
    ...(passwordVariable === undefined ? {} : { passwordVariable }),
    ...(apiKeyVariable === undefined ? {} : { apiKeyVariable }),
    ...(ca === undefined ? {} : { caFile: ca }),
  }
}

function parsed(args: readonly string[]) {
  const several = { type: 'string', multiple: true } as const
  try {
    return parseArgs({
      args: [...args],
      options: {
        database: { type: 'string' },
        opensearch: { type: 'string' },
        'index-prefix': { type: 'string' },
        user: { type: 'string' },
        'password-file': { type: 'string' },
        'password-env': { type: 'string' },
        'api-key-env': { type: 'string' },
        ca: { type: 'string' },
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
